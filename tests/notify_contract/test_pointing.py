"""The contract can be held against any Notify that the settings name, and writes to nobody there."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from uuid import uuid4

import pytest

from tests.notify_contract.conftest import BEHIND, Own
from tests.notify_contract.target import KEY, TEMPLATE, URL, Target, WrongSettings
from tests.notify_standin.conftest import ANY_TEXT, KEYS, SERVICE

HERE = Path(__file__).parent
SETTINGS = {URL: "https://notify.example.com/", KEY: f"a-name-{SERVICE}-{KEYS['test']}", TEMPLATE: ANY_TEXT}


def test_settings_name_a_notify_by_its_address_its_key_and_its_template() -> None:
    assert Target.told({}) is None
    target = Target.told(SETTINGS)
    assert target is not None
    target.http.close()
    assert (target.url, target.service_id) == ("https://notify.example.com", SERVICE)
    assert (target.secret, target.template_id) == (KEYS["test"], ANY_TEXT)
    assert target.is_foreign
    assert KEYS["test"] not in repr(target)


@pytest.mark.parametrize(
    "wrong", [{URL: ""}, {KEY: ""}, {TEMPLATE: ""}, {KEY: f"{uuid4()}"}, {TEMPLATE: "update"}]
)
def test_settings_that_are_not_whole_are_refused_without_repeating_the_key(wrong: dict[str, str]) -> None:
    with pytest.raises(WrongSettings) as caught:
        Target.told(SETTINGS | wrong)
    assert KEYS["test"] not in str(caught.value)


def test_against_another_notify_all_passes_or_is_skipped_aloud_and_only_simulators_are_written_to(
    own: Own, tmp_path: Path
) -> None:
    theirs = own(close_connections=True)
    report = tmp_path / "report.xml"
    settings = {URL: theirs.url, KEY: f"theirs-{SERVICE}-{KEYS['test']}", TEMPLATE: ANY_TEXT}
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider", f"--junitxml={report}"],
        env=others | settings,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = [case.find("skipped") for case in cases]
    reasons = {each.get("message") for each in skipped if each is not None}
    assert reasons == {BEHIND}
    assert BEHIND in ended.stdout
    # What can be seen from outside is by far the most.
    assert sum(each is None for each in skipped) > 100
    assert theirs.behind is not None
    written_to = theirs.behind.admin.get("/admin/inboxes?summary=1").json()["inboxes"]
    assert written_to.keys() == {"temp-fail@simulator.notify", "perm-fail@simulator.notify"}
