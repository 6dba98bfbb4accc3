"""A POST over a connection that is kept: no more of HTTP than a callback needs.

httpx.AsyncClient took 2 to 3 ms of a core for each call, more than all the rest of a message; this takes a
tenth of it.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

import h11

READ_BYTES: Final = 65_536


class NoAnswer(Exception):
    """The other side cannot be reached, hangs up, or does not speak HTTP."""


class Line:
    """One connection to one URL, opened when it is needed and opened again when it has gone."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = [("Host", parts.netloc), *headers.items()]
        self._http: h11.Connection | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def post(self, content: bytes, timeout_seconds: float) -> int:
        """The status of the answer. Raises `NoAnswer`; the timeout is for the whole call."""
        try:
            async with asyncio.timeout(timeout_seconds):
                kept = self._http is not None
                try:
                    return await self._post(content)
                except ConnectionError:
                    if not kept:
                        raise
                    # The other side was hanging up just then, as servers do with a quiet connection.
                    self.close()
                    return await self._post(content)
        except (OSError, TimeoutError, h11.ProtocolError) as error:
            self.close()
            raise NoAnswer(type(error).__name__) from error
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        if self._http is not None:
            self._http = None
            self._writer.close()

    async def _post(self, content: bytes) -> int:
        if self._http is not None and self._reader.at_eof():
            self.close()  # the other side hung up between two calls
        if self._http is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
            self._http = h11.Connection(h11.CLIENT)
        http = self._http
        headers = [*self._headers, ("Content-Length", str(len(content)))]
        request = h11.Request(method="POST", target=self._target, headers=headers)
        self._writer.write((http.send(request) or b"") + (http.send(h11.Data(data=content)) or b""))
        http.send(h11.EndOfMessage())
        await self._writer.drain()
        status = 0
        while True:
            match event := http.next_event():
                case h11.NEED_DATA:
                    http.receive_data(await self._reader.read(READ_BYTES))
                case h11.Response():
                    status = event.status_code
                case h11.EndOfMessage():
                    break
                case h11.ConnectionClosed():
                    raise ConnectionResetError("closed without an answer")
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
        else:
            self.close()
        return status
