"""The `kept` command: what an operator types. Each command is in a module of its own.

Exit codes (contract.md): 0 done; 1 it did not hold, or was refused; 2 wrong usage or settings.
"""

import os
import sys
from typing import Final

import typer

from service.cli import audit, certificates, holds, keys, processes, schemes, stack
from service.cli.failing import exit_code, say_error
from service.errors import KeptError

app = typer.Typer(
    name="kept",
    help="Keeps people who were harmed informed about a compensation scheme, one person a message.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for feature in (processes, stack, schemes, keys, holds, certificates, audit):
    feature.add_to(app)

DEBUG: Final = "KEPT_DEBUG"


def main() -> None:
    """Run one command; errors become one clear line and an exit code, never a traceback."""
    try:
        app()
    except KeptError as error:
        say_error(error)
        sys.exit(exit_code(error))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        # Its text could hold what it choked on: the type and the place are enough to report it.
        from service.observability import where

        print(
            f"kept: something went wrong in the program: {type(error).__name__} at {where(error)}",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
