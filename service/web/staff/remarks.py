"""What staff say in words of their own: a reason, a comment."""

from typing import Annotated

from pydantic import Field

Remark = Annotated[str, Field(max_length=2000, pattern="^[^\0]*$")]
"""Text that PostgreSQL can store: it has no place for NUL."""
