"""Three workers against one, on the same backlog and the same machine."""

from __future__ import annotations

from ..bench import Bench
from ..report import table
from . import throughput

TITLE = "One worker and three"


def run(bench: Bench) -> dict:
    found: dict = {}
    for subject in bench.subjects:
        for workers in (1, 3):
            each = throughput.one_run(bench.stage, subject, bench.jobs, 64, workers=workers)
            found.setdefault(subject.name, {})[str(workers)] = each
    return found


def show(found: dict) -> str:
    rows = []
    for name, by_count in found.items():
        for count, each in by_count.items():
            cost = each["cpu_us_per_job"]
            rows.append(
                [
                    f"{name}, {count}",
                    each["jobs_per_second"],
                    *cost.values(),
                    sum(cost.values()),
                    each["worker_peak_rss_mb"],
                ]
            )
    headers = ["workers", "jobs/s", *(f"{part} µs" for part in throughput.PARTS), "all µs CPU per job", "RSS MB, all"]
    return table(headers, rows)
