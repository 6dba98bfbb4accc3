"""`python -m deploy.one_machine`, which is what `kept up` becomes."""

import argparse
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from setproctitle import setproctitle

from deploy.one_machine.locking import InUse
from deploy.one_machine.ports import Ports
from deploy.one_machine.settings import asked_for
from deploy.one_machine.supervisor import OneMachine
from service.errors import KeptError, Misconfigured

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """A signal asked us to end. Not an Exception: nothing on the way may take it for a failure."""


def main() -> int:
    arguments = _arguments()
    setproctitle("kept up")
    data_dir: Path = arguments.data_dir.absolute()
    for number in _SIGNALS:
        signal.signal(number, _end)
    try:
        return _up(data_dir, Ports.starting_at(arguments.port_base))
    except Ended:
        return DONE


def _up(data_dir: Path, ports: Ports) -> int:
    try:
        machine = OneMachine(data_dir, ports, asked_for(os.environ), os.environ, _say)
    except Misconfigured as error:
        _say(str(error))
        return WRONG
    try:
        print(machine.start(), flush=True)
        machine.keep_going()
    except (Misconfigured, InUse) as error:
        _say(str(error))
        return WRONG
    except KeptError as error:
        _say(str(error))
        return FAILED
    except OSError as error:
        _say(f"{error.filename or data_dir}: {error.strerror}")
        return FAILED
    except Exception:
        _say(f"something went wrong in `kept up` itself; {_written_down(data_dir)} has the details")
        return FAILED
    finally:
        # Whoever asks a second time gets no faster end, only a less orderly one.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        machine.stop()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise Ended


def _say(message: str) -> None:
    print(f"kept up: {message}", file=sys.stderr, flush=True)


def _written_down(data_dir: Path) -> Path:
    path = data_dir / "logs" / "up.log"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a") as file:
        traceback.print_exc(file=file)
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="kept up", description="Run the whole service on this machine, on loopback, until Ctrl-C."
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".kept"), metavar="DIR", help="where everything is kept (.kept)"
    )
    parser.add_argument(
        "--port-base",
        type=_port_base,
        default=8000,
        metavar="PORT",
        help="public pages; then staff, callbacks, the Notify stand-in and the demo issuer (8000)",
    )
    return parser.parse_args()


def _port_base(text: str) -> int:
    highest = 65536 - len(Ports._fields)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= highest):
        raise argparse.ArgumentTypeError(f"it has to be a number from 1 to {highest}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
