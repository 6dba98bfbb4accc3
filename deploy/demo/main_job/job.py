"""The main job on a stack that runs: register, confirm, approve, send, certify, count."""

from collections.abc import Mapping
from typing import Final

import httpx

from deploy.demo.main_job.calling import AT_ONCE, Caller, StaffMember
from deploy.demo.main_job.inboxes import Inboxes
from deploy.demo.main_job.patience import patience_for
from deploy.demo.main_job.people import People
from deploy.demo.main_job.promises import count
from deploy.demo.main_job.publishing import Publishing
from deploy.demo.main_job.registering import register_and_confirm
from deploy.demo.main_job.report import Report
from deploy.demo.main_job.stack import Stack
from deploy.demo.main_job.steps import Steps
from deploy.demo.main_job.words import UpdateFile
from deploy.one_machine.ports import url_of
from service.errors import KeptError

AUTHOR: Final = "comms"
APPROVER: Final = "senior"

# Longer than the staff API waits for a worker (contract.md, Staff JSON API).
_TIMEOUT: Final = httpx.Timeout(60, connect=5)


async def do_main_job(
    stack: Stack, people: People, update: UpdateFile, asked: Mapping[str, str], steps: Steps
) -> Report:
    """Do it, and report; what breaks it off is in the report, too."""
    report = Report(seconds=steps.seconds, refused=people.refused)
    async with _client() as client:
        try:
            await _do(stack, client, people, update, asked, steps, report)
        except KeptError as error:
            report.stopped = report.stopped or error.message
    steps.finish()
    return report


async def anybody_was_written_to(stack: Stack) -> bool:
    """Whether there were people before."""
    async with _client() as client:
        return bool(await _inboxes(client, stack).since(None))


def _client() -> httpx.AsyncClient:
    # A proxy of the environment has no business between us and this machine.
    return httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT, limits=httpx.Limits(max_connections=AT_ONCE))


def _inboxes(client: httpx.AsyncClient, stack: Stack) -> Inboxes:
    return Inboxes(Caller(client, url_of(stack.ports.notify), "the Notify stand-in"))


async def _do(
    stack: Stack,
    client: httpx.AsyncClient,
    people: People,
    update: UpdateFile,
    asked: Mapping[str, str],
    steps: Steps,
    report: Report,
) -> None:
    ports = stack.ports
    public = Caller(client, url_of(ports.public), "the public host")
    staff = Caller(client, url_of(ports.staff), "the staff host")
    issuer = Caller(client, url_of(ports.issuer), "the demo issuer")
    inboxes = _inboxes(client, stack)
    patience = patience_for(asked, stack.logs)
    known_before = frozenset(message.inbox for message in await inboxes.since(None))

    registered = await register_and_confirm(people, public, inboxes, patience=patience, steps=steps)
    report.registered = registered
    publishing = Publishing(
        staff, StaffMember(AUTHOR, issuer), StaffMember(APPROVER, issuer), patience=patience, steps=steps
    )
    published = report.published = await publishing.prepare(update.body)
    try:
        await publishing.approve(published)
        await publishing.see_through(published)
        await publishing.certify(published)
    except KeptError as error:
        report.stopped = error.message
    # What lies in the inboxes is judged also where the update did not get to its end.
    arrived = await inboxes.since(published.began)
    counted = count(arrived, registered, update, published, known_before=known_before)
    report.people_with_exactly_one, report.promises = counted.exactly_one, counted.promises
