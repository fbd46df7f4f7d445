"""What is measured: a worker with its database, topics and settings, the way an operator would set it up."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import Child, run

if TYPE_CHECKING:
    from .stage import Stage

SQL = Path(__file__).resolve().parent.parent / "sql"
MERCHANT, APPLICATION = "Benchmark-Merchant", "Benchmark-Website"


@dataclass
class Topics:
    """The topics of one run, and which lane the jobs topics have."""

    jobs: list[tuple[str, str]]
    results: str


@dataclass
class Installation:
    """One database, one set of topics, one consumer group."""

    stage: Stage
    binary: Path
    name: str
    topics: Topics
    in_flight: int = 500
    settings: list[str] = field(default_factory=list)
    workers: list[Child] = field(default_factory=list)

    # Questions to the worker's own tables; empty for a worker whose tables are not known.
    last_job = (SQL / "last_job.sql").read_text()
    progress = (SQL / "progress.sql").read_text()
    waiting = (SQL / "waiting.sql").read_text()

    @property
    def folder(self) -> Path:
        return self.stage.folder / self.name

    def prepare(self) -> None:
        self.folder.mkdir()
        run([*self.stage.psql("postgres"), "-c", f'create database "{self.name}"'])
        (self.folder / "usher.yaml").write_text(self._settings())
        self.run("migrate")

    def _settings(self) -> str:
        jobs = ", ".join(f"{{name: {name}, lane: {lane}}}" for name, lane in self.topics.jobs)
        return f"""\
kafka:
  bootstrap_servers: ["{self.stage.kafka.bootstrap}"]
  jobs_topics: [{jobs}]
  results_topic: {self.topics.results}
  group_id: {self.name}
  security: {{protocol: plaintext}}
postgres: {{host: {self.stage.postgres.folder}, database: "{self.name}", user: usher}}
keys: {{file: {self.stage.key_file}}}
accounts:
  main:
    endpoint: {self.stage.cashier.base}/cashier/virtual-terminal
    merchant_id: {MERCHANT}
    application_key: {APPLICATION}
    secret_file: {self.stage.secret_file}
    allow_http_loopback: true
    clock_offset: 0s
    concurrency_max: {self.in_flight}
dispatch: {{in_flight_max: {self.in_flight}}}
log: {{level: info, format: text}}
"""

    def run(self, *words: str) -> str:
        """What an operator does by a command."""
        return run([self.binary, *words, "-c", self.folder / "usher.yaml"])

    def start_worker(self, number: int = 1, variables: dict[str, str] | None = None) -> Child:
        settings = [word for each in [f"worker.name=w{number}", *self.settings] for word in ("--set", each)]
        worker = Child(
            [self.binary, "run", "-c", self.folder / "usher.yaml", *settings],
            self.folder / f"worker-{number}.log",
            variables={"SWIFT_BACKTRACE": "enable=no"} | (variables or {}),
        )
        self.workers.append(worker)
        return worker

    def processes_of(self, worker: Child) -> list[int]:
        """The worker's process, and those that it started to work with."""
        return [worker.pid]

    def stop_workers(self) -> None:
        for worker in self.workers:
            worker.stop(15, within=60)
        self.workers.clear()

    def remove(self) -> None:
        """Ends the workers and drops the database and the topics. The logs stay until the stage goes."""
        self.stop_workers()
        run([*self.stage.psql("postgres"), "-c", f'drop database if exists "{self.name}" with (force)'])
        for topic in [name for name, _ in self.topics.jobs] + [self.topics.results]:
            self.stage.kafka.delete(topic)


def write_secrets(folder: Path) -> tuple[Path, Path]:
    """A merchant secret and a file of sealing keys, readable by their owner alone."""
    secret, keys = folder / "secret", folder / "keys"
    for path, text in (
        (secret, secrets.token_hex(16) + "\n"),
        (keys, f"k1 {secrets.token_hex(32)}\ndigest {secrets.token_hex(32)}\n"),
    ):
        path.write_text(text)
        os.chmod(path, 0o400)
    return secret, keys
