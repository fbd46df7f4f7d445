"""One run of the worker over a known number of jobs, with everything about it that can be counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import proc
from .processes import Child, Failure, last_words, until
from .stage import SOURCES, Stage
from .subject import Installation

LAST_JOB = (SOURCES / "sql/last_job.sql").read_text()
PROGRESS = (SOURCES / "sql/progress.sql").read_text()
PARTS = ("worker", "postgres", "broker", "stub")


@dataclass
class Observation:
    """Sums between two moments of a run."""

    began_ms: float = 0
    cpu_us: dict[str, int] = field(default_factory=dict)
    switches: int = 0
    wal_bytes: int = 0
    samples: list[tuple[float, int]] = field(default_factory=list)
    peak_kb: int = 0
    results_at_begin: int = 0


class Observer:
    """Looks at the workers of an installation from the first accepted job to the last acknowledged result."""

    def __init__(self, stage: Stage, installation: Installation, jobs: int):
        self.stage, self.installation, self.jobs = stage, installation, jobs
        self.session = stage.postgres.session(installation.name)
        self.results = stage.kafka.watch(installation.topics.results)
        self.observation = Observation()
        self.last_job_before = self.session.number(LAST_JOB)

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        self.results.child.stop(9)

    @property
    def workers(self) -> list[Child]:
        return self.installation.workers

    def check_workers(self) -> None:
        for worker in self.workers:
            if worker.has_ended:
                raise Failure(f"the worker ended with {worker.process.returncode}: {last_words(worker.log)}")

    def _counters(self) -> dict[str, int]:
        counters = self.stage.cpu()
        counters["worker"] = sum(proc.cpu_us(worker.pid) for worker in self.workers)
        return counters

    def _wal(self) -> int:
        return self.session.number("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")

    def await_begin(self, within: float = 60) -> None:
        """Returns when the first job is accepted, and begins to count."""

        def begun() -> bool:
            self.check_workers()
            return self.session.number(LAST_JOB) > self.last_job_before

        until("the worker accepts a job", begun, within, every=0.005)
        self.observation.began_ms = time.time() * 1000
        self.observation.cpu_us = self._counters()
        self.observation.switches = sum(proc.context_switches(worker.pid) for worker in self.workers)
        self.observation.wal_bytes = self._wal()
        self.observation.results_at_begin = self.results.count()

    def sample(self) -> None:
        resident = sum(proc.memory_kb(worker.pid)[0] for worker in self.workers)
        self.observation.samples.append((time.time() * 1000 - self.observation.began_ms, resident))

    def await_results(self, count: int, within: float, meanwhile: Callable[[], None] | None = None) -> None:
        """Returns when that many results are on the topic."""

        def there() -> bool:
            self.check_workers()
            self.sample()
            if meanwhile:
                meanwhile()
            return self.results.count() >= count

        until(f"{count} results are on the topic", there, within, every=0.05)

    def await_rest(self, jobs: int | None = None) -> None:
        """Returns when all jobs have ended and all results are acknowledged."""

        wanted = self.jobs if jobs is None else jobs
        row: list[str] = []

        def at_rest() -> bool:
            self.check_workers()
            row[:] = self.session.rows(PROGRESS)[0]
            return int(row[0]) >= wanted and int(row[1]) == 0

        try:
            until("every result is acknowledged", at_rest, 60, every=0.02)
        except Failure as failure:
            raise Failure(f"{failure}: {row[0]} of {wanted} jobs have ended, {row[1]} results wait") from failure

    def finish(self) -> dict:
        """Ends the count. Times are the caller's, from the records on the topic."""
        begin, end = self.observation, self._counters()
        # What was done before the first look is in the figures of the start, not in these.
        jobs = self.jobs - begin.results_at_begin
        switches = sum(proc.context_switches(worker.pid) for worker in self.workers) - begin.switches
        peak = sum(proc.memory_kb(worker.pid)[1] for worker in self.workers)
        return {
            "counted_jobs": jobs,
            "cpu_us_per_job": {part: round((end[part] - begin.cpu_us[part]) / jobs, 2) for part in PARTS},
            "context_switches_per_job": round(switches / jobs, 3),
            "wal_bytes_per_job": round((self._wal() - begin.wal_bytes) / jobs, 1),
            "worker_peak_rss_mb": round(peak / 1024, 1),
            "worker_threads": sum(proc.threads(worker.pid) for worker in self.workers),
            "rss_mb_over_time": [(round(at / 1000, 2), round(kb / 1024, 1)) for at, kb in begin.samples],
        }


class StatementCounts:
    """What the worker's sessions asked of the server, by pg_stat_statements and the database's own counters."""

    def __init__(self, stage: Stage, installation: Installation):
        self.stage, self.database = stage, installation.name
        with stage.postgres.session("postgres") as session:
            if stage.postgres.has_statements:
                session.ask("select pg_stat_statements_reset()")
            self.before = self._commits(session)

    def _commits(self, session) -> int:
        return session.number(f"select xact_commit from pg_stat_database where datname = '{self.database}'")

    def finish(self, jobs: int, asked_by_us: int) -> dict:
        """Call it when the workers have ended: their sessions hand over their counts then."""
        with self.stage.postgres.session("postgres") as session:
            commits = self._commits(session) - self.before - asked_by_us
            counts: dict = {"commits_per_1000_jobs": round(commits * 1000 / jobs, 2)}
            if not self.stage.postgres.has_statements:
                return counts
            rows = session.rows(
                "select calls, rows, round(total_exec_time::numeric, 1), wal_bytes, "
                "regexp_replace(left(regexp_replace(query, '--[^\\n]*\\n', '', 'g'), 160), '\\s+', ' ', 'g') "
                "from pg_stat_statements where dbid = (select oid from pg_database where datname = "
                f"'{self.database}') and userid = 'usher'::regrole order by total_exec_time desc"
            )
        calls = sum(int(row[0]) for row in rows)
        counts["statements_per_1000_jobs"] = round(calls * 1000 / jobs, 2)
        counts["statements"] = [
            {
                "calls": int(row[0]),
                "rows_per_call": round(int(row[1]) / max(int(row[0]), 1), 1),
                "exec_us_per_job": round(float(row[2]) * 1000 / jobs, 2),
                "wal_bytes_per_job": round(int(row[3]) / jobs, 1),
                "text": row[4],
            }
            for row in rows[:12]
        ]
        return counts
