"""The program's own text, and links of a chain that no database has."""

from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path

from service.audit.chain import START, Link, Walk

ROOT = Path(__file__).parents[2]


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def followed(links: Iterable[Link]) -> Walk:
    """How far these hold, in the order in which they are given."""

    def follow(walked: Walk, link: Link) -> Walk:
        return walked if walked.broken_at is not None else walked.follow(link)

    return reduce(follow, links, START)
