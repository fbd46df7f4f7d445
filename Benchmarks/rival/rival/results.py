"""The values of the results topic (Usher's docs/contracts/result.schema.json) and their ids."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from time import gmtime, strftime

import msgspec

OUTCOMES = {10: "opened", 11: "declined", 12: "failed", 13: "expired", 20: "conflict", 21: "rejected"}
SCHEMA = b"usher.session.result.v1"
SESSION_LIFETIME = 900

_encode = msgspec.json.Encoder().encode
_minute_text: dict[int, str] = {}


def moment(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, rounded down."""
    minute, rest = divmod(int(seconds * 1000), 60_000)
    text = _minute_text.get(minute)
    if text is None:
        if len(_minute_text) > 1000:
            _minute_text.clear()
        text = _minute_text[minute] = strftime("%Y-%m-%dT%H:%M:", gmtime(minute * 60))
    return f"{text}{rest // 1000:02d}.{rest % 1000:03d}Z"


def seconds(value: datetime | None) -> float:
    return value.astimezone(UTC).timestamp() if value is not None else 0.0


def _identify(*parts: str) -> str:
    """UUID version 8 over length-prefixed parts, so that whoever writes a result again writes the same id."""
    message = bytearray()
    for part in parts:
        data = part.encode()
        message += len(data).to_bytes(4)
        message += data
    number = bytearray(sha256(message).digest()[:16])
    number[6] = number[6] & 0x0F | 0x80
    number[8] = number[8] & 0x3F | 0x80
    text = number.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def result_id(account: str, order_id: str) -> str:
    return _identify("result", account, order_id, "1")


def answer_id(topic: str, partition: int, offset: int) -> str:
    return _identify("answer", topic, str(partition), str(offset))


class Session(msgspec.Struct, omit_defaults=True, gc=False):
    status: str | None = None
    intent: str | None = None
    currency: str | None = None
    amount: int | None = None
    payment_method: str | None = None
    gateway: str | None = None


class Result(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    result_id: str
    account: str
    order_id: str
    generation: int
    outcome: str
    redirect_url: str | None = None
    opened_at: str | None = None
    expires_at: str | None = None
    session: Session | None = None
    customer: msgspec.Struct | None = None
    error: dict | None = None
    attempts: int
    campaign: str | None = None
    variable1: str | None = None
    variable2: str | None = None
    variable3: str | None = None
    completed_at: str


def opened(text_id: str, account: str, claim, reply, now: float) -> bytes:
    """The value for a session that the Cashier's verified reply opened."""
    job, said = claim.job, reply.session
    return _encode(
        Result(
            result_id=text_id,
            account=account,
            order_id=job.order_id,
            generation=1,
            outcome="opened",
            redirect_url=reply.redirect_url,
            opened_at=moment(reply.timestamp),
            expires_at=moment(claim.last_send + SESSION_LIFETIME),
            session=Session(
                said.session_status, said.intent, said.currency, said.amount, said.payment_method, said.gateway
            ),
            customer=_customer(reply.customer),
            attempts=claim.attempts,
            campaign=job.campaign,
            variable1=job.variable1,
            variable2=job.variable2,
            variable3=job.variable3,
            completed_at=moment(now),
        )
    )


def _customer(said):
    return said if said is not None else _NOBODY


class _Nobody(msgspec.Struct):
    pass


_NOBODY = _Nobody()


def ended(text_id: str, account: str, claim, state: int, code: str, kind: str, message: str, now: float) -> bytes:
    job = claim.job
    return _without_session(
        text_id, account, job.order_id, 1, state, code, kind, message, (), claim.attempts, job, now
    )


def answer(text_id: str, account: str, order_id: str, outcome: int, code: str, message: str, fields, job, now) -> bytes:
    """The answer to a record that started nothing."""
    return _without_session(
        text_id, account, order_id, 0, outcome, code, OUTCOMES[outcome], message, fields, 0, job, now
    )


def _without_session(text_id, account, order_id, generation, outcome, code, kind, message, fields, attempts, job, now):
    error = {"code": code, "class": kind, "message": message}
    if fields:
        error["fields"] = list(fields)
    return _encode(
        Result(
            result_id=text_id,
            account=account,
            order_id=order_id,
            generation=generation,
            outcome=OUTCOMES[outcome],
            error=error,
            attempts=attempts,
            campaign=job.campaign if job else None,
            variable1=job.variable1 if job else None,
            variable2=job.variable2 if job else None,
            variable3=job.variable3 if job else None,
            completed_at=moment(now),
        )
    )


def headers(text_id: str, generation: int, outcome: int):
    return [
        ("result_id", text_id.encode()),
        ("generation", b"1" if generation else b"0"),
        ("outcome", OUTCOMES[outcome].encode()),
        ("schema", SCHEMA),
    ]



def bound_to(order_id: str) -> bytes:
    """What a sealed result is bound to."""
    return b"result\0" + order_id.encode()
