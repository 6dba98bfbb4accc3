"""What every sender in the comparison sends: a message of about two kilobytes."""

from typing import Any

API_KEY = "bench-7b1f3f0e-6d1e-4f4b-8f3e-2a1b6c9d0e1f-0c8d6b6e-9a4d-4d0e-8c65-1f2e3d4c5b6a"
TEMPLATE_ID = "11111111-2222-4333-8444-555555555555"
PARAGRAPH = (
    "You asked us to keep you informed about the compensation scheme. You can now make a claim. "
    "There is no deadline for the first two years, and you do not need a lawyer to claim. "
    "If you need help with the form, call the helpline on 0800 678 1925. It is free.\n\n"
)
SUBJECT = "The compensation scheme is now open"
TEXT = PARAGRAPH * 6
PERSONALISATION: dict[str, Any] = {"subject": SUBJECT, "body": TEXT}
