"""How often a worker asks for memory, per job: a short run of its own with a counting allocator.

The counts of statements and bytes of WAL of the same run ride along: together they are the budgets' figures.
"""

from __future__ import annotations

import struct
from pathlib import Path

from ..bench import Bench, Subject
from ..report import table
from ..runs import Observer, StatementCounts
from . import throughput

COUNTS = ("statements_per_batch", "commits_per_batch", "statements_per_1000_jobs", "commits_per_1000_jobs")
TITLE = "Allocations (malloc, calloc, realloc, …) of the worker"


def run(bench: Bench) -> dict:
    # Fewer say little: a worker's start, and what is under way at the first count, would be most of it.
    jobs = 20_000 if bench.quick else 40_000
    return {subject.name: counted_run(bench, subject, jobs, 64) for subject in bench.subjects}


def counted_run(bench: Bench, subject: Subject, jobs: int, partitions: int) -> dict:
    """Works off a backlog with the allocator that counts; allocations are counted from 20 % on, without the start."""
    topics = throughput.new_topics(bench.stage, "allocations", partitions)
    bench.stage.kafka.preload(topics.jobs[0][0], jobs, "campaign-2026")
    installation = subject.install(bench.stage, topics.results, topics)
    counts = installation.folder / "counts"
    bench.stage.cashier.reset()
    statements = StatementCounts(bench.stage, installation)
    try:
        with Observer(bench.stage, installation) as observer:
            installation.start_worker(
                variables={
                    "LD_PRELOAD": str(bench.stage.tools / "count_malloc.so"),
                    "COUNT_MALLOC": str(counts),
                }
            )
            observer.await_begin()
            observer.await_results(jobs // 5, within=60)
            results, (calls, asked) = observer.results(), _read(counts)
            observer.await_results(jobs, within=60 + jobs / 200)
            observer.await_rest(jobs)
            calls_after, asked_after = _read(counts)
            wal, asked_by_us = observer.finish(jobs)["wal_bytes_per_job"], observer.session.asked
        installation.stop_workers()
        counted = statements.finish(jobs, asked_by_us)
        throughput.check(bench.stage.kafka.read_back(topics.results), jobs)
    finally:
        installation.remove()
    done = jobs - results
    return {
        "counted_jobs": done,
        "allocations_per_job": round((calls_after - calls) / done, 2),
        "allocated_bytes_per_job": round((asked_after - asked) / done),
        "wal_bytes_per_job": wal,
    } | {name: counted[name] for name in COUNTS if name in counted}


def _read(counts: Path) -> tuple[int, int]:
    calls, asked = struct.unpack("=QQ", counts.read_bytes())
    return calls, asked


def show(found: dict) -> str:
    rows = [[name, each["allocations_per_job"], each["allocated_bytes_per_job"]] for name, each in found.items()]
    return table(["", "allocations/job", "bytes asked for/job"], rows)
