"""Calls to the Cashier over HTTP/1.1, by one of two clients that keep the same promise.

A request is written once and never repeated, and no redirect is followed. What failed before a byte of it was written
is `not sent`; whatever failed later has an unknown outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

NOT_SENT, BROKEN, TIMED_OUT = 0, -1, -2
BODY_MAX = 1 << 20
CLIENTS = ("aiohttp", "own")

# Called with an HTTP status or one of the words above, the signature's header and the body.
Done = Callable[[int, str | None, bytes], None]


class Pool(Protocol):
    """At most so many calls at once to one URL; calls beyond wait in order."""

    def post(self, body: bytes, signature: str, done: Done, send_until: float) -> None:
        """Calls `done` once. What cannot be sent until then, by the loop's clock, is not sent."""

    def give_back_waiting(self) -> None:
        """Whatever was not written yet is not sent any more."""

    async def close(self) -> None:
        """Ends what still runs. How that ended need not be told any more."""


def open_pool(client: str, url: str, limit: int, connect_within: float = 5.0, answer_within: float = 20.0) -> Pool:
    # Each client has packages of its own, which the other does not load.
    if client == "aiohttp":
        from . import http_aiohttp

        return http_aiohttp.Pool(url, limit, connect_within, answer_within)
    from . import http_own

    return http_own.Pool(url, limit, connect_within, answer_within)
