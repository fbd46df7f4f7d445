"""What a read of the jobs topic makes of its records, and what the store says of them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from . import results
from .jobs import Refusal

log = logging.getLogger("rival.intake")


class Taken:
    """A record that is a job."""

    __slots__ = ("job", "fragment", "digest", "sealed", "job_id", "partition", "offset", "not_before")

    def __init__(self, job, fragment, digest, sealed, job_id, partition, offset):
        self.job, self.fragment, self.digest, self.sealed = job, fragment, digest, sealed
        self.job_id, self.partition, self.offset = job_id, partition, offset
        self.not_before = job.not_before

    @property
    def order_id(self):
        return self.job.order_id


class Refused:
    """A record that is none, with the answer to its sender where its order is known."""

    __slots__ = ("partition", "offset", "refusal", "sealed", "answer")

    def __init__(self, partition, offset, refusal, sealed, answer):
        self.partition, self.offset, self.refusal, self.sealed, self.answer = (
            partition,
            offset,
            refusal,
            sealed,
            answer,
        )


class Batch:
    """Records of one read, in order. `inserted` are claimed by this worker; `resumed` were, by an earlier try."""

    def __init__(self, messages, numbers: range, reader, keys, account: str, topic: str):
        self._keys, self._account, self._topic = keys, account, topic
        self._numbers = numbers
        self.jobs: list[Taken] = []
        self.refused: list[Refused] = []
        self.positions: dict[int, int] = {}
        seal, digest, jobs, positions = keys.seal, keys.digest, self.jobs, self.positions
        prefix = f"body\0{account}\0".encode()
        today = datetime.now(UTC)
        for message, number in zip(messages, numbers, strict=False):
            partition, offset, key, value = message.partition(), message.offset(), message.key(), message.value()
            positions[partition] = offset + 1
            try:
                job, fragment, content = reader.read(key, value)
            except Refusal as refusal:
                self.refused.append(self._refuse(partition, offset, value, refusal, number))
                continue
            taken = Taken(
                job, fragment, digest(content), seal(fragment, prefix + key), number, partition, offset
            )
            if job.not_after is not None and job.not_after <= today:
                # Too late to be sent: it goes the long way, at whose end it expires.
                taken.not_before = today
            elif taken.not_before is not None and taken.not_before <= today:
                taken.not_before = None
            jobs.append(taken)
        self.reset()

    def reset(self):
        """Before a try of the transaction."""
        self.now: float | None = None
        self.inserted: list[Taken] = []
        self.resumed: list[tuple[Taken, int, float]] = []

    def columns(self):
        jobs = self.jobs
        return (
            [t.job_id for t in jobs],
            [t.job.order_id for t in jobs],
            [t.digest for t in jobs],
            [t.partition for t in jobs],
            [t.offset for t in jobs],
            [t.job.campaign for t in jobs],
            [t.job.not_after for t in jobs],
        )

    def _refuse(self, partition, offset, value, refusal, number) -> Refused:
        bound_to = f"quarantine\0{self._topic}\0{partition}\0{offset}".encode()
        sealed = self._keys.seal(value, bound_to) if refusal.keeps_raw else None
        answer = None
        if refusal.order_id is not None:
            fields = [refusal.field] if refusal.field else []
            answer = self._answer(
                partition, offset, number, refusal.order_id, 21, refusal.reason, refusal.detail, fields, None
            )
        return Refused(partition, offset, refusal, sealed, answer)

    def conflict_answers(self, conflicts):
        """The answers to records whose order has other content."""
        answers = []
        for taken, row in conflicts:
            stored = self._keys.open(row["key_id"], row["sealed"], f"body\0{self._account}\0{taken.order_id}".encode())
            fields = differing_fields(stored, taken.fragment)
            differs = f"differs in: {', '.join(fields)}" if fields else "differs in the job's own fields"
            message = (
                f"order_id was used before for other content, which {differs}. The first job stands; "
                "use a new order_id for new content."
            )
            answers.append(
                self._answer(
                    taken.partition,
                    taken.offset,
                    taken.job_id,
                    taken.order_id,
                    20,
                    "conflict",
                    message,
                    fields,
                    taken.job,
                )
            )
        return answers

    def _answer(self, partition, offset, number, order_id, outcome, code, message, fields, job):
        text_id = results.answer_id(self._topic, partition, offset)
        now = datetime.now(UTC).timestamp()
        value = results.answer(text_id, self._account, order_id, outcome, code, message, fields, job, now)
        return number, outcome, order_id, self._keys.seal(value, results.bound_to(order_id))


def differing_fields(left: bytes, right: bytes) -> list[str]:
    """The names of the fields in which two requests differ."""
    import msgspec

    a, b = msgspec.json.decode(left), msgspec.json.decode(right)
    names = [name for name in a | b if name != "customer_data" and a.get(name) != b.get(name)]
    c, d = a.get("customer_data") or {}, b.get("customer_data") or {}
    return names + [f"customer_data.{name}" for name in c | d if c.get(name) != d.get(name)]
