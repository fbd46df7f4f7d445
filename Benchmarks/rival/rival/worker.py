"""The worker: intake, calls, settlement and publishing on one event loop, batches formed by what gathers meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

import msgspec

from . import cashier, http, policy, results
from .batch import Batch
from .cashier import Answer
from .jobs import Job, JobReader
from .kafka import Sink, Source
from .policy import SENDING, VERIFY

log = logging.getLogger("rival.worker")

BATCH_MAX = 1000
# How much is claimed beyond the call slots, in seconds of the present speed.
AHEAD = 0.25
UNPUBLISHED_MAX = 30.0
SEND_WITHIN = 20.0
_decode_job = msgspec.json.Decoder(Job).decode


class Claim:
    """A job that this worker leases, with the moment of its durable mark."""

    __slots__ = ("job", "job_id", "epoch", "attempts", "look_ups", "first_send", "last_send", "was_due", "fragment")

    def __init__(self, job, fragment, job_id, epoch, attempts, look_ups, first_send, last_send, was_due):
        self.job, self.fragment, self.job_id, self.epoch = job, fragment, job_id, epoch
        self.attempts, self.look_ups, self.was_due = attempts, look_ups, was_due
        self.first_send, self.last_send = first_send, last_send


class Worker:
    def __init__(self, settings, store, keys, account):
        self._settings, self._store, self._keys, self._account = settings, store, keys, account
        self._reader = JobReader(account.name, settings.merchant_id, settings.application_key)
        self._source = Source(settings.bootstrap, settings.group, settings.jobs_topic)
        self._sink = Sink(settings.bootstrap, settings.results_topic)
        self._opening = http.open_pool(settings.http, settings.endpoint, settings.in_flight)
        self._looking_up = http.open_pool(settings.http, settings.find_order_url, max(1, settings.in_flight // 4))
        self._in_flight: dict[int, Claim] = {}
        self._intake_low: int | None = None
        self._ends: list = []
        self._moves: list = []
        self._publishing: dict[int, float] = {}
        self._acknowledged: list[int] = []
        self._clock_offset = 0.0
        self._deleting: list[int] = []
        self._polled = 0.0
        self._ahead = float(settings.in_flight)
        self._ended = 0
        self._gate = 0.0
        self._is_ready = False
        self._is_stopping = False
        self._is_lost = False
        self._settle_now = asyncio.Event()
        self._slots_free = asyncio.Event()
        self._due_now = asyncio.Event()
        self._adopt_now = asyncio.Event()
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def stop(self):
        self._is_stopping = True
        for event in (self._slots_free, self._due_now, self._adopt_now, self._stopped):
            event.set()

    async def run(self) -> bool:
        """Works until `stop`. False if the database took this worker for dead, so that it must begin anew."""
        await self._store.register()
        settling = self._loop.create_task(self._settle())
        upkeep = [self._heartbeat(), self._reap(), self._claim(), self._relay(), self._poll()]
        upkeep = [self._loop.create_task(task) for task in upkeep]
        intake = self._loop.create_task(self._take_in())
        waiting = self._loop.create_task(self._stopped.wait())
        done, _ = await asyncio.wait([settling, intake, waiting, *upkeep], return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        for task in done:
            if task is not waiting:
                task.result()
        await intake
        self._opening.give_back_waiting()
        self._looking_up.give_back_waiting()
        until = self._loop.time() + 25
        while (self._in_flight or self._ends or self._moves) and self._loop.time() < until and not self._is_lost:
            await asyncio.sleep(0.02)
        for task in (settling, *upkeep):
            task.cancel()
        await asyncio.gather(settling, *upkeep, return_exceptions=True)
        await self._loop.run_in_executor(None, self._sink.flush, 10.0)
        if self._acknowledged and not self._is_lost:
            await self._store.acknowledge(self._acknowledged)
        if self._in_flight:
            log.warning("ends with %d calls without an outcome; they will be looked up", len(self._in_flight))
        elif not self._is_lost:
            await self._store.retire()
        await self._loop.run_in_executor(None, self._source.close)
        await self._opening.close()
        await self._looking_up.close()
        await self._store.close()
        return not self._is_lost

    def _now(self) -> float:
        """The database's clock."""
        return time.time() + self._clock_offset

    # Intake

    def _room(self) -> int:
        # What runs, and beyond it what slots will take in a moment: each claim that a dying worker leaves unanswered
        # costs a look-up.
        return self._settings.in_flight + int(self._ahead) - len(self._in_flight)

    async def _take_in(self):
        pause = 0.0005
        while not self._is_stopping:
            if self._source.is_assigned and (self._source.fresh or not self._is_ready):
                await self._begin_partitions()
            self._source.commit_now_and_then(self._loop.time())
            room = self._room()
            least = min(BATCH_MAX, int(self._ahead)) // 2
            if room < least or self._is_held():
                await self._wait_for_room(least)
                continue
            messages = self._source.take(min(room, BATCH_MAX))
            if not messages:
                await asyncio.sleep(pause)
                pause = min(0.004, pause * 1.5)
                continue
            pause = 0.0005
            self._polled = self._loop.time()
            await self._store_batch(messages)

    async def _wait_for_room(self, least: int):
        """Takes nothing for a moment. A member of the group that takes nothing for long must show that it lives."""
        self._slots_free.clear()
        try:
            await asyncio.wait_for(self._slots_free.wait(), 1.0)
        except TimeoutError:
            pass
        if (self._room() < least or self._is_held()) and self._loop.time() - self._polled > 2.0:
            self._polled = self._loop.time()
            self._source.rest()

    def _is_held(self) -> bool:
        now = self._loop.time()
        if now < self._gate:
            return True
        if self._publishing:
            return now - next(iter(self._publishing.values())) > UNPUBLISHED_MAX
        return False

    async def _begin_partitions(self):
        partitions = self._source.fresh
        if partitions:
            committed = await self._loop.run_in_executor(None, self._source.committed, partitions)
            stored = await self._store.positions()
            if self._source.fresh is partitions:
                self._source.start(committed, stored)
        if not self._is_ready:
            self._is_ready = True
            self._settings.say_ready()

    async def _store_batch(self, messages):
        numbers = await self._store.numbers(len(messages))
        self._intake_low = numbers.start
        settings = self._settings
        batch = Batch(messages, numbers, self._reader, self._keys, self._account.name, settings.jobs_topic)
        await self._store.take_in(batch)
        if batch.now is not None:
            self._clock_offset = batch.now - time.time()
            now = batch.now
            for taken in batch.inserted:
                self._open(Claim(taken.job, taken.fragment, taken.job_id, 1, 1, 0, now, now, False))
        for taken, job_id, mark in batch.resumed:
            if job_id not in self._in_flight:
                self._open(Claim(taken.job, taken.fragment, job_id, 1, 1, 0, mark, mark, False))
        self._intake_low = None
        self._source.done(batch.positions)
        if len(batch.inserted) < len(messages):
            self._adopt_now.set()
            self._due_now.set()

    # Calls

    def _open(self, claim: Claim):
        """Sends a claimed job, signed with the moment of its mark, a second back for the provider's clock."""
        self._in_flight[claim.job_id] = claim
        body, signature = self._account.open_request(claim.job, claim.fragment, int(claim.last_send) - 1)

        def done(status, reply_signature, reply):
            self._opened(claim, status, reply_signature, reply)

        self._opening.post(body, signature, done, self._loop.time() + SEND_WITHIN)

    def _opened(self, claim, status, signature, body):
        if status > 0:
            answer = self._account.read_opening(claim.job, status, signature, body, self._now())
        elif status == http.NOT_SENT:
            answer = Answer(cashier.NOT_SENT, "not_sent", "No connection to the Cashier.")
        else:
            answer = Answer(cashier.UNKNOWN, "timeout" if status == http.TIMED_OUT else "broken", "No answer.")
        if answer.outcome == cashier.OPENED:
            self._end(claim, policy.OPENED, None, answer.reply)
        else:
            self._apply(claim, policy.decide_opening(claim, answer, self._now()))

    def _look_up(self, claim: Claim):
        self._in_flight[claim.job_id] = claim
        body, signature = self._account.look_up_request(claim.job.order_id, int(self._now()) - 1)

        def done(status, _signature, reply):
            if status > 0:
                answer = self._account.read_look_up(claim.job.order_id, status, reply, self._now())
            else:
                answer = Answer(cashier.UNKNOWN, "no_answer", "The look-up had no answer.")
            self._apply(claim, policy.decide_look_up(claim, answer, self._now()))

        self._looking_up.post(body, signature, done, self._loop.time() + SEND_WITHIN)

    def _apply(self, claim, decision: policy.Decision):
        if decision.gate:
            self._gate = max(self._gate, self._loop.time() + decision.gate)
        if decision.state >= policy.OPENED:
            self._end(claim, decision.state, decision, None)
            return
        self._moves.append(
            (claim.job_id, claim.epoch, decision.state, decision.code, int(decision.unsent), decision.delay)
        )
        self._settle_now.set()

    def _end(self, claim, state, decision, reply):
        order_id = claim.job.order_id
        text_id = results.result_id(self._account.name, order_id)
        if reply is not None:
            code = "0"
            value = results.opened(text_id, self._account.name, claim, reply, self._now())
        else:
            code = decision.code
            value = results.ended(
                text_id, self._account.name, claim, state, code, decision.error_class, decision.message, self._now()
            )
        sealed = self._keys.seal(value, results.bound_to(order_id))
        self._ends.append((claim.job_id, claim.epoch, state, code, order_id, sealed, claim.was_due, text_id, value))
        self._settle_now.set()

    # Settlement and publishing

    async def _settle(self):
        while True:
            await self._settle_now.wait()
            self._settle_now.clear()
            if self._moves:
                moves, self._moves = self._moves, []
                await self._store.move(moves)
                for move in moves:
                    self._in_flight.pop(move[0], None)
                self._due_now.set()
            if self._ends:
                ends, self._ends = self._ends[:1000], self._ends[1000:]
                if self._ends:
                    self._settle_now.set()
                acknowledged = self._take_acknowledged()
                ours = await self._store.finish(ends, acknowledged)
                in_flight, publish = self._in_flight, self._publish
                self._ended += len(ends)
                for end in ends:
                    in_flight.pop(end[0], None)
                    if end[0] in ours:
                        publish(end[0], end[2], end[4], end[7], end[8])
                self._sink.poll(0)
            elif self._acknowledged:
                await self._store.acknowledge(self._take_acknowledged())
            self._slots_free.set()

    def _take_acknowledged(self) -> list[int]:
        acknowledged, self._acknowledged = self._acknowledged, []
        self._deleting = acknowledged
        return acknowledged

    def _publish(self, number, outcome, order_id, text_id, value):
        self._publishing[number] = self._loop.time()

        def delivered(error, _message):
            if error is None:
                self._publishing.pop(number, None)
                self._acknowledged.append(number)
            else:
                # The outbox row stays; the relay sends it again.
                self._publishing.pop(number, None)
                log.warning("result not delivered: %s", error.name())

        generation = 0 if outcome >= 20 else 1
        try:
            self._sink.send(order_id, value, results.headers(text_id, generation, outcome), delivered)
        except BufferError:
            self._publishing.pop(number, None)

    async def _poll(self):
        """Hears of deliveries; acknowledged rows that no settlement takes along go by themselves."""
        measured = self._loop.time()
        while True:
            self._sink.poll(0)
            await asyncio.sleep(0.005 if self._publishing else 0.02)
            passed = self._loop.time() - measured
            if passed > 0.5:
                measured += passed
                ahead = self._ended / passed * AHEAD
                self._ended = 0
                self._ahead = min(2000.0, max(float(self._settings.in_flight), ahead))
            if self._acknowledged and not self._ends and not self._in_flight:
                self._settle_now.set()

    # Upkeep

    async def _heartbeat(self):
        while True:
            low = min(self._in_flight, default=self._store.next_number)
            if self._intake_low is not None:
                low = min(low, self._intake_low)
            if not await self._store.heartbeat(min(low, self._store.next_number)):
                log.error("the database took this worker for dead; it begins anew")
                self._is_lost = True
                return
            await asyncio.sleep(self._settings.lease / 4)

    async def _reap(self):
        while True:
            lost = await self._store.reap()
            if lost:
                log.warning("took over %d jobs of workers that died", lost)
                self._due_now.set()
                self._adopt_now.set()
            await asyncio.sleep(self._settings.lease / 4)

    async def _claim(self):
        """Work that waits in the database: retries, look-ups, jobs with a time."""
        while not self._is_stopping:
            try:
                await asyncio.wait_for(self._due_now.wait(), 0.25)
            except TimeoutError:
                pass
            self._due_now.clear()
            room = min(BATCH_MAX, self._room())
            if room <= 0 or self._is_held() or self._is_stopping:
                continue
            rows = await self._store.claim(room)
            for row in rows:
                self._resume(row)
            if len(rows) == room:
                self._due_now.set()

    def _resume(self, row):
        order_id = row["order_id"]
        fragment = self._keys.open(row["key_id"], row["sealed"], f"body\0{self._account.name}\0{order_id}".encode())
        job = _decode_job(fragment)
        job.campaign = row["campaign"]
        claim = Claim(
            job,
            fragment,
            row["job_id"],
            row["lease_epoch"],
            row["attempts"],
            row["look_ups"],
            row["first_send"] or row["now"],
            row["last_send"] or row["now"],
            True,
        )
        if row["state"] == SENDING:
            self._open(claim)
        elif row["state"] == VERIFY:
            self._look_up(claim)
        else:
            self._in_flight[claim.job_id] = claim
            if claim.attempts:
                message = "not_after passed after attempts without an answer that opened a session"
                self._apply(claim, policy.Decision(policy.FAILED, 0.0, "not_after", "time_budget", message))
            else:
                message = "not_after passed before the job could be sent"
                self._apply(claim, policy.Decision(policy.EXPIRED, 0.0, "not_after", "expired", message))

    async def _relay(self):
        """Publishes what this worker does not have in memory: answers, rows of the dead, failed deliveries."""
        last_own = self._loop.time()
        while True:
            try:
                await asyncio.wait_for(self._adopt_now.wait(), 1.0)
            except TimeoutError:
                pass
            self._adopt_now.clear()
            rows = await self._store.adopt()
            if len(rows) == 1000:
                self._adopt_now.set()
            if self._loop.time() - last_own > 10:
                last_own = self._loop.time()
                # What is on its way or being deleted now is known; what is neither was forgotten by a fault.
                known = set(self._publishing) | set(self._acknowledged) | set(self._deleting)
                rows += [row for row in await self._store.own_outbox() if row["result_no"] not in known]
            for row in rows:
                value = self._keys.open(row["key_id"], row["sealed"], results.bound_to(row["order_id"]))
                text_id = msgspec.json.decode(value)["result_id"]
                self._publish(row["result_no"], row["outcome"], row["order_id"], text_id, value)
