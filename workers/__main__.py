"""`python -m workers LANE`: one worker process, which answers one lane of the doorbell."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from setproctitle import setproctitle

from service.cli.failing import WRONG_USAGE, exit_code, say_error
from service.doorbell import LANES, LOST, Job, Lane, worker
from service.errors import KeptError, Misconfigured
from service.observability import configure_logging, log
from service.settings import WorkerSettings, load
from workers import (
    casework,
    confirm,
    errands,
    exporting,
    imports,
    intake,
    plan,
    reconcile,
    releasing,
    replies,
    send,
    telling,
    tidy,
    witnessing,
    work_sessions,
)
from workers.context import WorkerContext, make_context

JOBS: Final[Mapping[Job, Callable[[WorkerContext], Awaitable[None]]]] = {
    Job.INTAKE: intake.take_in,
    Job.CHANGES: intake.apply_changes,
    Job.CONFIRM: confirm.send_confirmations,
    Job.PLAN: plan.plan_updates,
    Job.SEND: send.send_updates,
    Job.RECEIPTS: reconcile.apply_receipts,
    Job.ASK_NOTIFY: reconcile.ask_notify,
    Job.CERTIFY: reconcile.make_certificates,
    Job.TIDY: tidy.tidy,
    Job.POLL: reconcile.poll,
    Job.WITNESS: witnessing.keep_witness,
    Job.COMPARE: witnessing.compare_with_notify,
    Job.REPLIES: replies.read_texts,
    Job.ERRANDS: errands.look_up_details,
    Job.TEST_SENDS: errands.send_tests,
    Job.TELL: telling.tell_staff,
    Job.CASEWORK: casework.serve_caseworkers,
    Job.WORK_ITEMS: work_sessions.open_next,
    Job.EXPORTS: exporting.build_lists,
    Job.RELEASES: releasing.hand_over_keys,
    Job.IMPORTS: imports.bring_lists_in,
}

SWEEPS: Final[Mapping[Job, int]] = {
    Job.INTAKE: 2,
    Job.CHANGES: 5,
    Job.CONFIRM: 2,
    Job.PLAN: 2,
    Job.SEND: 1,
    Job.RECEIPTS: 1,
    Job.ASK_NOTIFY: 5,
    Job.CERTIFY: 2,
    Job.TIDY: 30,
    Job.POLL: 10,
    Job.WITNESS: 5,
    Job.COMPARE: 15,
    Job.REPLIES: 5,
    Job.ERRANDS: 2,
    Job.TEST_SENDS: 2,
    Job.TELL: 5,
    Job.CASEWORK: 2,
    Job.WORK_ITEMS: 2,
    Job.EXPORTS: 5,
    Job.RELEASES: 2,
    Job.IMPORTS: 5,
}
"""Seconds between looks at PostgreSQL when nobody rings: what a lost ring costs at most."""


def main(arguments: list[str]) -> int:
    """Run until told to stop; the exit code."""
    lanes = [lane.value for lane in Lane]
    if len(arguments) != 1 or arguments[0] not in lanes:
        print(f"kept: name one worker: {', '.join(lanes)}", file=sys.stderr)
        return WRONG_USAGE
    lane = Lane(arguments[0])
    setproctitle(f"kept worker {lane.value}")
    try:
        settings = load(WorkerSettings)
        configure_logging(settings.log_format)
        _run(settings, lane)
    except KeptError as error:
        say_error(error)
        return exit_code(error)
    except asyncio.CancelledError:
        return 0  # Told to end, in the middle of a job.
    except LOST:
        say_error(Misconfigured("KEPT_REDIS_URL: Redis cannot be reached; check address, user and password"))
        return WRONG_USAGE
    return 0


def _run(settings: WorkerSettings, lane: Lane) -> None:
    context = make_context(settings, lane)

    async def start() -> None:
        await context.transactions.refuse_other_roles()
        context.stop.start()
        if lane is not Lane.CARE:
            context.heartbeat.start()
        if lane is LANES[Job.PLAN]:
            await plan.see_templates(context)
        print("ready", flush=True)

    jobs = {job: partial(handle, context) for job, handle in JOBS.items() if LANES[job] is lane}
    log.info("a worker starts", lane=lane.value)
    worker(
        lane,
        settings.redis_url,
        jobs,
        sweep_seconds=SWEEPS,
        on_startup=start,
        on_shutdown=context.close,
    ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
