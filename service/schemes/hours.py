"""The hours in which a scheme writes to people: nobody is to be woken by a text."""

from datetime import UTC, datetime, time, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from service.clock import LONDON

MIDNIGHT: Final = time(0)


class SendingHours(BaseModel):
    """One stretch of every day, by the clocks of London, in which updates leave.

    Midnight, as their end, is the end of the day: from midnight to midnight is at any time.
    """

    model_config = ConfigDict(extra="forbid")

    begins: time = time(8)
    ends: time = time(20)

    @model_validator(mode="after")
    def _one_stretch_of_a_day(self) -> Self:
        if self.begins.tzinfo is not None or self.ends.tzinfo is not None:
            raise ValueError("the hours are those of London, and name no other zone")
        if self.ends != MIDNIGHT and self.ends <= self.begins:
            raise ValueError("the hours have to end after they begin, at midnight the latest")
        return self

    def __str__(self) -> str:
        return f"{self.begins:%H:%M} to {self.ends:%H:%M} in London"

    def allow(self, at: datetime) -> bool:
        """Whether an update may leave at this moment."""
        local = at.astimezone(LONDON).time()
        return self.begins <= local and (self.ends == MIDNIGHT or local < self.ends)

    def next_from(self, at: datetime) -> datetime:
        """`at` where they allow it, else when they begin next; in UTC."""
        if self.allow(at):
            return at.astimezone(UTC)
        local = at.astimezone(LONDON)
        day = local.date() if local.time() < self.begins else local.date() + timedelta(days=1)
        return datetime.combine(day, self.begins, LONDON).astimezone(UTC)
