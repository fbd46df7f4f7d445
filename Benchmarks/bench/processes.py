"""Child processes that end with the benchmark, whichever way it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What went wrong, for a person."""


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def environment() -> dict[str, str]:
    """What children see of ours: a setting of the caller's must not become the worker's."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


class Child:
    """A process with its output in a file. It dies with the thread that starts it, which must be the main one."""

    def __init__(
        self, command: Sequence[object], log: Path, variables: dict[str, str] | None = None, pipes: bool = False
    ):
        self.name = Path(str(command[0])).name
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else output,
                stderr=output,
                env=environment() | (variables or {}),
                preexec_fn=_die_with_parent,
                # A group of its own: Ctrl-C reaches the benchmark, which ends its children in order.
                process_group=0,
                text=pipes,
                bufsize=1 if pipes else -1,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ask(self, line: str) -> str:
        """Writes a line to a child with pipes and returns the line that it answers."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Failure(f"{self.name} ended: {last_words(self.log)}")
        return answer.rstrip("\n")

    def stop(self, number: int = signal.SIGTERM, within: float = 30) -> int:
        """Asks the process to end, waits, and kills it when it does not. Returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return self.process.returncode


def run(command: Sequence[object], within: float = 120, variables: dict[str, str] | None = None) -> str:
    """Runs a program to its end and returns what it printed. Raises Failure with what it complained about, or that it
    took too long."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            env=environment() | (variables or {}),
            preexec_fn=_die_with_parent,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{Path(str(command[0])).name} was not done within {within:.0f} s") from None
    if done.returncode != 0:
        raise Failure(
            f"{Path(str(command[0])).name} ended with {done.returncode}: {(done.stderr or done.stdout)[-800:]}"
        )
    return done.stdout


def until(what: str, condition: Callable[[], bool], within: float = 30, every: float = 0.02) -> None:
    """Waits for a condition; raises Failure when it does not come true in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"not within {within:.0f} s: {what}")
        time.sleep(every)


def last_words(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-800:]
    except FileNotFoundError:
        return ""
