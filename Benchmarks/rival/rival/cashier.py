"""The Cashier's requests, signatures and replies (API 1.3: cashier_api/virtual_terminal, agent_api/find_order)."""

from __future__ import annotations

import hmac
import re
from hashlib import sha384
from typing import NamedTuple

import msgspec
from msgspec import Struct

OPENED, DECLINED, RETRY, LIMITED, CONFIG, UNKNOWN, NOT_SENT = range(7)
FOUND_OPEN, FOUND_OVER, FOUND_USED, NOT_FOUND, LOOK_UP_REFUSED = range(10, 15)


class Session(Struct, gc=False):
    order_id: str | None = None
    cid: str | int | None = None
    session_status: str | None = None
    intent: str | None = None
    currency: str | None = None
    amount: int | None = None
    payment_method: str | None = None
    gateway: str | None = None


class Customer(Struct, omit_defaults=True, gc=False):
    customer_token: str | None = None
    country: str | None = None
    avs_alert: int | None = None
    verification_alert: int | None = None


class Transaction(Struct, gc=False):
    transaction_status: str | None = None


class Reply(Struct, gc=False):
    status: int
    description: str | None = None
    redirect_url: str | None = None
    timestamp: int | None = None
    customer: Customer | None = None
    session: Session | None = None
    transaction: Transaction | None = None


class Answer(NamedTuple):
    """What a call told: one of the words above, a code and a message for people, and the reply if it was believed."""

    outcome: int
    code: str = "0"
    message: str = ""
    reply: Reply | None = None
    retry_after: float = 0.0


_decode = msgspec.json.Decoder(Reply).decode
_FRESHNESS = 300
_REDIRECT = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!-~]*)?")
_BYTES_MAX = 65_536
# status, pattern of the description, outcome: the first that fits holds (API 1.3, overview/api_error_codes).
_ERRORS = [
    (400, re.compile(r"timestamp (missing|requir|format|unix)", re.I), DECLINED),
    (400, re.compile("timestamp", re.I), RETRY),
    (400, re.compile("json", re.I), DECLINED),
    (400, re.compile("unique|duplicate|already exist|already used", re.I), UNKNOWN),
    (400, re.compile("version|signature|gt-authentication|merchant_id|application_key", re.I), CONFIG),
    (400, re.compile("(transaction|order|order_id) not (found|exist)", re.I), NOT_FOUND),
    (401, re.compile(""), CONFIG),
    (403, re.compile(""), CONFIG),
    (406, re.compile(""), CONFIG),
]
_OPEN = {"open", "created"}
_OVER = {"expired", "failed"}
# A transaction that did not and will not move money; any other may have.
_ENDED = {"rejected", "cancelled", "canceled", "error", "duplicated"}


def _text(value) -> str:
    return "" if value is None else str(value)


class Account:
    """One set of credentials: makes requests, and judges their replies."""

    def __init__(self, name: str, merchant_id: str, application_key: str, secret: str):
        self.name = name
        self._signed_first = f"{merchant_id}{application_key}"
        self._secret = secret
        credentials = msgspec.json.encode({"merchant_id": merchant_id, "application_key": application_key})
        self._credentials = credentials[:-1] + b',"version":"1.3","timestamp":'

    def _sign(self, text: str) -> str:
        return sha384((text + self._secret).encode()).hexdigest()

    def open_request(self, job, fragment: bytes, timestamp: int) -> tuple[bytes, str]:
        """The body and its signature. `fragment` holds the request's other members as they were accepted."""
        signature = self._sign(
            f"{self._signed_first}{timestamp}{job.intent}{job.cid}{job.order_id}{job.agent_name}"
        )
        return b"%s%d,%s" % (self._credentials, timestamp, fragment[1:]), signature

    def look_up_request(self, order_id: str, timestamp: int) -> tuple[bytes, str]:
        signature = self._sign(f"{self._signed_first}{timestamp}{order_id}")
        return b'%s%d,"order_id":"%s"}' % (self._credentials, timestamp, order_id.encode()), signature

    def read_opening(self, job, status: int, signature: str | None, body: bytes, now: float) -> Answer:
        """A session is reported only on proof: signature, echo and freshness. Everything unclear is UNKNOWN."""
        reply, fault = self._read(status, body)
        if reply is None:
            return fault
        if reply.status != 0:
            return self._refusal(reply, status, signature)
        if not 200 <= status < 300:
            return Answer(UNKNOWN, f"http_{status}", "The answer says success, its HTTP status does not.")
        if not self._is_signed(reply, signature):
            return Answer(UNKNOWN, "bad_signature", "The answer's signature is missing or wrong.")
        session = reply.session
        if (
            session is None
            or session.order_id != job.order_id
            or _text(session.cid) != job.cid
            or (session.intent is not None and session.intent != job.intent)
            or (session.currency is not None and session.currency != job.currency)
            or (session.amount is not None and job.amount is not None and session.amount != job.amount)
        ):
            return Answer(UNKNOWN, "echo", "The answer is for another request.")
        if reply.timestamp is None or abs(reply.timestamp - now) > _FRESHNESS:
            return Answer(UNKNOWN, "stale", "The answer's timestamp is missing or too far from the clock.")
        if not reply.redirect_url or not _REDIRECT.fullmatch(reply.redirect_url):
            return Answer(UNKNOWN, "url", "The answer's URL is no plain https URL.")
        return Answer(OPENED, "0", "", reply)

    def read_look_up(self, order_id: str, status: int, body: bytes, now: float) -> Answer:
        """What the provider knows of an order. A look-up never yields a URL, only whether to send again."""
        reply, fault = self._read(status, body)
        if reply is None:
            return fault
        if reply.status != 0:
            answer = self._refusal(reply, status, None)
            if answer.outcome == CONFIG and reply.status != 403:
                return answer
            if answer.outcome in (DECLINED, CONFIG):
                return answer._replace(outcome=LOOK_UP_REFUSED)
            if answer.outcome == NOT_FOUND:
                return answer
            return answer._replace(outcome=UNKNOWN)
        session = reply.session
        if not 200 <= status < 300 or session is None or session.order_id != order_id:
            return Answer(UNKNOWN, "echo", "The look-up's answer is for another order, or names no session.")
        if reply.timestamp is not None and abs(reply.timestamp - now) > _FRESHNESS:
            return Answer(UNKNOWN, "stale", "The answer's timestamp is too far from the clock.")
        transaction = reply.transaction
        if transaction is not None and (transaction.transaction_status or "").lower() not in _ENDED:
            return Answer(FOUND_USED)
        word = (session.session_status or "").lower()
        return Answer(FOUND_OPEN if word in _OPEN else FOUND_OVER if word in _OVER else FOUND_USED)

    def _read(self, status: int, body: bytes) -> tuple[Reply | None, Answer]:
        if len(body) <= _BYTES_MAX and not 300 <= status < 400:
            try:
                return _decode(body), Answer(UNKNOWN)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
        code = "not_json" if 200 <= status < 300 else f"http_{status}"
        return None, Answer(UNKNOWN, code, f"HTTP {status} without an answer of the Cashier's.")

    def _is_signed(self, reply: Reply, signature: str | None) -> bool:
        if signature is None:
            return False
        token = reply.customer.customer_token if reply.customer is not None else None
        expected = self._sign(f"{reply.status}{_text(reply.timestamp)}{_text(reply.redirect_url)}{_text(token)}")
        return hmac.compare_digest(expected.encode(), signature.lower().encode())

    def _refusal(self, reply: Reply, status: int, signature: str | None) -> Answer:
        if signature is not None and not self._is_signed(reply, signature):
            return Answer(UNKNOWN, "bad_signature", "The answer's signature is wrong.")
        code = str(reply.status)
        if reply.status < 0 or reply.status in (333, 999):
            return Answer(UNKNOWN, code, "The Cashier had an error of its own.")
        for number, pattern, outcome in _ERRORS:
            if number == reply.status and pattern.search(reply.description or ""):
                name = "timestamp" if outcome == RETRY else code
                return Answer(outcome, name, "The Cashier refused the request.")
        if status >= 500 or status in (408, 425, 429):
            return Answer(UNKNOWN, code, "The Cashier answered with an error.")
        return Answer(DECLINED, code, "The Cashier refuses the job: correct it and send it again.")
