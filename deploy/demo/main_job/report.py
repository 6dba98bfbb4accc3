"""What is reported at the end, to a person or as one JSON document. Lines of the file, never people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.demo.main_job.people import RefusedRow
from deploy.demo.main_job.promises import Promise, named_lines
from deploy.demo.main_job.publishing import Published
from deploy.demo.main_job.registering import Registered


@dataclass(slots=True)
class Report:
    """Filled in as the job goes on, so that one that is broken off can be reported, too."""

    seconds: Mapping[str, float]
    refused: Sequence[RefusedRow] = ()
    registered: Registered | None = None
    published: Published | None = None
    people_with_exactly_one: int | None = None
    promises: Sequence[Promise] = ()
    stopped: str | None = None
    """Why it was broken off."""

    @property
    def problems(self) -> list[str]:
        """Everything for which the job did not do what it was asked to, in sentences."""
        found = [self.stopped] if self.stopped else []
        found += [
            f"{each.sentence}: it did not hold ({each.broken})" for each in self.promises if each.broken
        ]
        if self.refused_rows:
            found.append(f"not registered: {named_lines([row.line for row in self.refused_rows])}")
        if self.registered is not None and self.registered.unconfirmed:
            lines = named_lines(self.registered.unconfirmed)
            found.append(f"registered, and no working link to confirm with arrived: {lines}")
        return found

    @property
    def refused_rows(self) -> Sequence[RefusedRow]:
        return self.refused if self.registered is None else self.registered.refused

    @property
    def held(self) -> bool:
        """Everybody in the file was registered and every promise held."""
        return not self.problems

    @property
    def needs_logs(self) -> bool:
        """Whether something is wrong that the file's own rows do not explain."""
        return self.stopped is not None or any(promise.broken for promise in self.promises)

    def as_json(self) -> dict[str, Any]:
        shown = self.published.shown if self.published else {}
        registered = self.registered or Registered()
        return {
            "held": self.held,
            "problems": self.problems,
            "promises": [
                {"promise": each.sentence, "held": each.broken is None, "why_not": each.broken}
                for each in self.promises
            ],
            "registered": len(registered.people),
            "confirmed": sum(person.confirmed for person in registered.people.values()),
            "refused_rows": [
                {"line": row.line, "errors": [error._asdict() for error in row.errors]}
                for row in self.refused_rows
            ],
            "repeated_rows": [
                {"line": line, "same_address_as_line": first}
                for line, first in sorted(registered.repeated.items())
            ],
            "unconfirmed_rows": [{"line": line} for line in registered.unconfirmed],
            "update": {"id": shown["id"], "state": shown["state"]} if shown else None,
            "planned": shown.get("planned"),
            "outcomes": shown.get("outcomes"),
            "people_with_exactly_one": self.people_with_exactly_one,
            "certificate": self.published.certificate if self.published else None,
            "seconds": self.seconds,
        }

    def as_text(self) -> str:
        """The same for a person, the certificate left out."""
        return "\n".join([*self._rows(), *self._update(), *self._promises(), *self._end()])

    def _rows(self) -> list[str]:
        registered = self.registered or Registered()
        confirmed = sum(person.confirmed for person in registered.people.values())
        lines = ["", f"{len(registered.people)} registered, {confirmed} confirmed."]
        for row in self.refused_rows:
            lines.append(f"  line {row.line} could not be registered:")
            lines += [f"    {error.field}: {error.rule}".replace("    : ", "    ") for error in row.errors]
        lines += [
            f"  line {line} has the address of line {first}, which is written to once"
            for line, first in sorted(registered.repeated.items())
        ]
        if registered.unconfirmed:
            lines.append(f"  no working link arrived for {named_lines(registered.unconfirmed)}")
        return lines

    def _update(self) -> list[str]:
        if self.published is None:
            return []
        shown = self.published.shown
        became = ", ".join(f"{count} {name}" for name, count in shown["outcomes"].items() if count)
        return [
            f"Update {shown['id']} is {shown['state']}: {shown['planned']} planned, {became or 'none sent'}."
        ]

    def _promises(self) -> list[str]:
        return [
            f"  {'broken' if each.broken else 'held'}    {each.sentence}"
            + (f": {each.broken}" if each.broken else "")
            for each in self.promises
        ]

    def _end(self) -> list[str]:
        took = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.seconds.items())
        lines = [f"Seconds: {took}."]
        if self.held:
            return [*lines, "Everything held."]
        return [*lines, "It did not hold:", *(f"  {problem}" for problem in self.problems)]
