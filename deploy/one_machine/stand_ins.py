"""The Notify stand-in and the demo issuer: what they are told, and how they are started.

Neither belongs to the service. Each is told through a file of its own, for its owner alone, and gets
no other setting.
"""

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.one_machine.passwords import kept
from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.processes import module_command

SERVICE_ID: Final = "5f1d6c0e-6c1b-4f7e-9a54-8f4f1f9d2a10"
EMAIL_TEMPLATE_ID: Final = "0c6a3f0a-52ac-4c7e-9d7f-2b6f0a4f1e01"
SMS_TEMPLATE_ID: Final = "0c6a3f0a-52ac-4c7e-9d7f-2b6f0a4f1e02"
LETTER_TEMPLATE_ID: Final = "0c6a3f0a-52ac-4c7e-9d7f-2b6f0a4f1e03"


def notify_settings(data_dir: Path, ports: Ports) -> dict[str, str]:
    """What a process has to know to send through the stand-in, where the operator named nothing else."""
    return {
        "KEPT_NOTIFY_BASE_URL": url_of(ports.notify),
        "KEPT_NOTIFY_API_KEY": f"demo-{SERVICE_ID}-{_notify_secret(data_dir)}",
        "KEPT_NOTIFY_EMAIL_TEMPLATE_ID": EMAIL_TEMPLATE_ID,
        "KEPT_NOTIFY_SMS_TEMPLATE_ID": SMS_TEMPLATE_ID,
        "KEPT_NOTIFY_LETTER_TEMPLATE_ID": LETTER_TEMPLATE_ID,
    }


def notify_argv(data_dir: Path, ports: Ports, settings: Mapping[str, str]) -> list[str]:
    """The stand-in's command line; writes its configuration."""
    config = {
        "service_id": SERVICE_ID,
        "keys": [{"secret": _notify_secret(data_dir), "type": "live", "name": "demo"}],
        "rate_per_minute": 3000,
        "daily_limit_emails": 250_000,
        "guest_list": [],
        "from_email": "kept.informed@notify.example",
        "templates": [
            {
                "id": settings["KEPT_NOTIFY_EMAIL_TEMPLATE_ID"],
                "type": "email",
                "name": "Update by email",
                "subject": "((subject))",
                "body": "((body))",
            },
            {
                "id": settings["KEPT_NOTIFY_SMS_TEMPLATE_ID"],
                "type": "sms",
                "name": "Update by text message",
                "body": "((body))",
            },
            {
                "id": settings["KEPT_NOTIFY_LETTER_TEMPLATE_ID"],
                "type": "letter",
                "name": "Update by letter",
                "subject": "((heading))",
                "body": "((body))",
            },
        ],
        "reply_to_ids": [],
        "callback": {
            "url": f"{url_of(ports.callbacks)}/receipts",
            "token": settings["KEPT_NOTIFY_CALLBACK_TOKEN"],
        },
        "received_texts_callback": {
            "url": f"{url_of(ports.callbacks)}/received-texts",
            "token": settings["KEPT_NOTIFY_CALLBACK_TOKEN"],
        },
        "delivery_seconds": 0.2,
    }
    return _argv("deploy.demo.notify", ports.notify, data_dir / "notify", config)


def issuer_argv(data_dir: Path, ports: Ports, settings: Mapping[str, str]) -> list[str]:
    """The demo issuer's command line; writes its configuration."""
    config = {
        "issuer": settings["KEPT_OIDC_ISSUER"],
        "client_id": settings["KEPT_OIDC_CLIENT_ID"],
        "client_secret": settings["KEPT_OIDC_CLIENT_SECRET"],
        "redirect_uris": [f"{settings['KEPT_STAFF_URL']}/sign-in/callback"],
        "role_claim": settings["KEPT_OIDC_ROLE_CLAIM"],
        "audience": settings["KEPT_OIDC_CLIENT_ID"],
    }
    return _argv("deploy.demo.issuer", ports.issuer, data_dir / "issuer", config)


def _notify_secret(data_dir: Path) -> str:
    # Notify's secrets are UUIDs: its clients take the last 36 characters of a key.
    return kept(data_dir, "notify-secret", lambda: str(uuid.uuid4()))


def _argv(module: str, port: int, folder: Path, config: Mapping[str, Any]) -> list[str]:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "config.json"
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump(config, file, indent=2)
    return module_command(module, "--port", str(port), "--config", str(path), "--data-dir", str(folder))
