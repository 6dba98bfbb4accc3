"""Makes a database ready for the service: schema, roles, passwords, and the key file.

Run as a child of the supervisor, which tells it what to do on standard input, where no process list
and no environment shows it. The supervisor itself never loads the service's code, nor its errors.
"""

import json
import sys
from pathlib import Path

from migrations.running import migrate, set_role_passwords
from service.crypto.keyservice import create_key_file
from service.errors import KeptError, Misconfigured


def main() -> int:
    told = json.load(sys.stdin)
    try:
        migrate(told["owner_url"])
        set_role_passwords(told["owner_url"], told["passwords"])
        if told["key_file"] is not None:
            _make_key_file(Path(told["key_file"]), Path(told["key_store"]))
    except KeptError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, Misconfigured) else 1
    return 0


def _make_key_file(key_file: Path, key_store: Path) -> None:
    if key_file.exists():
        return
    if key_store.is_dir() and any(key_store.iterdir()):
        # A new key would open none of them, and everything sealed from now on would hide that.
        raise Misconfigured(
            f"KEPT_KEY_SERVICE: {key_file} is gone, and {key_store} holds keys that only it can unwrap"
        )
    key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_key_file(key_file)


if __name__ == "__main__":
    sys.exit(main())
