"""The key file of one machine, and the store of wrapped keys."""

import os
import stat
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest

from service.crypto.envelope import KeyId
from service.crypto.keyservice import FileKeyService, KeyService, create_key_file, key_service
from service.crypto.keystore import KeyName, KeyStore, Purpose
from service.errors import Misconfigured

CONTEXT = {"service": "kept-informed", "purpose": "sealing", "key": "00000001"}
KEY = b"0123456789abcdef" * 2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_key_file(tmp_path / "root.key")
    return tmp_path / "root.key"


@pytest.fixture
def service(root: Path) -> FileKeyService:
    return FileKeyService(root)


def test_a_wrapped_key_unwraps_in_its_context(service: FileKeyService) -> None:
    wrapped = service.wrap(KEY, CONTEXT)

    assert service.unwrap(wrapped, dict(reversed(CONTEXT.items()))) == KEY
    assert KEY not in wrapped


@pytest.mark.parametrize("part", ["service", "purpose", "key"])
def test_another_context_is_refused(service: FileKeyService, part: str) -> None:
    wrapped = service.wrap(KEY, CONTEXT)

    with pytest.raises(ValueError, match="another key service"):
        service.unwrap(wrapped, CONTEXT | {part: "other"})


def test_a_wrapped_key_that_was_altered_anywhere_is_refused(service: FileKeyService) -> None:
    wrapped = service.wrap(KEY, CONTEXT)

    for position in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[position] ^= 1
        with pytest.raises(ValueError, match=r".+"):
            service.unwrap(bytes(altered), CONTEXT)
    for length in range(len(wrapped)):
        with pytest.raises(ValueError, match=r".+"):
            service.unwrap(wrapped[:length], CONTEXT)


def test_another_machines_key_file_unwraps_nothing(service: FileKeyService, tmp_path: Path) -> None:
    create_key_file(tmp_path / "other.key")

    with pytest.raises(ValueError, match="another key service"):
        FileKeyService(tmp_path / "other.key").unwrap(service.wrap(KEY, CONTEXT), CONTEXT)


def test_wrapping_a_key_twice_gives_two_texts(service: FileKeyService) -> None:
    assert service.wrap(KEY, CONTEXT) != service.wrap(KEY, CONTEXT)


def test_a_key_file_is_for_its_owner_alone_and_never_made_twice(root: Path) -> None:
    before = root.read_bytes()
    create_key_file(root)

    assert root.read_bytes() == before
    assert stat.S_IMODE(root.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o644])
def test_a_key_file_that_others_can_reach_is_refused_and_named(root: Path, mode: int) -> None:
    root.chmod(mode)

    with pytest.raises(Misconfigured, match=rf"KEPT_KEY_SERVICE: others can read {root}"):
        key_service(f"file:{root}")


def test_a_key_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=rf"KEPT_KEY_SERVICE: there is no key file {tmp_path / 'none'}"):
        key_service(f"file:{tmp_path / 'none'}")


@pytest.mark.parametrize("content", [b"", b"not base64!", b64encode(b"k" * 31), b64encode(b"k" * 33)])
def test_a_file_that_holds_no_key_is_named_and_not_quoted(root: Path, content: bytes) -> None:
    root.write_bytes(content)

    with pytest.raises(Misconfigured, match="KEPT_KEY_SERVICE") as refused:
        key_service(f"file:{root}")
    assert not content or content.decode() not in str(refused.value)


@pytest.mark.parametrize("setting", [None, "", "env:KEY", "/etc/key"])
def test_a_setting_that_names_no_key_service_is_refused(setting: str | None) -> None:
    with pytest.raises(Misconfigured, match="KEPT_KEY_SERVICE"):
        key_service(setting)


NAME = KeyName(Purpose.SEALING, KeyId(7))


def test_a_key_lies_in_the_store_wrapped_and_for_its_owner_alone(keys: KeyStore, tmp_path: Path) -> None:
    keys.put(NAME, KEY)
    folder = tmp_path / "key-store"
    path = folder / "sealing-00000007.wrapped"
    raw = path.read_bytes()

    assert [each.name for each in folder.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not any(form in raw for form in (KEY, KEY.hex().encode(), b64encode(KEY), KEY[:8]))
    assert keys.get(NAME) == KEY


def test_a_key_that_is_there_is_never_overwritten(keys: KeyStore) -> None:
    keys.put(NAME, KEY)

    with pytest.raises(FileExistsError):
        keys.put(NAME, KEY[::-1])
    assert keys.get(NAME) == KEY


def test_a_wrapped_key_under_another_name_is_another_key_and_does_not_unwrap(
    keys: KeyStore, tmp_path: Path
) -> None:
    keys.put(NAME, KEY)
    folder = tmp_path / "key-store"
    for other in ("index-00000007.wrapped", "sealing-00000008.wrapped"):
        (folder / other).write_bytes((folder / "sealing-00000007.wrapped").read_bytes())

    for other_name in (KeyName(Purpose.INDEX, KeyId(7)), KeyName(Purpose.SEALING, KeyId(8))):
        with pytest.raises(ValueError, match="another key service"):
            keys.get(other_name)


def test_a_key_that_is_gone_is_a_key_error_that_names_it(keys: KeyStore) -> None:
    with pytest.raises(KeyError, match=r"sealing-00000007\.wrapped"):
        keys.get(NAME)


def test_a_new_key_has_an_id_above_every_other_of_its_purpose(keys: KeyStore) -> None:
    keys.put(NAME, KEY)

    assert keys.make(Purpose.SEALING).key_id == 8
    assert keys.make(Purpose.INDEX).key_id == 1
    assert len({keys.get(name) for name in keys.names()}) == 3


def test_a_lists_key_is_named_by_the_list_and_gone_once_it_is_destroyed(
    keys: KeyStore, tmp_path: Path
) -> None:
    # An id with zeros in front, as those have that are made in order of time.
    one, other = (KeyName.of_list(UUID(int=number)) for number in (5, 2**120))
    for name in (one, other):
        keys.put(name, b"AGE-SECRET-KEY-1X\n")
    assert [name for name in keys.names() if name.purpose is Purpose.RELEASE] == [one, other]
    assert keys.get(one) == b"AGE-SECRET-KEY-1X\n"
    folder = tmp_path / "key-store"
    kept = (folder / one.file_name).read_bytes()

    with (folder / one.file_name).open("rb") as held:
        keys.destroy(one)
        # Whoever still has the file open reads other bytes of it.
        assert held.read() != kept
    keys.destroy(one)
    with pytest.raises(KeyError):
        keys.get(one)
    assert keys.get(other)
    keys.put(one, b"another")
    (folder / other.file_name).write_bytes((folder / one.file_name).read_bytes())
    with pytest.raises(ValueError, match="altered"):
        keys.get(other)


def test_an_installation_without_its_key_is_told_so(keys: KeyStore) -> None:
    with pytest.raises(Misconfigured, match="KEPT_KEY_STORE: it holds no index key"):
        keys.one(Purpose.INDEX)


def test_a_store_without_a_folder_names_the_setting(service: FileKeyService) -> None:
    with pytest.raises(Misconfigured, match="KEPT_KEY_STORE"):
        KeyStore(None, service)


class OutOfReach:
    """A key service that does not answer."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        raise ConnectionError

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        raise ConnectionError


def test_a_key_that_could_not_be_wrapped_leaves_nothing_behind(tmp_path: Path) -> None:
    """Else its file would be in the way for ever, and count as the installation's key."""
    unreachable: KeyService = OutOfReach()
    store = KeyStore(tmp_path / "store", unreachable)

    with pytest.raises(ConnectionError):
        store.put(NAME, KEY)

    assert os.listdir(tmp_path / "store") == []


def test_a_key_is_whole_in_the_store_or_not_there_at_all(
    keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the machine died before the key was on the disk."""

    def dies(_: int) -> None:
        raise OSError("no more")

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(OSError, match="no more"):
        keys.put(NAME, KEY)

    assert list(keys.names()) == []
    monkeypatch.undo()
    keys.put(NAME, KEY)
    assert keys.get(NAME) == KEY
