"""What the text of a job's fields may look like: the rules of Usher's docs/contracts/job.schema.json."""

from __future__ import annotations

import re
from functools import lru_cache

_CURRENCIES = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BHD IQD JOD KWD LYD OMR TND "
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER "
    "ZAR ZMW ZWG".split()
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]+")
_TOKEN = re.compile(r"[!-~]+")
_LOCALE = re.compile(r"[a-z]{2}-[A-Z]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_STATE = re.compile(r"[A-Za-z]{2,3}")
_ZIP = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]*")
_DATE = re.compile(r"(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/((?:19|20|21)[0-9]{2})")
_EMAIL = re.compile("[^@\x00-\x20\x7f-\x9f]+@[^@\x00-\x20\x7f-\x9f]+")
_PHONE = re.compile(r"[0-9]{1,20}")
_URL = re.compile(r"https://([^/?#]+)([/?][!-\[\]-~]*)?")
_OPAQUE_URL = re.compile("https://([^/?#]+)([/?][^\x00-\x1f\x7f\\\\]*)?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DIGITS_MAX = 12
_NOT_DIGITS = bytes(byte for byte in range(256) if not 0x30 <= byte <= 0x39)
_RUN = re.compile("[0-9](?:[ .\u00a0\u2000-\u2015\u202f-]{0,3}[0-9]){12,}")
_GROUP = re.compile("[0-9]+")

# The common fields that have a form, in one text, so that one match accepts nearly every job.
_COMMON = re.compile(
    r"[A-Za-z0-9._:-]+\n[a-z]{2}-[A-Z]{2}\n(?:[A-Z]{2})?\n(?:[A-Za-z]{2,3})?\n(?:[A-Za-z0-9][A-Za-z0-9 -]*)?\n"
    r"(?:[^@\x00-\x20\x7f-\x9f]+@[^@\x00-\x20\x7f-\x9f]+)?\n(?:[0-9]{1,15})?\n[!-~]*\n[!-~]*"
)


class FieldFault(Exception):
    """A field is at fault: its reason is a word of reasons.md; the detail holds no value."""

    def __init__(self, reason: str, field: str | None, advice: str):
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.detail = f"{field}: {advice}" if field else advice


@lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """A day that exists, as MM/DD/YYYY."""
    match = _DATE.fullmatch(text)
    if not match:
        return False
    month, day, year = map(int, match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (29 if leap else 28) if month == 2 else day <= 30 or month not in (4, 6, 9, 11)


@lru_cache(maxsize=4096)
def _authority_fault(authority: str) -> str | None:
    """The reason to refuse a host with its port, or None."""
    host, colon, port = authority.partition(":")
    if "@" in authority:
        return "url"
    if authority.startswith("["):
        return "host"
    if colon and not (re.fullmatch("[1-9][0-9]{0,4}", port) and int(port) <= 65_535):
        return "url"
    if re.fullmatch(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", host):
        return "host"
    labels = host.lower().split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "url"
    return "url" if labels[-1].isdigit() or labels[-1].startswith("0x") else None


def check_url(field: str, text: str, opaque: bool) -> None:
    """An absolute https URL that all parsers read alike; an opaque one may hold the provider's placeholders."""
    match = (_OPAQUE_URL if opaque else _URL).fullmatch(text)
    if not match:
        raise FieldFault("url", field, "write an absolute https URL")
    reason = _authority_fault(match[1])
    if reason:
        raise FieldFault(reason, field, "write a plain https URL with a host name")


def _passes_luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def find_card_number(text: str) -> bool:
    """Whether 13 to 19 digits in groups pass the Luhn check."""
    for run in _RUN.finditer(text):
        groups = _GROUP.findall(run[0])
        for first in range(len(groups)):
            digits = ""
            for group in groups[first:]:
                digits += group
                if len(digits) > 19:
                    break
                if len(digits) >= 13 and digits[0] != "0" and _passes_luhn(digits):
                    return True
    return False


def has_many_digits(text: str) -> bool:
    """Whether there are digits enough for a card number: the cheap question before the dear one."""
    return len(text.encode().translate(None, _NOT_DIGITS)) > _DIGITS_MAX


def check(job, customer, is_plain: bool) -> None:
    """Everything about a job's texts that msgspec's types do not say. Raises FieldFault.

    `is_plain`: the record is ASCII without escapes and DEL, so that no text of it can hold a control character.
    """
    c = customer
    if c is not None:
        free = (
            f"{job.agent_name}\0{job.cid}\0{job.payment_method}\0{job.variable1}\0{job.variable2}\0{job.variable3}\0"
            f"{c.first_name}\0{c.last_name}\0{c.city}\0{c.address}\0{c.email}\0{c.zip}"
        )
        common = (
            f"{job.order_id}\n{job.locale}\n{c.country or ''}\n{c.state or ''}\n{c.zip or ''}\n{c.email or ''}\n"
            f"{c.phone or ''}\n{job.customer_token or ''}\n{job.gateway or ''}"
        )
    else:
        free = (
            f"{job.agent_name}\0{job.cid}\0{job.payment_method}\0{job.variable1}\0{job.variable2}\0{job.variable3}"
        )
        common = f"{job.order_id}\n{job.locale}\n\n\n\n\n\n{job.customer_token or ''}\n{job.gateway or ''}"
    if has_many_digits(free) and find_card_number(free):
        raise FieldFault("pan", None, "a field looks like a card number; never send card numbers to this topic")
    if not is_plain or not _COMMON.fullmatch(common) or (c is not None and c.dob is not None and not is_date(c.dob)):
        _check_each(job, c)
    if "@" in job.cid and re.search(r"[^ ]@[^ .]+\.[^ ]", job.cid):
        raise FieldFault("pii", "cid", "looks like an e-mail address; write an id that says nothing of the person")
    if job.currency not in _CURRENCIES:
        raise FieldFault("currency", "currency", "is no ISO 4217 code that the account may use")
    check_url("notification_url", job.notification_url, opaque=False)
    check_url("return_url", job.return_url, opaque=True)
    if job.validation_url is not None:
        check_url("validation_url", job.validation_url, opaque=False)
    if c is not None:
        _check_customer(c)
    elif job.customer_token is None:
        raise FieldFault("missing", "customer_data", "write it, or customer_token, or both")


def _check_customer(c) -> None:
    if not (c.country and c.first_name and c.last_name and c.email):
        for name in ("country", "first_name", "last_name", "email"):
            if not getattr(c, name):
                raise FieldFault("missing", f"customer_data.{name}", "is required; write it")
    if c.country in ("US", "CA") and c.zip is None:
        raise FieldFault("missing", "customer_data.zip", "is required for customers in US and CA; write it")
    if c.country in ("US", "CA", "AU") and c.state is None:
        raise FieldFault("missing", "customer_data.state", "is required for customers in US, CA and AU; write it")


def _check_each(job, c) -> None:
    """One field after the other: for texts beyond ASCII, and to find the field at fault."""
    forms = [("order_id", job.order_id, _IDENTIFIER), ("locale", job.locale, _LOCALE)]
    forms += [("customer_token", job.customer_token, _TOKEN), ("gateway", job.gateway, _TOKEN)]
    texts = [(name, getattr(job, name)) for name in ("agent_name", "cid", "payment_method")]
    texts += [(name, getattr(job, name)) for name in ("variable1", "variable2", "variable3")]
    if c is not None:
        forms += [("customer_data.country", c.country, _COUNTRY), ("customer_data.state", c.state, _STATE)]
        forms += [("customer_data.zip", c.zip, _ZIP), ("customer_data.email", c.email, _EMAIL)]
        forms += [("customer_data.phone", c.phone, _PHONE)]
        named = ("first_name", "last_name", "city", "address")
        texts += [(f"customer_data.{name}", getattr(c, name)) for name in named]
        if c.dob is not None and not is_date(c.dob):
            raise FieldFault("format", "customer_data.dob", "write an existing day as MM/DD/YYYY")
        if c.phone is not None and len(c.phone) > 15 and find_card_number(c.phone):
            raise FieldFault("pan", "customer_data.phone", "looks like a card number; never send card numbers")
    for name, text, form in forms:
        if text is not None and not form.fullmatch(text):
            raise FieldFault("format", name, "is not of the field's form")
        if text is not None and form is _TOKEN and re.fullmatch("[0-9-]+", text) and find_card_number(text):
            raise FieldFault("pan", name, "looks like a card number; never send card numbers to this topic")
    for name, text in texts:
        if text is not None and (_CONTROL.search(text) or (not text and not name.startswith("variable"))):
            raise FieldFault("format", name, "write text without control characters")
