"""A secret that all public processes share, and Redis, browsers and partners do not know."""

import hmac
import secrets
from hashlib import sha256

from sqlalchemy.engine import make_url

from service.database import driver_url
from service.settings import PublicSettings


def shared_secret(settings: PublicSettings, purpose: bytes) -> bytes:
    """32 bytes for one purpose, derived from the password of the database role.

    The password is what these processes have in common already, so no further secret has to be handed
    out and changed. Where the database asks for none, each process makes one up for as long as it runs.
    """
    password = make_url(driver_url(settings.database_url.get_secret_value())).password
    known = str(password) if password else secrets.token_hex()
    return hmac.digest(known.encode(), b"kept/public/v1/" + purpose, sha256)
