"""Reads a record of the jobs topic: a job, or the reason why it is none."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from . import shapes, strict
from .shapes import FieldFault
from .strict import TextFault

Amount = Annotated[int, Meta(ge=1, le=999_999_999_999_999)]
Balance = Annotated[int, Meta(ge=0, le=999_999_999_999_999)]


def _text(most: int, least: int = 1):
    return Annotated[str, Meta(min_length=least, max_length=most)]


Moment = Annotated[datetime, Meta(tz=True)]


class Customer(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    country: _text(2) | None = None
    first_name: _text(25) | None = None
    last_name: _text(25) | None = None
    dob: _text(10) | None = None
    email: _text(50) | None = None
    phone: str | int | None = None
    zip: _text(12) | None = None
    state: _text(3) | None = None
    city: _text(50) | None = None
    address: _text(100) | None = None
    profile: Annotated[int, Meta(ge=0, le=5)] | None = None


class Job(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """The fields of the Cashier's request under their own names, and the worker's own, which it never sees."""

    account: _text(64) | None = None
    campaign: _text(64) | None = None
    not_before: Moment | None = None
    not_after: Moment | None = None
    merchant_id: _text(50) | None = None
    application_key: _text(50) | None = None
    agent_name: _text(32)
    intent: Literal["authorization", "payment", "withdrawal"]
    currency: _text(10)
    amount: Amount | None = None
    balance: Balance | None = None
    cid: _text(50)
    locale: _text(5)
    customer_data: Customer | None = None
    customer_token: _text(32) | None = None
    payment_method: _text(50) | None = None
    gateway: _text(32) | None = None
    validation_url: _text(256) | None = None
    notification_url: _text(256)
    return_url: _text(256)
    order_id: _text(50)
    variable1: _text(256, 0) | None = None
    variable2: _text(256, 0) | None = None
    variable3: _text(256, 0) | None = None


class Refusal(Exception):
    """A record that cannot become a job. `order_id` is None where it cannot be read: then nobody is answered."""

    def __init__(self, reason: str, field: str | None, detail: str, order_id: str | None, keeps_raw: bool):
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.detail = detail
        self.order_id = order_id
        self.keeps_raw = keeps_raw


_decode = msgspec.json.Decoder(Job).decode
_encode = msgspec.json.Encoder().encode
_ORDER_ID = re.compile(r"[A-Za-z0-9._:-]{1,50}")


class JobReader:
    """Reads records by the rules of one account."""

    def __init__(self, account: str, merchant_id: str, application_key: str):
        self._account = account
        self._merchant_id = merchant_id
        self._application_key = application_key

    def read(self, key: bytes | None, value: bytes | None) -> tuple[Job, bytes, bytes]:
        """The job, its request's members as one JSON object, and its content in one spelling. Raises Refusal."""
        try:
            return self._read(key, value)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, TextFault, FieldFault) as fault:
            raise _refusal(key, value, fault) from None

    def _read(self, key, value):
        if not value:
            raise FieldFault("tombstone" if value is None else "empty", None, "record value: write a JSON object")
        if len(value) > strict.SIZE_MAX:
            raise TextFault("size")
        job = _decode(value)
        customer = job.customer_data
        fragment = content = _encode(job)
        # msgspec takes the last of two equal keys. Without escapes every quote is a delimiter, so that a key too many
        # shows in their number; everything else (nulls, escapes, digits as numbers) is read again exactly.
        is_plain = value.isascii() and b"\\" not in value and b"\x7f" not in value
        if not is_plain or value.count(b'"') != content.count(b'"'):
            strict.read(value)
        if job.balance == 0 and re.search(rb":\s*-0", value):
            raise FieldFault("amount", "balance", "write a whole number in its only spelling")
        if customer is not None and type(customer.phone) is int:
            customer.phone = str(customer.phone)
            fragment = content = _encode(job)
        if job.account or job.campaign or job.not_before or job.not_after or job.merchant_id or job.application_key:
            fragment, content = self._take_own(job)
        if key is None or key != job.order_id.encode():
            raise FieldFault("key", None, "record key: write the order_id as the record's key, byte for byte")
        shapes.check(job, customer, is_plain)
        return job, fragment, content

    def _take_own(self, job: Job) -> tuple[bytes, bytes]:
        """Takes the worker's own fields out of the job's JSON, after a look at them."""
        if (job.account or self._account) != self._account:
            raise FieldFault("account", "account", "write the name of a configured account")
        if (job.merchant_id or self._merchant_id) != self._merchant_id:
            raise FieldFault("credentials", "merchant_id", "is not that of the job's account")
        if (job.application_key or self._application_key) != self._application_key:
            raise FieldFault("credentials", "application_key", "is not that of the job's account")
        if job.campaign is not None and not _ORDER_ID.fullmatch(job.campaign[:50]):
            raise FieldFault("format", "campaign", "write ASCII letters, digits and . _ : - only")
        for moment, name in ((job.not_before, "not_before"), (job.not_after, "not_after")):
            if moment is not None and not 2000 <= moment.year < 3000:
                raise FieldFault("time", name, "write a moment of the years 2000 to 2999")
        if job.not_before and job.not_after and job.not_after <= job.not_before:
            raise FieldFault("time", "not_after", "must be later than not_before")
        job.account = job.merchant_id = job.application_key = None
        content = _encode(job)
        own = job.campaign, job.not_before, job.not_after
        job.campaign = job.not_before = job.not_after = None
        fragment = _encode(job)
        job.campaign, job.not_before, job.not_after = own
        return fragment, content


_ADVICE = {
    "size": "has more than 65536 bytes",
    "utf8": "is not plain UTF-8",
    "nul": "the character U+0000 is not allowed",
    "syntax": "is not JSON by RFC 8259",
    "dup_key": "a key stands twice in its object",
    "depth": "is nested too deeply",
    "keys": "has too many keys",
}


def _refusal(key, value, fault) -> Refusal:
    if isinstance(fault, FieldFault) and fault.reason in ("tombstone", "empty"):
        return Refusal(fault.reason, None, fault.detail, None, keeps_raw=False)
    reason, field, detail, order_id = "syntax", None, "", None
    try:
        document = strict.read(value)
    except TextFault as text_fault:
        reason = text_fault.reason
        detail = f"record value: {_ADVICE[reason]}"
    else:
        if isinstance(document, dict):
            candidate = document.get("order_id")
            if isinstance(candidate, str) and _ORDER_ID.fullmatch(candidate):
                order_id = candidate
        if isinstance(fault, FieldFault):
            reason, field, detail = fault.reason, fault.field, fault.detail
        elif isinstance(fault, msgspec.ValidationError):
            reason, field, detail = _explain(str(fault))
        else:
            reason, detail = "syntax", "record value: is not JSON by RFC 8259"
    looks_like_card = shapes.find_card_number(value.decode("utf-8", "replace"))
    return Refusal(reason, field, detail, order_id, keeps_raw=reason not in ("size", "pan") and not looks_like_card)


def _explain(message: str) -> tuple[str, str | None, str]:
    """Turns msgspec's words into a reason and a field. They hold the names of members, never their values."""
    path = re.search(r"`\$\.?([A-Za-z0-9_.]*)`$", message)
    field = path[1] if path and path[1] else None
    unknown = re.search(r"unknown field `(.*?)`", message)
    if unknown:
        name = re.sub(r"[^A-Za-z0-9_.-]", "?", unknown[1])[:64]
        if shapes.find_card_number(name):
            name = "?"
        return "unknown_field", name, f"{name}: is no field of a job; remove it or correct its name"
    missing = re.search(r"missing required field `(.*?)`", message)
    if missing:
        return "missing", missing[1], f"{missing[1]}: is required; write it"
    if field in ("amount", "balance"):
        return "amount", field, f"{field}: write a whole number of minor units"
    if "of length" in message:
        return "length", field, f"{field}: has not the field's length"
    if "Invalid enum" in message:
        return "intent", field, f"{field}: write authorization, payment or withdrawal"
    if field == "customer_data.profile":
        return "range", field, f"{field}: write a whole number from 0 to 5"
    if field in ("not_before", "not_after"):
        return "time", field, f"{field}: write a moment as in 2026-11-21T12:00:00Z"
    return "type", field, f"{field or 'record value'}: has another type than it should"
