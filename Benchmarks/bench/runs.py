"""One run of workers over a known number of jobs, with everything about it that can be counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from . import proc
from .processes import Child, Failure, last_words, until
from .stage import Stage
from .subject import Installation

PARTS = ("worker", "postgres", "broker", "stub")
# What a batch cannot do without, in Usher's tables: jobs are taken in, they end, and what was published is forgotten.
# Every batch size has these three; what is asked besides shows in statements for each three of them.
STEPS = r"INSERT INTO usher\.(job|result) \(|DELETE FROM usher\.outbox"
STEPS_OF_A_BATCH = 3


@dataclass
class Begin:
    """The counters when the first job was accepted."""

    at_ms: float = 0
    cpu_us: dict[str, int] = field(default_factory=dict)
    threads_us: dict[str, Counter] = field(default_factory=dict)
    switches: int = 0
    wal_bytes: int = 0
    results: int = 0


class Observer:
    """Looks at the workers of an installation from the first accepted job to the last acknowledged result.

    Jobs and results that were there before are not counted: make it before the jobs can be accepted.
    """

    def __init__(self, stage: Stage, installation: Installation):
        self.stage, self.installation = stage, installation
        self.session = stage.postgres.session(installation.name)
        self.watch = stage.kafka.watch(installation.topics.results)
        self.begin = Begin()
        self.samples: list[tuple[float, int]] = []
        self.last_job_before = self.session.number(installation.last_job) if installation.last_job else 0
        self.results_before = self.watch.count()

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        self.watch.child.stop(9)

    @property
    def workers(self) -> list[Child]:
        return self.installation.workers

    @property
    def pids(self) -> list[int]:
        return [pid for worker in self.workers for pid in self.installation.processes_of(worker)]

    def check_workers(self) -> None:
        for worker in self.workers:
            if worker.has_ended:
                raise Failure(f"the worker ended with {worker.process.returncode}: {last_words(worker.log)}")

    def results(self) -> int:
        """Results since this observer was made."""
        return self.watch.count() - self.results_before

    def _has_begun(self) -> bool:
        self.check_workers()
        if self.installation.last_job:
            return self.session.number(self.installation.last_job) > self.last_job_before
        return self.results() > 0

    def await_begin(self, within: float = 60) -> None:
        """Returns when the first job is accepted, and begins to count."""
        until("the worker accepts a job", self._has_begun, within, every=0.005)
        self.begin_to_count()

    def begin_to_count(self) -> None:
        self.begin = Begin(
            at_ms=time.time() * 1000,
            cpu_us=self._cpu(),
            threads_us=self._threads(),
            switches=sum(proc.context_switches(pid) for pid in self.pids),
            wal_bytes=self._wal(),
            results=self.results(),
        )

    def _cpu(self) -> dict[str, int]:
        counters = self.stage.cpu()
        counters["worker"] = sum(proc.cpu_us(pid) for pid in self.pids)
        return counters

    def _threads(self) -> dict[str, Counter]:
        assert self.stage.kafka.broker
        of_workers: Counter = Counter()
        for pid in self.pids:
            of_workers.update(proc.cpu_by_thread(pid))
        return {"worker": of_workers, "broker": Counter(proc.cpu_by_thread(self.stage.kafka.broker.pid))}

    def _wal(self) -> int:
        return self.session.number("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")

    def sample(self) -> None:
        """Remembers how much memory the workers have now."""
        resident = sum(proc.memory_kb(pid)[0] for pid in self.pids)
        self.samples.append((time.time() * 1000 - self.begin.at_ms, resident))

    def await_results(self, count: int, within: float, meanwhile: Callable[[], None] | None = None) -> None:
        """Returns when that many results have come since this observer was made."""

        def there() -> bool:
            self.check_workers()
            self.sample()
            if meanwhile:
                meanwhile()
            return self.results() >= count

        # Seldom enough to cost the broker nothing; when the last result came is in its timestamp.
        until(f"{count} results are on the topic", there, within, every=0.25)

    def await_rest(self, jobs: int) -> None:
        """Returns when all jobs have ended and all results are acknowledged."""
        if not self.installation.progress:
            return
        question = self.installation.progress.replace(":before", str(self.last_job_before))
        row: list[str] = []

        def at_rest() -> bool:
            self.check_workers()
            row[:] = self.session.rows(question)[0]
            return int(row[0]) >= jobs and int(row[1]) == 0

        try:
            until("every result is acknowledged", at_rest, 60, every=0.02)
        except Failure as failure:
            raise Failure(f"{failure}: {row[0]} of {jobs} jobs have ended, {row[1]} results wait") from failure

    def finish(self, jobs: int) -> dict:
        """Ends the count over that many jobs. How long it took is in the records' timestamps, not here."""
        begin, cpu, threads = self.begin, self._cpu(), self._threads()
        # What was through before the first look cost nothing that was counted.
        jobs -= begin.results
        switches = sum(proc.context_switches(pid) for pid in self.pids) - begin.switches
        peak = sum(proc.memory_kb(pid)[1] for pid in self.pids)
        in_broker = threads["broker"] - begin.threads_us["broker"]
        compiling = proc.compiler_us(in_broker)
        return {
            "counted_jobs": jobs,
            "began_ms": round(begin.at_ms),
            "cpu_us_per_job": {part: round((cpu[part] - begin.cpu_us[part]) / jobs, 2) for part in PARTS},
            "broker_compiler_us_per_job": round(compiling / jobs, 2),
            "cpu_us_per_job_by_thread": {
                part: _most(threads[part] - begin.threads_us[part], jobs) for part in ("worker", "broker")
            },
            "context_switches_per_job": round(switches / jobs, 3),
            "wal_bytes_per_job": round((self._wal() - begin.wal_bytes) / jobs, 1),
            "worker_peak_rss_mb": round(peak / 1024, 1),
            "worker_threads": sum(proc.threads(pid) for pid in self.pids),
            "rss_mb_over_time": [(round(at / 1000, 2), round(kb / 1024, 1)) for at, kb in self.samples],
        }


def _most(spent: Counter, jobs: int) -> dict[str, float]:
    """The ten busiest threads, in microseconds per job."""
    return {name: round(us / jobs, 2) for name, us in spent.most_common(10)}


class StatementCounts:
    """What the workers' sessions asked of the server, by pg_stat_statements and the database's own counters."""

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
                f"select calls, rows, round(total_exec_time::numeric, 1), wal_bytes, query ~ '{STEPS}', "
                "regexp_replace(left(regexp_replace(query, '--[^\\n]*\\n', '', 'g'), 160), '\\s+', ' ', 'g') "
                "from pg_stat_statements where dbid = (select oid from pg_database where datname = "
                f"'{self.database}') and userid = 'usher'::regrole order by total_exec_time desc"
            )
        calls = sum(int(row[0]) for row in rows)
        counts["statements_per_1000_jobs"] = round(calls * 1000 / jobs, 2)
        if steps := sum(int(row[0]) for row in rows if row[4] == "t"):
            counts["statements_per_batch"] = round(STEPS_OF_A_BATCH * calls / steps, 2)
            counts["commits_per_batch"] = round(STEPS_OF_A_BATCH * commits / steps, 2)
        counts["statements"] = [
            {
                "calls": int(row[0]),
                "rows_per_call": round(int(row[1]) / max(int(row[0]), 1), 1),
                "exec_us_per_job": round(float(row[2]) * 1000 / jobs, 2),
                "wal_bytes_per_job": round(int(row[3]) / jobs, 1),
                "text": row[5],
            }
            for row in rows[:12]
        ]
        return counts
