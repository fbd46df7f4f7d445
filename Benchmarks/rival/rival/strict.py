"""The slow, exact reading of a record: for texts that msgspec takes too easily, and to find the word for a fault."""

from __future__ import annotations

import json

SIZE_MAX = 65_536
DEPTH_MAX = 16
KEYS_MAX = 64


class TextFault(Exception):
    """The record's text is at fault; `reason` is a word of docs/contracts/reasons.md."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def _depth(text: str) -> int:
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}]":
            depth -= 1
    return deepest


def _refuse_constant(_name: str):
    raise TextFault("syntax")


def _check_strings(value) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise TextFault("nul")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise TextFault("utf8")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_strings(name)
            _check_strings(member)
    elif isinstance(value, list):
        for element in value:
            _check_strings(element)


def read(value: bytes):
    """The JSON value of a record. Raises TextFault: no key twice, no NUL, no lone surrogate, within the limits."""
    if len(value) > SIZE_MAX:
        raise TextFault("size")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise TextFault("utf8") from None
    if text.startswith("\ufeff"):
        raise TextFault("utf8")
    if "\0" in text:
        raise TextFault("nul")
    if _depth(text) > DEPTH_MAX:
        raise TextFault("depth")
    keys = 0
    repeated = False

    def pairs(members):
        nonlocal keys, repeated
        keys += len(members)
        unique = dict(members)
        repeated = repeated or len(unique) < len(members)
        return unique

    try:
        document = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant)
    except ValueError:
        raise TextFault("syntax") from None
    if repeated:
        raise TextFault("dup_key")
    if keys > KEYS_MAX:
        raise TextFault("keys")
    _check_strings(document)
    return document
