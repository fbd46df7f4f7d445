"""The worker in Python that Usher is measured against: Benchmarks/rival says what it is and what it promises."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import proc
from .bench import Subject
from .processes import Child, Failure, run
from .stage import SOURCES, Stage
from .subject import APPLICATION, MERCHANT, Installation, Topics

DEFAULT_FOLDER = SOURCES / "rival"


class RivalInstallation(Installation):
    """The same surroundings with the other worker in them. Its tables are not asked: its results are counted."""

    last_job = ""
    progress = ""
    environment: Path
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
            + ["--processes", str(self.processes)],
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
    processes: int = 2

    def install(self, stage: Stage, name: str, topics: Topics, in_flight: int = 500) -> Installation:
        installation = RivalInstallation(stage, self.binary, name, topics, in_flight)
        installation.environment, installation.processes = self.environment, self.processes
        installation.prepare()
        return installation


def find(folder: Path, environment: Path, processes: int) -> Rival:
    """The rival, with what it needs installed."""
    if not (folder / "run").exists():
        raise Failure(f"--rival: there is no worker in {folder}")
    # Where pip finds its packages, and whom it trusts, is the caller's matter.
    run([folder / "setup", environment], within=600, variables=dict(os.environ))
    return Rival("rival", folder / "run", [], environment, processes)
