"""What staff say in words of their own: a reason, a comment."""

from typing import Annotated, Final

from pydantic import Field

LONGEST_REMARK: Final = 2000
Remark = Annotated[str, Field(max_length=LONGEST_REMARK, pattern="^[^\0]*$")]
"""Text that PostgreSQL can store: it has no place for NUL."""
