"""What both HTTP clients promise, against a server that misbehaves as told; `check` runs it first.

PYTHONPATH=Benchmarks/rival DIR/bin/python -m unittest checking.test_http, where DIR is what `setup` made.
"""

from __future__ import annotations

import asyncio
import unittest

import uvloop

from rival.http import BODY_MAX, BROKEN, NOT_SENT, TIMED_OUT, open_pool

SIGNATURE = "0123456789abcdef" * 6
BODY = b'{"order_id":"o-1"}'
ANSWER = b"HTTP/1.1 200 OK\r\nGt-Authentication: " + SIGNATURE.encode() + b"\r\nContent-Length: 5\r\n\r\nhello"


class Server:
    """Answers request after request with what it was given; `None` answers nothing, b"" closes the connection."""

    def __init__(self, *answers: bytes | None, after: float = 0.0):
        self._answers, self._after = list(answers), after
        self._writers: list[asyncio.StreamWriter] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = self.open = self.most_open = 0

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/cashier?a=b"
        return self

    async def __aexit__(self, *_error):
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.append(writer)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                line, *lines = head.rstrip().split("\r\n")
                headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
                self.requests.append((line, headers, await reader.readexactly(int(headers["content-length"]))))
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                await asyncio.sleep(3600 if answer is None else self._after)
                self.open -= 1
                writer.write(answer)
                if not answer or b"Connection: close" in answer:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()


class Promises:
    """Run with each client."""

    loop_factory = staticmethod(uvloop.new_event_loop)
    client: str

    def open(self, url: str, limit: int = 4, connect_within: float = 0.5, answer_within: float = 0.5):
        pool = open_pool(self.client, url, limit, connect_within, answer_within)
        self.addAsyncCleanup(pool.close)
        return pool

    def post(self, pool, send_within: float = 5.0) -> asyncio.Future:
        """What becomes of one call. A second word about it fails the test: a future ends once."""
        loop = asyncio.get_running_loop()
        told = loop.create_future()
        pool.post(BODY, SIGNATURE, lambda *outcome: told.set_result(outcome), loop.time() + send_within)
        loop.call_later(5, lambda: told.done() or told.set_exception(AssertionError("nothing was told of a call")))
        return told

    async def outcome(self, *answers: bytes | None) -> tuple[int, str | None, bytes]:
        """Of one call, of which the server must have seen one request."""
        async with Server(*answers) as server:
            found = await self.post(self.open(server.url))
            await asyncio.sleep(0.05)
            self.assertEqual(len(server.requests), 1)
            return found

    async def test_a_request_is_what_the_cashier_expects_and_nothing_else(self):
        async with Server(ANSWER) as server:
            self.assertEqual(await self.post(self.open(server.url)), (200, SIGNATURE, b"hello"))
            line, headers, body = server.requests[0]
        self.assertEqual((line, body), ("POST /cashier?a=b HTTP/1.1", BODY))
        self.assertEqual(set(headers), {"host", "content-type", "gt-authentication", "content-length"})
        self.assertEqual(headers["content-type"], "application/json; charset=utf-8")
        self.assertEqual(headers["gt-authentication"], SIGNATURE)

    async def test_connections_are_used_again(self):
        async with Server(ANSWER) as server:
            pool = self.open(server.url)
            for _ in range(5):
                self.assertEqual((await self.post(pool))[0], 200)
            self.assertEqual(server.connections, 1)

    async def test_an_answer_in_chunks_is_put_together(self):
        chunked = b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
        self.assertEqual(await self.outcome(chunked), (503, None, b"hello"))

    async def test_an_answer_that_ends_its_connection_is_an_answer(self):
        closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
        async with Server(closing) as server:
            pool = self.open(server.url)
            for _ in range(2):
                self.assertEqual(await self.post(pool), (200, None, b"hello"))
            self.assertEqual(server.connections, 2)

    async def test_a_redirect_is_an_answer_and_is_not_followed(self):
        moved = b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
        self.assertEqual((await self.outcome(moved, ANSWER))[0], 307)

    async def test_no_answer_leaves_the_outcome_unknown_and_is_not_repeated(self):
        self.assertEqual((await self.outcome(b"", ANSWER))[0], BROKEN)

    async def test_nor_is_what_broke_on_a_connection_that_was_used_before(self):
        async with Server(ANSWER, b"", ANSWER) as server:
            pool = self.open(server.url)
            self.assertEqual((await self.post(pool))[0], 200)
            self.assertEqual((await self.post(pool))[0], BROKEN)
            await asyncio.sleep(0.05)
            self.assertEqual((len(server.requests), server.connections), (2, 1))
            self.assertEqual((await self.post(pool))[0], 200)

    async def test_half_an_answer_is_none(self):
        half = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 50\r\n\r\nhello"
        self.assertEqual((await self.outcome(half))[0], BROKEN)

    async def test_what_is_not_http_is_no_answer(self):
        self.assertEqual((await self.outcome(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"))[0], BROKEN)

    async def test_an_answer_without_end_is_no_answer(self):
        declared = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * BODY_MAX)
        self.assertEqual((await self.outcome(declared + bytes(2 * BODY_MAX)))[0], BROKEN)
        chunk = b"%x\r\n%s\r\n" % (BODY_MAX // 4, bytes(BODY_MAX // 4))
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 8
        self.assertEqual((await self.outcome(chunked))[0], BROKEN)

    async def test_silence_ends_with_the_time_for_an_answer(self):
        self.assertEqual((await self.outcome(None))[0], TIMED_OUT)

    async def test_a_signature_that_is_no_text_can_be_judged(self):
        odd = b"HTTP/1.1 200 OK\r\nGt-Authentication: \xff\xfe\r\nContent-Length: 5\r\n\r\nhello"
        status, signature, body = await self.outcome(odd)
        self.assertEqual((status, body), (200, b"hello"))
        self.assertNotEqual((signature or "").lower().encode(), SIGNATURE.encode())

    async def test_without_a_connection_nothing_is_sent(self):
        async with Server(ANSWER) as server:
            url = server.url
        pool = self.open(url, limit=2)
        for told in [self.post(pool) for _ in range(5)]:
            self.assertEqual((await told)[0], NOT_SENT)

    async def test_no_more_calls_at_once_than_agreed_and_none_is_left_over(self):
        async with Server(ANSWER, after=0.01) as server:
            pool = self.open(server.url, limit=3)
            for _ in range(3):
                for told in [self.post(pool) for _ in range(20)]:
                    self.assertEqual((await told)[0], 200)
            self.assertEqual((server.most_open, server.connections, len(server.requests)), (3, 3, 60))

    async def test_a_call_that_comes_as_another_ends_is_made(self):
        async with Server(ANSWER) as server:
            pool, loop = self.open(server.url, limit=1), asyncio.get_running_loop()
            told = loop.create_future()

            def call(left: int):
                pool.post(BODY, SIGNATURE, lambda *_outcome: loop.call_soon(next_of, left), loop.time() + 5)

            def next_of(left: int):
                call(left - 1) if left else told.set_result(None)

            call(20)
            await asyncio.wait_for(told, 2)
            self.assertEqual(len(server.requests), 21)

    async def test_what_waits_too_long_is_not_sent(self):
        async with Server(None) as server:
            pool = self.open(server.url, limit=1)
            first, second = self.post(pool), self.post(pool, send_within=0.1)
            self.assertEqual(((await first)[0], (await second)[0]), (TIMED_OUT, NOT_SENT))
            self.assertEqual(len(server.requests), 1)

    async def test_what_waits_can_be_called_off_and_what_runs_goes_on(self):
        async with Server(ANSWER, after=0.1) as server:
            pool = self.open(server.url, limit=1)
            first, second = self.post(pool), self.post(pool)
            await asyncio.sleep(0.05)
            pool.give_back_waiting()
            self.assertEqual((second.result()[0], (await first)[0]), (NOT_SENT, 200))
            self.assertEqual(len(server.requests), 1)


class ByAiohttp(Promises, unittest.IsolatedAsyncioTestCase):
    client = "aiohttp"


class ByOurOwn(Promises, unittest.IsolatedAsyncioTestCase):
    client = "own"


CASES = {case.client: case for case in (ByAiohttp, ByOurOwn)}

if __name__ == "__main__":
    unittest.main()
