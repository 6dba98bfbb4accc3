"""An answer with a person's details opens for who asked, and for nobody else."""

from uuid import uuid4

import pytest

from service.crypto.one_answer import OneAnswer, answer_key
from service.crypto.sealing import seal
from service.errands.tables import answer_place

DETAILS = b"a.person@example.com"


def test_who_asked_opens_the_answer() -> None:
    asked, errand = OneAnswer(), uuid4()
    sealed = seal(DETAILS, key=answer_key(asked.public), place=answer_place(errand))
    assert asked.open(sealed, answer_place(errand)) == DETAILS


def test_nobody_else_opens_it_and_no_answer_passes_for_another() -> None:
    asked, errand = OneAnswer(), uuid4()
    sealed = seal(DETAILS, key=answer_key(asked.public), place=answer_place(errand))
    with pytest.raises(ValueError, match="not an answer"):
        OneAnswer().open(sealed, answer_place(errand))
    with pytest.raises(ValueError, match="not an answer"):
        asked.open(sealed, answer_place(uuid4()))


@pytest.mark.parametrize("public", ["", "short", "*" * 43, "A" * 44])
def test_what_is_no_key_is_refused(public: str) -> None:
    with pytest.raises(ValueError, match="public half"):
        answer_key(public)


def test_it_shows_no_key() -> None:
    asked = OneAnswer()
    assert repr(asked) == "OneAnswer()"
