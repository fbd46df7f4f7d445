"""What a job costs when the tables are full of others: finished ones, and ones that wait for another day."""

from __future__ import annotations

import time

from ..bench import Bench, Subject
from ..processes import run as run_program
from ..report import table
from ..stage import SOURCES
from ..subject import Installation, Topics
from . import throughput

TITLE = "Cost per job by the number of rows in the tables"
# Finished and waiting rows of each database.
SIZES = [(10_000, 0), (1_000_000, 0), (5_000_000, 0), (5_000_000, 1_000_000)]
QUICK_SIZES = [(10_000, 0), (200_000, 0), (200_000, 100_000)]


def run(bench: Bench) -> dict:
    # Filled as it goes: where a later run fails, what the earlier ones told is in the result's file all the same.
    found: dict[str, list[dict]] = {}
    bench.found["rows"] = found
    for subject in bench.subjects:
        found[subject.name] = []
        _measure(bench, subject, found[subject.name])
    return found


def _measure(bench: Bench, subject: Subject, found: list[dict]) -> None:
    jobs = 10_000 if bench.quick else 50_000
    databases: list[tuple[Topics, Installation]] = []
    try:
        for finished, waiting in QUICK_SIZES if bench.quick else SIZES:
            topics = throughput.new_topics(bench.stage, "rows", 64)
            databases.append((topics, subject.install(bench.stage, topics.results, topics)))
            began = time.monotonic()
            _fill(bench, databases[-1][1], finished, waiting)
            seconds = round(time.monotonic() - began, 1)
            found.append({"finished": finished, "waiting": waiting, "fill_seconds": seconds, "runs": []})
            bench.note(f"{subject.name}: {finished:,} finished and {waiting:,} waiting rows, filled in {seconds} s")
        # In turn, so that a busy minute of the machine's falls on all of them.
        for number in range(bench.runs):
            for size, (topics, installation) in zip(found, databases):
                bench.stage.kafka.preload(topics.jobs[0][0], jobs, f"run-{number}")
                size["runs"].append(throughput.work_off(bench.stage, installation, jobs, earlier=number * jobs))
                size["runs"][-1].pop("rss_mb_over_time")
                size["summary"] = throughput.summary(size["runs"])
                bench.note(
                    f"run {number + 1}, {subject.name}, {size['finished']:,} finished, {size['waiting']:,} waiting: "
                    f"CPU µs per job: {size['runs'][-1]['cpu_us_per_job']}"
                )
    finally:
        for _, installation in databases:
            installation.remove()


def _fill(bench: Bench, installation: Installation, finished: int, waiting: int) -> None:
    run_program(
        bench.stage.psql(installation.name)
        + ["-v", f"finished={finished}", "-v", f"waiting={waiting}", "-f", str(SOURCES / "sql/prefill.sql")],
        within=1800,
    )


def show(found: dict) -> str:
    rows = [
        [
            name,
            each["finished"],
            each["waiting"],
            each["summary"]["jobs_per_second"],
            *each["summary"]["cpu_us_per_job"].values(),
            each["summary"]["cpu_us_per_job_all"],
        ]
        for name, sizes in found.items()
        for each in sizes
        if "summary" in each
    ]
    headers = ["", "finished rows at first", "waiting rows", "jobs/s"]
    headers += [*(f"{part} µs" for part in throughput.PARTS), "all µs"]
    return table(headers, rows)
