"""What a post is on the wire: one write under the given token, on a connection that is kept."""

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from service.notify.gateway import Accepted, MessageType, Unknown
from service.notify.govuk import GovukNotify
from service.notify.posting import TlsPool
from tests.harness.servers import EMAIL_TEMPLATE
from tests.notify.conftest import a_message

KEY = "test-7b1f3f0e-6d1e-4f4b-8f3e-2a1b6c9d0e1f-0c8d6b6e-9a4d-4d0e-8c65-1f2e3d4c5b6a"
TAKEN = (
    b'{"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "template": {"version": 3}, "content": {"body": "b"}}'
)
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(TAKEN), TAKEN)
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: %d\r\n\r\n%s" % (len(TAKEN), TAKEN)


@dataclass
class Listener:
    """A server that answers the same to everything, and remembers what it was sent."""

    url: str
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def listening(
    answer: bytes, *, tls: ssl.SSLContext | None = None, a_connection: int = 1000
) -> Iterator[Listener]:
    """A listener on loopback, which closes a connection after so many answers without saying so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        scheme = "http" if tls is None else "https"
        listener = Listener(f"{scheme}://127.0.0.1:{server.getsockname()[1]}")

        def serve() -> None:
            with suppress(OSError):
                while True:
                    raw, _ = server.accept()
                    listener.connections += 1
                    with suppress(OSError), raw if tls is None else tls.wrap_socket(raw, True) as peer:
                        for _ in range(a_connection):
                            listener.requests.append(one_request(peer))
                            peer.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def one_request(peer: socket.socket) -> bytes:
    found = b""
    while True:
        head, end, body = found.partition(b"\r\n\r\n")
        length = [
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        if end and len(body) >= (length or [0])[0]:
            return found
        if not (more := peer.recv(65536)):
            raise ConnectionError
        found += more


@contextmanager
def gateway_to(listener: Listener) -> Iterator[GovukNotify]:
    gateway = GovukNotify(
        api_key=SecretStr(KEY), base_url=listener.url, templates={MessageType.EMAIL: EMAIL_TEMPLATE}
    )
    yield gateway
    gateway.close()


@contextmanager
def calls() -> Iterator[list[str]]:
    """The names of everything that is called in this thread meanwhile."""
    names: list[str] = []

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            names.append(frame.f_code.co_name)
        elif event == "c_call":
            names.append(called.__name__)

    sys.setprofile(note)
    try:
        yield names
    finally:
        sys.setprofile(None)


def test_a_post_is_one_write_and_makes_no_token() -> None:
    with listening(CREATED) as listener, gateway_to(listener) as gateway:
        token = gateway.fence()
        with calls() as called:
            outcome = gateway.send(a_message(body="Words. " * 500), token)
    assert isinstance(outcome, Accepted)
    assert outcome.template_version == 3
    assert called.count("sendall") == 1
    assert "create_jwt_token" not in called
    [request] = listener.requests
    assert f"Authorization: Bearer {token.text}\r\n".encode() in request
    assert request.startswith(b"POST /v2/notifications/email HTTP/1.1\r\n")


def test_a_connection_is_kept_for_the_next_post() -> None:
    with listening(CREATED) as listener, gateway_to(listener) as gateway:
        outcomes = [gateway.send(a_message(), gateway.fence()) for _ in range(3)]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert (listener.connections, len(listener.requests)) == (1, 3)


def test_a_connection_that_notify_closed_meanwhile_is_opened_anew() -> None:
    with listening(CREATED, a_connection=1) as listener, gateway_to(listener) as gateway:
        outcomes = []
        for _ in range(3):
            outcomes.append(gateway.send(a_message(), gateway.fence()))
            threading.Event().wait(0.1)  # until the end of the connection has come
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert (listener.connections, len(listener.requests)) == (3, 3)


def test_no_redirect_of_a_post_is_followed() -> None:
    with listening(MOVED) as listener, gateway_to(listener) as gateway:
        outcome = gateway.send(a_message(), gateway.fence())
    assert len(listener.requests) == 1
    assert outcome == Unknown(by_notify=False)


def test_nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    with listening(CREATED, tls=self_signed(tmp_path)) as listener, gateway_to(listener) as gateway:
        outcome = gateway.send(a_message(), gateway.fence())
    assert not isinstance(outcome, Accepted)
    assert listener.connections == 1
    assert listener.requests == []


def test_a_post_is_one_write_inside_tls_too(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    with (
        listening(CREATED, tls=tls) as listener,
        TlsPool(
            "127.0.0.1", int(listener.url.rpartition(":")[2]), ca_certs=str(tmp_path / "cert.pem")
        ) as pool,
    ):
        assert pool.urlopen("POST", "/", body=b"first").data == TAKEN
        with calls() as called:
            assert pool.urlopen("POST", "/", body=b"second").data == TAKEN
    assert called.count("sendall") == 1
    assert [request.rpartition(b"\r\n\r\n")[2] for request in listener.requests] == [b"first", b"second"]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine is none of Notify's business; here it would lead nowhere."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server for 127.0.0.1 whose certificate, in `folder`, only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
