"""A message's body as Notify's emails render it, in plain semantic HTML.

Source: notify.md "Formatting": `#`, `##`, bullets, `1.`, `[text](url)`, bare links, `---`, `^` inset; no
bold, italic, images, tables. Everything else is text, and all text is escaped.
"""

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

HEADING: Final = re.compile(r"^(#{1,6})\s*(.+?)\s*#*$")
BULLET: Final = re.compile(r"^ *[•*-]\s+(.+)$")
NUMBER: Final = re.compile(r"^ *\d+\.\s+(.+)$")
RULE: Final = re.compile(r"^ *(?:[-*_] *){3,}$")
INSET: Final = re.compile(r"^ *\^ ?(.*)$")
INLINE: Final = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!>^|~])"
    r"|\[(?P<words>[^\]\n]+)\]\((?P<target>https?://[^\s)]+)\)"
    r"|(?P<bare>https?://[^\s<]+[^<.,:;\"')\]\s])"
)


def rendered(body: str) -> str:
    """HTML of a body, safe to put into a page."""
    return "\n".join(_blocks(body.splitlines()))


def _kind(line: str) -> str:
    if not line.strip():
        return "nothing"
    if RULE.match(line):
        return "rule"
    for kind, pattern in (("heading", HEADING), ("bullet", BULLET), ("number", NUMBER), ("inset", INSET)):
        if pattern.match(line):
            return kind
    return "words"


def _blocks(lines: list[str]) -> Iterator[str]:
    for kind, grouped in groupby(lines, _kind):
        block = list(grouped)
        match kind:
            case "rule":
                yield "<hr>"
            case "heading":
                yield from map(_heading, block)
            case "bullet":
                yield f"<ul>{_items(BULLET, block)}</ul>"
            case "number":
                yield f"<ol>{_items(NUMBER, block)}</ol>"
            case "inset":
                yield f"<blockquote><p>{_lines(_without_marks(INSET, block))}</p></blockquote>"
            case "words":
                yield f"<p>{_lines(block)}</p>"


def _heading(line: str) -> str:
    return HEADING.sub(_headed, line)


def _headed(found: re.Match[str]) -> str:
    level, words = len(found[1]), _inline(found[2])
    # The page's own title is the h1, the message's subject the h2.
    return f"<h{level + 2}>{words}</h{level + 2}>" if level <= 2 else f"<p>{words}</p>"


def _items(pattern: re.Pattern[str], block: list[str]) -> str:
    return "".join(f"<li>{_inline(words)}</li>" for words in _without_marks(pattern, block))


def _without_marks(pattern: re.Pattern[str], block: list[str]) -> list[str]:
    return [pattern.sub(r"\1", line) for line in block]


def _lines(block: list[str]) -> str:
    return "<br>".join(_inline(line.strip()) for line in block)


def _inline(text: str) -> str:
    """Links, with all that is between them escaped."""
    out, end = [], 0
    for found in INLINE.finditer(text):
        out.append(html.escape(text[end : found.start()]))
        end = found.end()
        if found["escaped"]:
            out.append(html.escape(found["escaped"]))
        else:
            target, words = found["target"] or found["bare"], found["words"] or found["bare"]
            out.append(f'<a href="{html.escape(target)}" rel="noreferrer">{html.escape(words)}</a>')
    out.append(html.escape(text[end:]))
    return "".join(out)
