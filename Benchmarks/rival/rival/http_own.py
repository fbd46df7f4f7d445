"""The client of our own: one object per kept-alive connection to one host, no task and no future per request."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from urllib.parse import urlsplit

import httptools

from .http import BODY_MAX, BROKEN, NOT_SENT, TIMED_OUT, Done

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,7})\r\n", re.I)
_SIGNATURE = re.compile(rb"\r\ngt-authentication: *([!-~]*)\r\n", re.I)


class Exchange:
    """A request that waits or runs."""

    __slots__ = ("head_and_body", "done", "deadline")

    def __init__(self, head_and_body: bytes, done: Done, send_until: float):
        self.head_and_body = head_and_body
        self.done = done
        # While it waits: until when it may be sent. While it runs: until when it must be answered.
        self.deadline = send_until


class Connection(asyncio.Protocol):
    __slots__ = ("_pool", "_transport", "exchange", "_received", "_parser", "_status", "_signature", "_body")

    def __init__(self, pool: Pool):
        self._pool = pool
        self._transport = None
        self.exchange: Exchange | None = None
        self._received = b""
        self._parser = None

    def connection_made(self, transport):
        self._transport = transport

    def start(self, exchange: Exchange):
        self.exchange = exchange
        exchange.deadline = self._pool.now() + self._pool.answer_within
        self._transport.write(exchange.head_and_body)

    def data_received(self, data):
        if self.exchange is None:
            self.abort()
            return
        if self._parser is not None:
            self._feed(data)
            return
        if self._received:
            data = self._received + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._received = data
            if len(data) > 65_536:
                self.abort()
            return
        head = data[: end + 2]
        length = _LENGTH.search(head)
        if length is None or b"ransfer-" in head or data[:9] != b"HTTP/1.1 " or b"onnection: close" in head:
            self._parser = httptools.HttpResponseParser(self)
            self._status, self._signature, self._body = 0, None, []
            self._received = b""
            self._feed(data)
            return
        whole = end + 4 + int(length[1])
        if len(data) < whole:
            self._received = data
            if whole > BODY_MAX:
                self.abort()
            return
        if len(data) > whole:
            self.abort()
            return
        self._received = b""
        signature = _SIGNATURE.search(head)
        self._finish(int(data[9:12]), signature[1].decode() if signature else None, data[end + 4 :])

    def _finish(self, status, signature, body):
        exchange, self.exchange = self.exchange, None
        self._pool.is_free(self)
        exchange.done(status, signature, body)

    # Everything that is not one plain answer with a length goes through httptools.

    def _feed(self, data):
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_header(self, name, value):
        if name.lower() == b"gt-authentication":
            self._signature = value.decode("latin-1")

    def on_body(self, data):
        self._body.append(data)
        if sum(map(len, self._body)) > BODY_MAX:
            self.abort()

    def on_message_complete(self):
        status, keeps = self._parser.get_status_code(), self._parser.should_keep_alive()
        if self.exchange is None or status < 200:
            return
        body, signature = b"".join(self._body), self._signature
        self._parser = None
        if keeps:
            self._finish(status, signature, body)
        else:
            exchange, self.exchange = self.exchange, None
            self.abort()
            exchange.done(status, signature, body)

    def connection_lost(self, _error):
        exchange, self.exchange = self.exchange, None
        self._pool.is_gone(self)
        if exchange is not None:
            exchange.done(BROKEN, None, b"")

    def expire(self):
        exchange, self.exchange = self.exchange, None
        self.abort()
        exchange.done(TIMED_OUT, None, b"")

    def abort(self):
        self._transport.abort()


class Pool:
    """At most `limit` connections to the host of one URL; requests beyond wait in order."""

    def __init__(self, url: str, limit: int, connect_within: float, answer_within: float):
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json; charset=utf-8\r\n"
        ).encode()
        self._limit = limit
        self._connect_within = connect_within
        self.answer_within = answer_within
        self._free: list[Connection] = []
        self._all: set[Connection] = set()
        self._waiting: deque[Exchange] = deque()
        self._connecting = 0
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._sweeper = self._loop.call_later(0.25, self._sweep)
        self._tasks: set[asyncio.Task] = set()

    def post(self, body: bytes, signature: str, done: Done, send_until: float):
        request = b"%sGt-Authentication: %s\r\nContent-Length: %d\r\n\r\n%s" % (
            self._head,
            signature.encode(),
            len(body),
            body,
        )
        exchange = Exchange(request, done, send_until)
        if self._free:
            self._free.pop().start(exchange)
            return
        self._waiting.append(exchange)
        if len(self._all) + self._connecting < self._limit and self._connecting < len(self._waiting):
            self._connecting += 1
            task = self._loop.create_task(self._connect())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self):
        try:
            async with asyncio.timeout(self._connect_within):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError, ssl.SSLError):
            self._connecting -= 1
            # Without a connection nothing of what waits can be sent. With others it only takes longer.
            if not self._all and not self._connecting:
                waiting, self._waiting = self._waiting, deque()
                for exchange in waiting:
                    exchange.done(NOT_SENT, None, b"")
            return
        self._connecting -= 1
        self._all.add(connection)
        self.is_free(connection)

    def is_free(self, connection: Connection):
        if self._waiting:
            connection.start(self._waiting.popleft())
        else:
            self._free.append(connection)

    def is_gone(self, connection: Connection):
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if self._waiting and len(self._all) + self._connecting < self._limit:
            self._connecting += 1
            task = self._loop.create_task(self._connect())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _sweep(self):
        now = self.now()
        for connection in [c for c in self._all if c.exchange is not None and c.exchange.deadline < now]:
            connection.expire()
        while self._waiting and self._waiting[0].deadline < now:
            self._waiting.popleft().done(NOT_SENT, None, b"")
        self._sweeper = self._loop.call_later(0.25, self._sweep)

    def give_back_waiting(self):
        """Whatever was not written yet is not sent any more."""
        waiting, self._waiting = self._waiting, deque()
        for exchange in waiting:
            exchange.done(NOT_SENT, None, b"")

    async def close(self):
        self._sweeper.cancel()
        for connection in list(self._all):
            connection.abort()
