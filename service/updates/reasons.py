"""What an author says to the findings that want a reason, kept with the submission for the approver to read.

A submission without one is taken (contract.md): the approver sees that nothing was said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlmodel import select

from service.database import Transaction
from service.errors import Invalid
from service.schemes.reading import PublicList, public_list
from service.updates.checking.personal import refuse_details
from service.updates.checks import Finding, check
from service.updates.tables import Submission, Update, UpdateVersion


def reasons_for(findings: Iterable[Finding], given: Mapping[str, str], allowed: PublicList) -> dict[str, str]:
    """What was said to each of `findings`, by its key. A code stands for all findings of that code.

    Raises `Invalid` for a reason that is for none of them, or that holds somebody's details.
    """
    findings = list(findings)
    said = {name: text for name, text in given.items() if text.strip()}
    known = {name for finding in findings for name in (finding.key, finding.code)}
    if not said.keys() <= known:
        # Not named: it is whatever somebody typed.
        raise Invalid({"reasons": "One of them is for a finding that this update does not have"})
    refuse_details({f"reasons.{name}": text for name, text in said.items()}, allowed)
    by_key = {finding.key: said.get(finding.key, said.get(finding.code)) for finding in findings}
    return {key: text for key, text in by_key.items() if text is not None}


async def findings_of(tx: Transaction, update: Update, version: UpdateVersion) -> list[Finding]:
    """The findings in one version, each with the reason that was given when it was submitted."""
    found = check(version.content, await public_list(tx, update.scheme_id))
    said = (
        await tx.exec(
            select(Submission.reasons).where(
                Submission.update_id == update.id,
                Submission.version == version.version,
                Submission.submitted_at == update.submitted_at,
            )
        )
    ).one_or_none() or {}
    return [replace(finding, reason=said.get(finding.key)) for finding in found]
