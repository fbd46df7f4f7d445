"""The client on well-known parts: an aiohttp session for one URL, and as many tasks as calls run at once.

aiohttp sends a POST once. After a kept-alive connection broke it repeats a request only where the method is idempotent
(`IDEMPOTENT_METHODS` in aiohttp/client.py); besides that it repeats one only to follow a redirect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

import aiohttp
from yarl import URL

from .http import BODY_MAX, BROKEN, NOT_SENT, TIMED_OUT, Done

_SIGNATURE = "Gt-Authentication"


class Call(NamedTuple):
    body: bytes
    signature: str
    done: Done
    send_until: float


class Pool:
    """At most `limit` calls at once, each on a connection of its own; calls beyond wait in order."""

    def __init__(self, url: str, limit: int, connect_within: float, answer_within: float):
        self._url = URL(url)
        self._limit = limit
        self._session = aiohttp.ClientSession(
            # A call that runs finds a free connection or may open one, and never waits for another call's.
            connector=aiohttp.TCPConnector(limit=limit),
            # `total` has the time for connecting in it, and ends at a whole second of the loop's clock.
            timeout=aiohttp.ClientTimeout(total=answer_within, connect=connect_within),
            headers={"Content-Type": "application/json; charset=utf-8"},
            # Without Accept-Encoding no answer comes compressed.
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            raise_for_status=False,
        )
        self._waiting: deque[Call] = deque()
        self._running: set[asyncio.Task] = set()
        self._loop = asyncio.get_running_loop()

    def post(self, body: bytes, signature: str, done: Done, send_until: float):
        call = Call(body, signature, done, send_until)
        if len(self._running) < self._limit:
            self._start(call)
        else:
            self._waiting.append(call)

    def _start(self, call: Call):
        task = self._loop.create_task(self._run(call))
        self._running.add(task)
        task.add_done_callback(self._has_ended)

    async def _run(self, call: Call | None):
        """Makes a call, and then what waits meanwhile: with a backlog there is no task per call."""
        while call is not None:
            outcome = await self._send(call)
            call.done(*outcome)
            call = self._next()

    def _next(self) -> Call | None:
        now = self._loop.time()
        while self._waiting:
            call = self._waiting.popleft()
            if call.send_until >= now:
                return call
            call.done(NOT_SENT, None, b"")
        return None

    def _has_ended(self, task: asyncio.Task):
        self._running.discard(task)
        # What came after the task's last look.
        call = self._next()
        if call is not None:
            self._start(call)

    async def _send(self, call: Call) -> tuple[int, str | None, bytes]:
        headers = {_SIGNATURE: call.signature}
        try:
            async with self._session.post(
                self._url, data=call.body, headers=headers, allow_redirects=False
            ) as response:
                body = await _read(response)
                return response.status, _plain(response.headers.get(_SIGNATURE)), body
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Raised by the connector alone, while it makes a connection.
            return NOT_SENT, None, b""
        except TimeoutError:
            return TIMED_OUT, None, b""
        except Exception:
            # A connection was there: whatever went wrong, the request may have been read.
            return BROKEN, None, b""

    def give_back_waiting(self):
        """Whatever was not written yet is not sent any more."""
        waiting, self._waiting = self._waiting, deque()
        for call in waiting:
            call.done(NOT_SENT, None, b"")

    async def close(self):
        self._waiting.clear()
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """What the response's own `read` gives, within bounds."""
    parts, size = [], 0
    while part := await response.content.readany():
        parts.append(part)
        size += len(part)
        if size > BODY_MAX:
            raise aiohttp.ClientPayloadError("the answer is too long")
    return b"".join(parts)


def _plain(signature: str | None) -> str | None:
    """A signature is hexadecimal. One with other bytes in it is wrong, and may have none that can be encoded again."""
    return signature if signature is None or signature.isascii() else ""
