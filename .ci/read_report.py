"""Reads pytest's own report, and not its last line, whose form depends on its options.

`none-skipped REPORT`: that tests ran, and none was skipped. `few-failed REPORT`: that so few failed that they
are worth another try, alone; it names them.
"""

import sys
import xml.etree.ElementTree as ElementTree

FEW = 3


def main() -> int:
    question, path = sys.argv[1:]
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except OSError:
        print("pytest wrote no report", file=sys.stderr)
        return 1
    return QUESTIONS[question](cases)


def none_skipped(cases: list[ElementTree.Element]) -> int:
    skipped = names(cases, "skipped")
    for name in skipped:
        print(f"skipped: {name}", file=sys.stderr)
    if not cases:
        print("no test ran", file=sys.stderr)
    return 1 if skipped or not cases else 0


def few_failed(cases: list[ElementTree.Element]) -> int:
    failed = names(cases, "failure", "error")
    if not 0 < len(failed) <= FEW:
        return 1
    for name in failed:
        print(f"failed beside the others, and is run again alone: {name}", file=sys.stderr)
    return 0


def names(cases: list[ElementTree.Element], *outcomes: str) -> list[str]:
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if any(case.find(outcome) is not None for outcome in outcomes)
    ]


QUESTIONS = {"none-skipped": none_skipped, "few-failed": few_failed}

if __name__ == "__main__":
    sys.exit(main())
