"""What our PostgreSQL is told: its settings, and who gets in."""

from pathlib import Path
from typing import Final

from deploy.one_machine.ports import LOOPBACK

HBA: Final = f"host all all {LOOPBACK}/32 scram-sha-256\n"

SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What a statement was given, and the DETAIL of what went wrong, hold people's details: neither is
    # logged (security.md, Residue). What is left of an error is its sentence and its code.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "logging_collector": "off",
}

# Commits still reach the kernel before they are acknowledged: only a crash of the machine loses them.
FAST_AND_LOOSE: Final = {"fsync": "off", "full_page_writes": "off"}


def files(home: Path, cluster: Path, port: int, fast_and_loose: bool) -> dict[str, str]:
    """The configuration files in `home`, by name, for the cluster at `cluster`."""
    settings = {
        "data_directory": str(cluster),
        "hba_file": str(home / "pg_hba.conf"),
        "ident_file": str(cluster / "pg_ident.conf"),
        "port": str(port),
        **SETTINGS,
        **(FAST_AND_LOOSE if fast_and_loose else {}),
    }
    # What initdb found out about this machine comes first, so that ours wins.
    lines = [f"include {_quoted(str(cluster / 'postgresql.conf'))}"]
    lines += [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return {"pg_hba.conf": HBA, "postgresql.conf": "\n".join([*lines, ""])}


def _quoted(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
