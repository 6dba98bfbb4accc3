"""Small files of invented people: reserved domains, and mobiles of the range reserved for drama."""

from pathlib import Path

HEADER = "kind,email,mobile,name,organisation,language,topics"

UPDATE = """
title = "A short word"

[email.en]
subject = "The scheme is open"
body = "You asked us to keep you informed. The helpline is 0800 678 1925."

[email.cy]
subject = "Mae’r cynllun ar agor"
body = "Gwnaethoch ofyn i ni roi gwybod i chi. Y llinell gymorth yw 0800 678 1925."

[audience]
kinds = ["individual", "organisation", "representative"]
languages = ["en", "cy"]
"""


def people_file(directory: Path, *rows: str, header: str = HEADER) -> Path:
    """A CSV whose first row is on line 2."""
    path = directory / "people.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def update_file(directory: Path, text: str = UPDATE) -> Path:
    path = directory / "update.toml"
    path.write_text(text, encoding="utf-8")
    return path
