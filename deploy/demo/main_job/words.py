"""The update of a TOML file: the body to send, and whom it should reach with which subject."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from service.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class UpdateFile:
    """`body` as the API takes it; `subjects` by language, with the spaces that Notify leaves."""

    body: Mapping[str, Any]
    subjects: Mapping[str, str]

    def all_subjects(self) -> frozenset[str]:
        """Every subject that a message of this update may have, people who share an address included."""
        both = {" / ".join(self.subjects[name] for name in ("en", "cy") if name in self.subjects)}
        return frozenset({*self.subjects.values(), *both} - {""})

    def is_for(self, form: Mapping[str, Any]) -> bool:
        """Whether somebody who registered with this form is in its audience."""
        rule = self.body.get("audience", {})
        return (
            form["kind"] in rule.get("kinds", [form["kind"]])
            and form["language"] in rule.get("languages", [form["language"]])
            and not set(form["topics"]).isdisjoint(rule.get("topics", form["topics"]))
        )


def read_update(path: Path) -> UpdateFile:
    """Raises `Misconfigured`. What the update has to say is the API's business."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"--update: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"--update: {path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"--update: {path} is not TOML: {error}") from None
    return UpdateFile(_as_json(body), _subjects(body))


def one_line(subject: str | None) -> str:
    """A subject as it arrives."""
    return " ".join((subject or "").split())


def _subjects(body: Mapping[str, Any]) -> dict[str, str]:
    match body:
        case {"email": {**languages}}:
            return {
                str(language): one_line(words["subject"])
                for language, words in languages.items()
                if isinstance(words, dict) and isinstance(words.get("subject"), str)
            }
    return {}


def _as_json(value: Any) -> Any:
    """TOML has dates, which JSON writes as text."""
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, datetime | date) else value
