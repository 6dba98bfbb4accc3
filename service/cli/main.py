"""The `kept` command: what an operator types. Each command is in a module of its own.

Exit codes (contract.md): 0 done; 1 it did not hold, or was refused; 2 wrong usage or settings.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import typer

from service.cli.failing import DID_NOT_HOLD, exit_code, say_error
from service.errors import KeptError

FEATURES: Final[Mapping[str, tuple[str, ...]]] = {
    "processes": ("web", "worker", "migrate"),
    "stack": ("up", "run", "token"),
    "schemes": ("scheme",),
    "keys": ("keys",),
    "holds": ("hold",),
    "imports": ("import",),
    "incidents": ("incident",),
    "certificates": ("certificate",),
    "audit": ("audit",),
}
"""The modules of this package, each with the commands that it adds."""

DEBUG: Final = "KEPT_DEBUG"
INTERRUPTED: Final = 130


def make_app(command: str | None) -> typer.Typer:
    """The command line; where `command` is one of ours, with its module alone.

    Every process of the service starts through here: importing all of it would cost each a second.
    """
    app = typer.Typer(
        name="kept",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def kept() -> None:
        """Keeps people who were harmed informed about a compensation scheme, one person a message."""

    chosen = [module for module, commands in FEATURES.items() if command in commands]
    for module in chosen or FEATURES:
        import_module(f"service.cli.{module}").add_to(app)
    return app


def main() -> None:
    """Run one command; errors become one clear line and an exit code, never a traceback."""
    try:
        make_app(next(iter(sys.argv[1:]), None))()
    except KeptError as error:
        say_error(error)
        sys.exit(exit_code(error))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(INTERRUPTED)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        from service.observability import where

        # Its text could hold what it choked on: the type and the place are enough to report it.
        kind = type(error).__name__
        print(f"kept: something went wrong in the program: {kind} at {where(error)}", file=sys.stderr)
        sys.exit(DID_NOT_HOLD)


if __name__ == "__main__":
    main()
