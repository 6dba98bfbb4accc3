"""`python -m deploy.demo.show`, which is what `make demo` runs: everything, with sample people.

On a new data directory it takes the sample people and the sample update through the main job; then it
says where to look, and stays up until Ctrl-C.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from setproctitle import setproctitle

from deploy.demo.main_job.job import anybody_was_written_to, do_main_job
from deploy.demo.main_job.people import read_people
from deploy.demo.main_job.registering import SCHEME
from deploy.demo.main_job.report import Report
from deploy.demo.main_job.stack import Stack, check_settings
from deploy.demo.main_job.steps import Steps
from deploy.demo.main_job.stopping import either, until_told_to_stop
from deploy.demo.main_job.words import read_update
from deploy.demo.token import port_base
from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.settings import asked_for
from service.cli.failing import exit_code, say_error
from service.errors import KeptError, Misconfigured

_HERE: Final = Path(__file__).parent
PEOPLE: Final = _HERE / "people-500.csv"
UPDATE: Final = _HERE / "update-launch.toml"

DONE: Final = "sample-people-done"
"""A file in the data directory: the sample people are in it, and have had their update."""


def main() -> int:
    setproctitle("kept demo")
    arguments = _arguments()
    steps = Steps(sys.stdout)
    try:
        asked_for(os.environ)
        stack = Stack(arguments.data_dir, Ports.starting_at(arguments.port_base), os.environ)
        asyncio.run(until_told_to_stop(_show(stack, steps)))
    except KeptError as error:
        say_error(error)
        return exit_code(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        steps.say("Ended. Everything is kept; the next start goes on from here.")
    return 0


async def _show(stack: Stack, steps: Steps) -> None:
    try:
        with steps.step("start", "Starting everything"):
            ready = await stack.start()
        await either(_sample_people(stack, steps), stack.ended())
        steps.say(_where_to_look(stack))
        steps.say(ready)
        await stack.ended()
    finally:
        stack.end()


async def _sample_people(stack: Stack, steps: Steps) -> None:
    """The main job, once a data directory."""
    if (stack.data_dir / DONE).exists():
        steps.say("The sample people are here already, and have had their update.")
        return
    try:
        asked = check_settings(os.environ)
    except Misconfigured as error:
        steps.say(f"Without the sample people: {error.message}.")
        return
    if await anybody_was_written_to(stack):
        steps.say(
            "There are people here already, so the sample people are left out. "
            f"For a new beginning, end this and remove {stack.data_dir}."
        )
        return
    report = await do_main_job(stack, read_people(PEOPLE), read_update(UPDATE), asked, steps)
    if report.held:
        (stack.data_dir / DONE).touch()
    steps.say(_what_was_done(report))


def _what_was_done(report: Report) -> str:
    if not report.held:
        return f"{report.as_text()}\n"
    return (
        f"\n{report.people_with_exactly_one} sample people registered on the public pages' API and confirmed "
        "by their links. One update was written by comms,\napproved by senior, and sent to each of them on "
        f"their own. What was checked, in their inboxes:\n\n{report.as_text().strip()}"
    )


def _where_to_look(stack: Stack) -> str:
    ports = stack.ports
    settings = asked_for(os.environ)
    base = "" if ports.public == Ports.starting_at(8000).public else f" --port-base {ports.public}"
    places = {
        "The public pages": f"{settings.get('KEPT_PUBLIC_URL', url_of(ports.public))}/{SCHEME}",
        "The staff pages": f"{settings.get('KEPT_STAFF_URL', url_of(ports.staff))}/",
        "The staff API": f"{settings.get('KEPT_STAFF_URL', url_of(ports.staff))}/v1",
        "What everybody received": settings.get("KEPT_NOTIFY_BASE_URL", f"{url_of(ports.notify)}/"),
        "A token for the staff API": f".venv/bin/kept token senior{base}",
        "Logs": str(stack.logs),
    }
    lines = [f"  {name:<27}{place}" for name, place in places.items()]
    return "\n".join(["", "Everything runs. Where to look:", "", *lines, "", "Ctrl-C ends it.", ""])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo", description="Run everything on this machine, with sample people, until Ctrl-C."
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".kept"), metavar="DIR", help="where everything is kept (.kept)"
    )
    parser.add_argument(
        "--port-base", type=port_base, default=8000, metavar="PORT", help="the first of five ports (8000)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
