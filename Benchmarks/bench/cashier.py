"""The Cashier stub; see tools/stub.c."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from .processes import Child, Failure, last_words, until


class Cashier:
    def __init__(self, folder: Path, tools: Path, secret_file: Path):
        log = folder / "stub.log"
        self.child = Child([tools / "stub", "--secret-file", secret_file], log)

        def has_port() -> bool:
            if self.child.has_ended:
                raise Failure(f"the stub ended: {last_words(log)}")
            return log.read_text().startswith("port ") and log.read_text().endswith("\n")

        until("the stub listens", has_port, within=5)
        self.base = f"http://127.0.0.1:{int(log.read_text().split()[1])}"

    @property
    def pid(self) -> int:
        return self.child.pid

    def _get(self, path: str) -> dict:
        with urllib.request.urlopen(self.base + path, timeout=10) as reply:
            return json.load(reply)

    def stats(self) -> dict:
        return self._get("/stats")

    def reset(self, delay_ms: int = 0) -> None:
        """Begins counting anew, and answers from now on after `delay_ms`."""
        self._get(f"/delay?{delay_ms}")
        self._get("/reset")

    def stop(self) -> None:
        self.child.stop(9)
