"""Start the stand-in: `python -m deploy.demo.notify --port 8003 --config FILE.json [--data-dir DIR]`."""

import argparse
import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import setproctitle
import uvicorn

from deploy.demo.notify import config, delivery
from deploy.demo.notify.app import App
from deploy.demo.notify.callbacks import Caller
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.store import DirectoryInUse, Store
from deploy.demo.notify.wire import Protocol

TITLE: Final = "kept demo notify"
HOST: Final = "127.0.0.1"
WRONG_USAGE: Final = 2
REST_SECONDS: Final = 0.02
BUCKETS_KEPT_EVERY: Final = 25  # rounds of the heart


class Server(uvicorn.Server):
    """uvicorn without its own signals: it would raise them again and end with a traceback."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code. 2 where it cannot start, with one line that says why."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.notify", description="A stand-in for GOV.UK Notify."
    )
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 for a free one")
    parser.add_argument("--config", type=Path, required=True, help="JSON, readable by its owner only")
    parser.add_argument("--data-dir", type=Path, help="keep everything here, else in memory")
    told = parser.parse_args(arguments)
    setproctitle.setproctitle(TITLE)
    logging.basicConfig(level=logging.WARNING, format="notify stand-in: %(message)s")
    try:
        settings = config.load(told.config)
        listening = _listen(told.port)
        store = Store(told.data_dir)
    except (config.WrongConfig, DirectoryInUse, OSError) as error:
        print(f"notify stand-in: {error}", file=sys.stderr)
        return WRONG_USAGE
    with contextlib.closing(store), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(StandIn(settings, store), listening))
    return 0


def _listen(port: int) -> socket.socket:
    # The protocol is named: without it asyncio leaves TCP_NODELAY off, and every answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise OSError(f"--port {port} on {HOST}: {'already in use' if taken else error}") from error
    return listening


async def _serve(standin: StandIn, listening: socket.socket) -> None:
    server = Server(
        uvicorn.Config(
            App(standin),
            http=Protocol,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )
    # uvicorn calls a broken answer an error; here it is a fault that was asked for.
    logging.getLogger("uvicorn.error").disabled = True
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    caller = Caller(standin)
    heart = asyncio.create_task(_beat(standin, caller))
    print(f"ready http://{HOST}:{listening.getsockname()[1]}", flush=True)
    try:
        await server.serve(sockets=[listening])
    finally:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)
        await caller.close()


async def _beat(standin: StandIn, caller: Caller) -> None:
    """Move messages on and make calls, for as long as the stand-in runs."""
    rounds = 0
    while True:
        try:
            busy = delivery.move(standin) + caller.start_due()
            rounds += 1
            if rounds % BUCKETS_KEPT_EVERY == 0:
                standin.keep_buckets()
        except Exception:
            logging.exception("the heart missed a beat")
            busy = 0
        await asyncio.sleep(0 if busy else REST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
