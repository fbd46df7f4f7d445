"""What a job costs when the tables are full of others: finished ones, and ones that wait for another day."""

from __future__ import annotations

import time

from ..bench import Bench, Subject
from ..processes import run as run_program
from ..report import table
from ..stage import SOURCES
from ..subject import Installation
from . import throughput

TITLE = "Cost per job by the number of rows in the tables"
# Finished and waiting rows at each step; a step adds what is missing.
STEPS = [(10_000, 0), (1_000_000, 0), (5_000_000, 0), (5_000_000, 1_000_000)]
QUICK_STEPS = [(10_000, 0), (200_000, 0), (200_000, 100_000)]


def run(bench: Bench) -> dict:
    # Filled as it goes: where a larger table fails, what the smaller ones told is in the result's file all the same.
    found: dict[str, list[dict]] = {}
    bench.found["rows"] = found
    for subject in bench.subjects:
        found[subject.name] = []
        _measure(bench, subject, found[subject.name])
    return found


def _measure(bench: Bench, subject: Subject, found: list[dict]) -> None:
    jobs = 10_000 if bench.quick else 50_000
    topics = throughput.new_topics(bench.stage, "rows", 64)
    installation = subject.install(bench.stage, topics.results, topics)
    finished, waiting = 0, 0
    try:
        for step, (want_finished, want_waiting) in enumerate(QUICK_STEPS if bench.quick else STEPS):
            # The jobs of earlier steps are finished rows too.
            began = time.monotonic()
            _fill(bench, installation, want_finished - finished - step * jobs, want_waiting - waiting)
            filled = round(time.monotonic() - began, 1)
            finished, waiting = max(finished, want_finished - step * jobs), want_waiting
            bench.stage.kafka.preload(topics.jobs[0][0], jobs, f"step-{step}")
            each = throughput.work_off(bench.stage, installation, jobs, earlier=step * jobs)
            each.pop("rss_mb_over_time")
            bench.note(
                f"{subject.name}, {want_finished:,} finished, {want_waiting:,} waiting (filled in {filled:.0f} s): "
                f"{each['jobs_per_second']:,} jobs/s; CPU µs per job: {each['cpu_us_per_job']}"
            )
            found.append({"finished": want_finished, "waiting": want_waiting, "fill_seconds": filled} | each)
    finally:
        installation.remove()


def _fill(bench: Bench, installation: Installation, finished: int, waiting: int) -> None:
    run_program(
        bench.stage.psql(installation.name)
        + [
            "-v",
            f"finished={max(finished, 0)}",
            "-v",
            f"waiting={max(waiting, 0)}",
            "-f",
            str(SOURCES / "sql/prefill.sql"),
        ],
        within=1800,
    )


def show(found: dict) -> str:
    rows = [
        [
            name,
            each["finished"],
            each["waiting"],
            each["jobs_per_second"],
            *each["cpu_us_per_job"].values(),
            sum(each["cpu_us_per_job"].values()),
        ]
        for name, steps in found.items()
        for each in steps
    ]
    headers = ["", "finished rows", "waiting rows", "jobs/s", *(f"{part} µs" for part in throughput.PARTS), "all µs"]
    return table(headers, rows)
