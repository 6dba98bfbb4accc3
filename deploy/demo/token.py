"""`python -m deploy.demo.token PERSON`, which is what `kept token` becomes: an access token of the demo.

It asks the demo issuer that runs on this machine and nobody else: outside of the demo there is no such
thing as a token for the asking.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Final

import httpx

from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.settings import asked_for
from service.cli.failing import exit_code, say_error
from service.errors import KeptError, Misconfigured

_HIGHEST: Final = 65536 - len(Ports._fields)


def main() -> int:
    arguments = _arguments()
    try:
        print(token(arguments.person, Ports.starting_at(arguments.port_base), os.environ))
    except KeptError as error:
        say_error(error)
        return exit_code(error)
    except KeyboardInterrupt:
        return 130
    return 0


def token(person: str, ports: Ports, environment: Mapping[str, str]) -> str:
    """An access token for `person`. Raises `Misconfigured` outside of the demo, or for nobody."""
    issuer = url_of(ports.issuer)
    named = asked_for(environment).get("KEPT_OIDC_ISSUER", issuer)
    if named.rstrip("/") != issuer:
        raise Misconfigured(
            f"KEPT_OIDC_ISSUER: it names another issuer than the demo's, {issuer}. "
            "Staff get tokens from that one, by signing in"
        )
    try:
        # Never through a proxy: it is on this machine or it is not the demo's.
        answer = httpx.post(f"{issuer}/demo/token", json={"person": person}, trust_env=False, timeout=10)
        said = answer.json()
    except (httpx.HTTPError, ValueError):
        raise Misconfigured(
            f"no demo issuer answers at {issuer}. Start one with `kept up` or `make demo`, "
            "and name its --port-base where it is not 8000"
        ) from None
    match said:
        case {"access_token": str(given)}:
            return given
        case {"title": str(why)}:
            raise Misconfigured(why.removesuffix("."))
    raise Misconfigured(f"what answers at {issuer} is not the demo issuer")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="kept token",
        description="Print an access token, good for an hour, from the running demo issuer.",
    )
    parser.add_argument("person", metavar="PERSON", help="one of the demo's people, such as senior")
    parser.add_argument(
        "--port-base", type=port_base, default=8000, metavar="PORT", help="that of `kept up` (8000)"
    )
    return parser.parse_args()


def port_base(text: str) -> int:
    """The first of five ports, as an option."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _HIGHEST):
        raise argparse.ArgumentTypeError(f"it has to be a number from 1 to {_HIGHEST}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
