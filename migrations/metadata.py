"""Every table of the service, for Alembic and for the test that compares them with the database."""

from sqlmodel import SQLModel

import service.audit.tables
import service.casework.tables
import service.casework.work.tables
import service.deliveries.tables
import service.errands.tables
import service.exports.tables
import service.holds.tables
import service.imports.tables
import service.notify.tables
import service.registrations.tables
import service.replies.tables
import service.schemes.tables
import service.staff.tables
import service.telling.tables
import service.updates.tables  # noqa: F401

METADATA = SQLModel.metadata
