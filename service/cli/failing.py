"""How a command says that it failed: one line that names what to do, and an exit code."""

import sys

from service.errors import Invalid, KeptError, Misconfigured

WRONG_USAGE = 2
DID_NOT_HOLD = 1


def exit_code(error: KeptError) -> int:
    """2 where a setting or an argument has to change, else 1 (contract.md, Commands)."""
    return WRONG_USAGE if isinstance(error, Misconfigured) else DID_NOT_HOLD


def say_error(error: KeptError) -> None:
    """Print the error, and for wrong fields each with its rule, on standard error."""
    print(f"kept: {error.message}", file=sys.stderr)
    if isinstance(error, Invalid):
        for field, rule in error.fields.items():
            print(f"  {field}: {rule}", file=sys.stderr)
