"""The session that the official client posts through.

A session of requests merges settings, looks for cookies and reads each URL a dozen times for every
call, and its connection writes headers and body one after the other. A post of ours needs none of that:
here it is one prepared request and one write, at less than half the cost (docs/performance.md).

Timeouts, certificates, connections kept open and every exception are those of requests and urllib3. A
redirect is an error: Notify has none, and what followed it would prove nothing about our post.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool


class NotifySession(requests.Session):
    """A session for one address of Notify. Like the client that has it, it is for one thread."""

    def __init__(self) -> None:
        super().__init__()
        # Proxies and .netrc of the machine are none of Notify's business, and are looked up per call.
        self.trust_env = False
        self._posting = _Posting()

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests has it, and shorter for a post of JSON, as the official client makes it."""
        if method != "POST":
            return super().request(method, url, *args, **kwargs)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, kwargs["data"].encode()
        prepared.hooks = default_hooks()
        length = str(len(prepared.body))
        prepared.headers = CaseInsensitiveDict({**kwargs["headers"], "Content-Length": length})
        response = self._posting.send(prepared, timeout=kwargs["timeout"])
        _ = response.content  # Read to its end, so that the connection is free for the next.
        if response.is_redirect:
            raise requests.TooManyRedirects(response=response)
        return response

    def close(self) -> None:
        self._posting.close()
        super().close()


class _Posting(HTTPAdapter):
    """requests' adapter, for posts to one address."""

    _pool: ConnectionPool | None = None

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Looked up once: there is one address, and one way to check its certificate."""
        pool = self._pool
        if pool is None:
            pool = self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return pool

    def close(self) -> None:
        super().close()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """As requests has it, but that nobody looks for cookies."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw, response.reason = resp, resp.reason or ""
        response.url, response.request, response.connection = req.url or "", req, self
        return response


class _OneWrite(HTTPConnection):
    """Headers and body leave together: one call of the system, and one packet, where there were two."""

    _gathered: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._gathered = []
        try:
            super().request(*args, **kwargs)
            whole = b"".join(self._gathered)
        finally:
            self._gathered = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._gathered is None:
            super().send(data)
        else:
            self._gathered.append(data)


class _OneWriteTls(_OneWrite, HTTPSConnection):
    """The same inside TLS."""


class Pool(HTTPConnectionPool):
    """Connections that write a request at once."""

    ConnectionCls = _OneWrite


class TlsPool(HTTPSConnectionPool):
    """The same inside TLS."""

    ConnectionCls = _OneWriteTls
