"""Seals what is personal or secret: AES-256-GCM, bound to the order and to what it is."""

from __future__ import annotations

import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class KeyRing:
    """The keys of a key file: lines `ID HEX`, the first of which seals, and one line `digest HEX`."""

    def __init__(self, path: str):
        self._keys: dict[str, AESGCM] = {}
        digest = None
        with open(path, encoding="ascii") as lines:
            for number, line in enumerate(lines, 1):
                words = line.split()
                if not words or words[0].startswith("#"):
                    continue
                if len(words) != 2 or len(words[1]) != 64:
                    raise SystemExit(f"{path}:{number}: expected an id and 64 hexadecimal digits")
                if words[0] == "digest":
                    digest = bytes.fromhex(words[1])
                else:
                    self._keys[words[0]] = AESGCM(bytes.fromhex(words[1]))
        if not self._keys or digest is None:
            raise SystemExit(f"{path}: needs a key and a line `digest`")
        self._digest_key = digest
        self.key_id = next(iter(self._keys))
        self._encrypt = self._keys[self.key_id].encrypt

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._encrypt(nonce, plain, bound_to)

    def open(self, key_id: str, sealed: bytes, bound_to: bytes) -> bytes:
        return self._keys[key_id].decrypt(sealed[:12], sealed[12:], bound_to)

    def digest(self, content: bytes) -> bytes:
        """A keyed digest: equal contents have equal ones, and nobody without the key can try contents out."""
        return hashlib.blake2b(content, key=self._digest_key, digest_size=32).digest()
