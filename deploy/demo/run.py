"""`python -m deploy.demo.run`, which is what `kept run` becomes: the main job on a stack of its own."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from setproctitle import setproctitle

from deploy.demo.main_job.job import do_main_job
from deploy.demo.main_job.people import People, read_people
from deploy.demo.main_job.report import Report
from deploy.demo.main_job.stack import Stack, check_settings, free_ports, remove, temporary_data_dir
from deploy.demo.main_job.steps import Steps
from deploy.demo.main_job.stopping import either, until_told_to_stop
from deploy.demo.main_job.words import UpdateFile, read_update
from service.cli.failing import exit_code, say_error
from service.errors import KeptError, Misconfigured

HELD: Final = 0
DID_NOT_HOLD: Final = 1
INTERRUPTED: Final = 130


def main() -> int:
    setproctitle("kept run")
    arguments = _arguments()
    try:
        asked = check_settings(os.environ)
        people, update = read_people(arguments.people), read_update(arguments.update)
        # The document goes to standard output alone, so what goes on is shown on the other one.
        steps = Steps(sys.stderr if arguments.json else sys.stdout)
        report = asyncio.run(until_told_to_stop(_run(people, update, asked, arguments.data_dir, steps)))
    except KeptError as error:
        say_error(error)
        return exit_code(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    _print(report, as_json=arguments.json)
    return HELD if report.held else DID_NOT_HOLD


async def _run(
    people: People, update: UpdateFile, asked: Mapping[str, str], given: Path | None, steps: Steps
) -> Report:
    data_dir = given or temporary_data_dir()
    stack = Stack(data_dir, free_ports(), os.environ)
    report: Report | None = None
    try:
        with steps.step("start", "Starting everything"):
            await stack.start()
        report = await either(do_main_job(stack, people, update, asked, steps), stack.ended())
    except Misconfigured:
        raise
    except KeptError as error:
        report = Report(seconds=steps.seconds, refused=people.refused, stopped=error.message)
    finally:
        stack.end()
        if given is None:
            # Whoever is told to look at the logs must find them.
            remove(data_dir, keep_logs=report is not None and report.needs_logs)
    if report.needs_logs:
        steps.say(f"The logs are in {stack.logs}")
    return report


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
        return
    if report.published is not None and report.published.certificate is not None:
        print("\nThe certificate:")
        print(json.dumps(report.published.certificate, indent=2))
    print(report.as_text(), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="kept run",
        description="Do the main job from end to end: register, confirm, approve, send, certify, count.",
    )
    parser.add_argument(
        "--people", type=Path, required=True, metavar="FILE.csv", help="the people to register"
    )
    parser.add_argument(
        "--update", type=Path, required=True, metavar="FILE.toml", help="the update to publish"
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where everything is kept (a temporary directory)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
