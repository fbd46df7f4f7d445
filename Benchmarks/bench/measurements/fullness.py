"""How full the calls in flight are kept while there is a backlog: the stub counts its open requests over time."""

from __future__ import annotations

import time

from ..bench import Bench, Subject
from ..processes import until
from ..report import table
from ..runs import Observer
from . import throughput

TITLE = "Calls in flight with a backlog, provider at 200 ms, limit 500"
LIMIT, DELAY_MS = 500, 200


def run(bench: Bench) -> dict:
    return {subject.name: _measure(bench, subject) for subject in bench.subjects}


def _measure(bench: Bench, subject: Subject) -> dict:
    seconds = 4 if bench.quick else 15
    topics = throughput.new_topics(bench.stage, "fullness", 64)
    # More than can be worked off in the time.
    bench.stage.kafka.preload(topics.jobs[0][0], LIMIT * 1000 // DELAY_MS * (seconds + 6), "full")
    installation = subject.install(bench.stage, topics.results, topics, LIMIT)
    try:
        bench.stage.cashier.reset(DELAY_MS)
        with Observer(bench.stage, installation) as observer:
            installation.start_worker()
            observer.await_begin()
            until("calls are open", lambda: bench.stage.cashier.stats()["open"] > 0)
            time.sleep(1)
            bench.stage.cashier.reset(DELAY_MS)
            time.sleep(seconds)
            stats = bench.stage.cashier.stats()
            observer.check_workers()
    finally:
        installation.remove()
        bench.stage.cashier.reset()
    return judge(stats)


def judge(stats: dict) -> dict:
    elapsed, by_tens = stats["elapsed_us"], stats["time_by_open_in_tens_us"]
    below = {share: sum(by_tens[: LIMIT * share // 1000]) / elapsed for share in (50, 90)}
    return {
        "limit": LIMIT,
        "provider_ms": DELAY_MS,
        "calls_per_second": round(stats["requests"] * 1e6 / elapsed),
        "mean_open": round(stats["open_time_us"] / elapsed, 1),
        "fullness_percent": round(stats["open_time_us"] / elapsed / LIMIT * 100, 1),
        "time_below_half_percent": round(below[50] * 100, 1),
        "time_below_90_percent_percent": round(below[90] * 100, 1),
        "time_by_open_in_tens_us": by_tens,
    }


def show(found: dict) -> str:
    rows = [
        [
            name,
            each["calls_per_second"],
            each["mean_open"],
            each["fullness_percent"],
            each["time_below_90_percent_percent"],
            each["time_below_half_percent"],
        ]
        for name, each in found.items()
    ]
    return table(["", "calls/s", "mean open", "full %", "% of time < 90 % full", "% of time < half full"], rows)
