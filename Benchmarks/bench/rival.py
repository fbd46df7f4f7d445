"""The workers in Python that Usher is measured against: Benchmarks/rival says what they are and what they promise."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from . import proc
from .bench import Subject
from .processes import Child, Failure, run
from .stage import SOURCES, Stage
from .subject import APPLICATION, MERCHANT, Installation, Topics

DEFAULT_FOLDER = SOURCES / "rival"
# By the HTTP client that it calls with.
RIVALS = {"aiohttp": "the rival on well-known parts (aiohttp)", "own": "the rival with its own HTTP client"}


class RivalInstallation(Installation):
    """The same surroundings with the other worker in them. The same questions go to its tables."""

    last_job = (DEFAULT_FOLDER / "last_job.sql").read_text()
    progress = (DEFAULT_FOLDER / "progress.sql").read_text()
    environment: Path
    client: str
    processes: int

    def prepare(self) -> None:
        self.folder.mkdir()
        run([*self.stage.psql("postgres"), "-c", f'create database "{self.name}"'])
        run([self.binary, "--venv", self.environment, "--postgres", self._dsn, "--migrate"])

    @property
    def _dsn(self) -> str:
        return f"postgresql://usher@/{self.name}?host={self.stage.postgres.folder}"

    def start_worker(self, number: int = 1, variables: dict[str, str] | None = None) -> Child:
        base = self.stage.cashier.base
        worker = Child(
            [self.binary, "--venv", self.environment, "--bootstrap", self.stage.kafka.bootstrap]
            + ["--jobs-topic", self.topics.jobs[0][0], "--results-topic", self.topics.results, "--group", self.name]
            + ["--postgres", self._dsn, "--endpoint", f"{base}/cashier/virtual-terminal"]
            + ["--find-order-url", f"{base}/agent/find-order", "--merchant-id", MERCHANT]
            + ["--application-key", APPLICATION, "--secret-file", self.stage.secret_file]
            + ["--key-file", self.stage.key_file, "--in-flight", str(self.in_flight)]
            + ["--processes", str(self.processes), "--http", self.client],
            self.folder / f"worker-{number}.log",
            variables=variables,
        )
        self.workers.append(worker)
        return worker

    def processes_of(self, worker: Child) -> list[int]:
        return [worker.pid, *proc.children(worker.pid)]


@dataclass
class Rival(Subject):
    environment: Path = Path()
    client: str = "own"
    # None: whatever `choose` finds to be the fastest.
    processes: int | None = None
    calls: int | None = None

    def install(self, stage: Stage, name: str, topics: Topics, in_flight: int = 500) -> Installation:
        installation = RivalInstallation(stage, self.binary, name, topics, self.calls or in_flight)
        installation.environment, installation.client = self.environment, self.client
        installation.processes = self.processes or 1
        installation.prepare()
        return installation

    @property
    def what(self) -> str:
        return RIVALS[self.client]

    @property
    def configuration(self) -> str:
        plural = "" if self.processes == 1 else "es"
        return f"{self.processes} process{plural}, {self.calls} calls in flight"


def find(folder: Path, environment: Path, processes: int | None, client: str | None = None) -> list[Rival]:
    """The rivals, or the one with that HTTP client, with what they need installed."""
    if not (folder / "run").exists():
        raise Failure(f"--rival: there is no worker in {folder}")
    # Where pip finds its packages, and whom it trusts, is the caller's matter.
    run([folder / "setup", environment], within=600, variables=dict(os.environ))
    clients = [client] if client else list(RIVALS)
    return [Rival(f"rival-{each}", folder / "run", [], environment, each, processes) for each in clients]


def choose(
    rival: Rival, jobs_per_second: Callable[[Rival], int], note: Callable[[str], None]
) -> tuple[Rival, dict[str, int]]:
    """The rival in the configuration in which it is the fastest, and what each came to."""
    found: dict[str, int] = {}
    best = rival
    for processes in (rival.processes,) if rival.processes else (1, 2):
        for calls in (200, 500):
            candidate = replace(rival, processes=processes, calls=calls)
            rate = found[candidate.configuration] = jobs_per_second(candidate)
            note(f"{rival.what}, {candidate.configuration}: {rate:,} jobs/s")
            if rate == max(found.values()):
                best = candidate
    return best, found
