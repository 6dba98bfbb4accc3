"""Runs the demo issuer: `python -m deploy.demo.issuer --port 8004 --config FILE.json`."""

import argparse
import contextlib
import errno
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn
from setproctitle import setproctitle
from starlette.applications import Starlette

from deploy.demo.issuer.app import application
from deploy.demo.issuer.config import WrongConfig, read_config
from deploy.demo.issuer.private_files import NotPrivate
from deploy.demo.issuer.tokens import signing_key

HOST: Final = "127.0.0.1"
WRONG_USAGE: Final = 2


def main() -> int:
    """Serve until told to stop. 2, with one line on standard error, if it cannot start."""
    arguments = _arguments()
    setproctitle("kept demo issuer")
    try:
        config = read_config(arguments.config)
        if config.port != arguments.port:
            raise WrongConfig(
                f"{arguments.config}: issuer: it names port {config.port}, not {arguments.port}"
            )
        app = application(config, signing_key(arguments.data_dir))
        listening = _listen(arguments.port)
    except (WrongConfig, NotPrivate, OSError, ValueError) as error:
        print(f"kept demo issuer: {error}", file=sys.stderr)
        return WRONG_USAGE
    with listening:
        _serve(app, listening)
    return 0


def _serve(app: Starlette, listening: socket.socket) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            # Access logs would hold authorization codes.
            access_log=False,
            log_level="warning",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    # uvicorn closes what is open and then raises the signal again.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    """A socket on loopback: there is no option for another address, on purpose."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A restart must not wait for the connections of the last run to be forgotten.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} is in use by another program") from None
        raise OSError(f"port {port}: {error.strerror}") from None
    return listening


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.issuer", description=__doc__)
    parser.add_argument("--port", type=_port, required=True, help="on 127.0.0.1; the one that `issuer` names")
    parser.add_argument("--config", type=Path, required=True, help="a JSON file of mode 0600")
    parser.add_argument(
        "--data-dir", type=Path, help="where the signing key is kept, so that a restart goes on with it"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError("it has to be a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
