"""Notices to staff that were claimed (`OneByOne`)."""

from datetime import timedelta
from typing import Final

from service.notify.one_by_one import OneByOne
from service.telling.states import NOTICE_MOVES, NoticeState
from service.telling.tables import Notice

# Staff can wait: what people asked for goes first.
NOTICES: Final = OneByOne(Notice, NoticeState, NOTICE_MOVES, later=timedelta(minutes=1))
