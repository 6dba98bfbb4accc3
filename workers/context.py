"""What every worker process has: its keys, its database role, Notify, the pace, and a stop flag."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

import redis.asyncio

from service.audit.witness import Witness
from service.clock import Clock, SystemClock
from service.database import Transactions
from service.deliveries import restoring
from service.deliveries.claiming import sent_lately
from service.deliveries.ramping import Ramp
from service.doorbell import Doorbell, Lane
from service.notify.gateway import MessageType, NotifyGateway
from service.notify.govuk import GovukNotify
from service.notify.pacing import Pace
from service.settings import WorkerSettings
from workers.heartbeat import Heartbeat
from workers.stopping import StopFlag
from workers.unsealing import Keyring

THREADS: Final = 8
"""Calls to Notify at a time in one process: at 20 ms each that is 400 a second, eight times the pace."""

Result = TypeVar("Result")


@dataclass
class WorkerContext:
    """Everything that a job needs. Jobs are methods of nothing: they take this and find their work."""

    lane: Lane
    settings: WorkerSettings
    transactions: Transactions
    keys: Keyring
    notify: NotifyGateway
    pace: Pace
    doorbell: Doorbell
    witness: Witness
    stop: StopFlag
    heartbeat: Heartbeat
    clock: Clock
    threads: ThreadPoolExecutor

    @property
    def ask_after(self) -> timedelta:
        """How long an unclear hand-over waits before Notify is asked."""
        return timedelta(seconds=self.settings.uncertain_after_seconds)

    async def permits(self, want: int) -> int:
        """Up to `want` permits to hand a message over, from the pace that everyone shares."""

        async def lately() -> bool:
            async with self.transactions.begin() as tx:
                return await sent_lately(tx, now=self.clock.now())

        return await self.pace.take(self.lane, want, sent_lately=lately)

    @property
    def remembered(self) -> timedelta:
        """How long Notify keeps a message's row: past it a look-up proves nothing."""
        return timedelta(days=self.settings.notify_retention_days)

    @property
    def ramp(self) -> Ramp:
        """How an update begins."""
        return Ramp(self.settings.ramp, timedelta(seconds=self.settings.ramp_wait_seconds))

    async def in_thread(self, call: Callable[[], Result]) -> Result:
        """Run a blocking call in one of the threads that have a Notify client each."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, call)

    async def close(self) -> None:
        await self.stop.end()
        await self.heartbeat.end()
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.notify.close()
        await self.pace.close()
        await self.doorbell.close()
        await self.transactions.close()


def make_context(settings: WorkerSettings, lane: Lane) -> WorkerContext:
    """A context on real servers. Raises `Misconfigured`."""
    transactions = Transactions(settings.database_url, role="kept_worker", pool_size=6)
    connection = redis.asyncio.Redis.from_url(
        settings.redis_url.get_secret_value(), socket_connect_timeout=1, socket_timeout=2
    )
    keys = Keyring.of(settings)
    witness = Witness(settings.witness, keys.signing_key())
    pace = Pace(connection, rate_per_minute=settings.notify_rate_per_minute)
    clock = SystemClock()

    async def agrees() -> bool:
        async with transactions.begin() as tx:
            return await restoring.keep(tx, witness, now=clock.now())

    return WorkerContext(
        lane=lane,
        settings=settings,
        transactions=transactions,
        keys=keys,
        notify=GovukNotify(
            api_key=settings.notify_api_key,
            base_url=settings.notify_base_url,
            templates=_templates(settings),
        ),
        pace=pace,
        doorbell=Doorbell.at(settings.redis_url),
        witness=witness,
        stop=StopFlag(transactions, agrees),
        heartbeat=Heartbeat(transactions, pace),
        clock=clock,
        threads=ThreadPoolExecutor(THREADS, thread_name_prefix="notify"),
    )


def _templates(settings: WorkerSettings) -> dict[MessageType, str]:
    """Notify's ids of the templates that this deployment has. What has none is not offered."""
    named = {
        MessageType.EMAIL: settings.notify_email_template_id,
        MessageType.SMS: settings.notify_sms_template_id,
        MessageType.LETTER: settings.notify_letter_template_id,
    }
    return {each: template for each, template in named.items() if template}
