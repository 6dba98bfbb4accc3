"""What a person decides of a list: what its columns are, that it is brought in, or that it is not."""

from datetime import datetime
from uuid import UUID

from service.audit import chain
from service.audit.list_events import ImportCommitted, ImportGivenUp, ImportMatched
from service.database import Transaction
from service.errors import Conflict
from service.imports.looking_up import locked
from service.imports.matching import Matching
from service.imports.states import MOVES, ImportState, Verdict
from service.imports.tables import Import
from service.schemes.reading import get_scheme
from service.staff.members import describe
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.staff.step_up import require_fresh


class NotNow(Conflict):
    """This import is not where that can be done any more, or yet. Look at it again."""

    code = "import-not-there"


class ChangedMeanwhile(Conflict):
    """What would become of the rows has changed since you looked. Look at it again."""

    code = "import-changed"


class NobodyNew(Conflict):
    """Nobody in this list is new, so that there is nobody to bring in."""

    code = "nobody-new"


async def match(
    tx: Transaction, staff: Staff, import_id: UUID, matching: Matching, *, now: datetime
) -> Import:
    """Say what the columns are; a worker then looks what would become of each row. Nobody is registered.

    Raises `NotYourRole`, `NotNow`, and `Invalid` for what the file or the scheme does not have.
    """
    require(staff, Act.IMPORT)
    found = await locked(tx, import_id)
    if ImportState.MATCHED not in MOVES[found.state] or found.seen is None:
        raise NotNow
    matching.refuse_unknown(found.seen, await get_scheme(tx, found.scheme_id))
    found.state = ImportState.MATCHED
    found.matching = matching.model_dump(mode="json")
    found.matched_by = staff.subject
    found.counts = None
    found.done_line = 0
    tx.add(found)
    await tx.flush()
    await chain.append(tx, ImportMatched(actor=staff.subject, import_id=import_id), now=now)
    return found


async def commit_to(tx: Transaction, staff: Staff, import_id: UUID, *, new: int, now: datetime) -> Import:
    """Bring in those who are new, as many as they read: `new`. It cannot be undone; again is no harm.

    Raises `NotYourRole`, `SignInAgain`, `NotNow`, `ChangedMeanwhile`, `NobodyNew`.
    """
    require(staff, Act.IMPORT)
    require_fresh(staff, now)
    found = await locked(tx, import_id)
    if found.state in (ImportState.COMMITTED, ImportState.DONE):
        return found
    if found.state is not ImportState.CHECKED or found.counts is None:
        raise NotNow
    there = found.counts["verdicts"][Verdict.NEW.value]
    if there != new:
        raise ChangedMeanwhile
    if there == 0:
        raise NobodyNew
    await describe(tx, staff, now=now)
    found.state = ImportState.COMMITTED
    found.committed_by = staff.subject
    found.committed_at = now
    found.done_line = 0
    tx.add(found)
    await tx.flush()
    await chain.append(tx, ImportCommitted(actor=staff.subject, import_id=import_id, new=there), now=now)
    return found


async def give_up(tx: Transaction, staff: Staff, import_id: UUID, *, now: datetime) -> Import:
    """Bring nothing of it in. A worker destroys the file. Raises `NotYourRole`, `NotNow`."""
    require(staff, Act.IMPORT)
    found = await locked(tx, import_id)
    if found.state is ImportState.GIVEN_UP:
        return found
    if ImportState.GIVEN_UP not in MOVES[found.state]:
        raise NotNow
    found.state = ImportState.GIVEN_UP
    found.ended_at = now
    tx.add(found)
    await tx.flush()
    await chain.append(tx, ImportGivenUp(actor=staff.subject, import_id=import_id), now=now)
    return found
