"""The worker is away for ten seconds while jobs go on coming at half its throughput."""

from __future__ import annotations

import time
from bisect import bisect_right

from ..bench import Bench, Subject
from ..paced import finish_producer, percentiles, read_times, start_producer, warm_up
from ..report import table
from ..runs import Observer
from . import throughput
from .latency import known_throughput

TITLE = "Catching up: worker away for 10 s at half its throughput"
BEFORE, AWAY, AFTER = 6, 10, 24
WINDOW_MS = 250


def run(bench: Bench) -> dict:
    return {subject.name: _measure(bench, subject) for subject in bench.subjects}


def _measure(bench: Bench, subject: Subject) -> dict:
    rate = max(20, known_throughput(bench, subject) // 2)
    jobs = rate * (BEFORE + AWAY + AFTER)
    topics = throughput.new_topics(bench.stage, "pause", 64)
    installation = subject.install(bench.stage, topics.results, topics)
    bench.stage.cashier.reset()
    try:
        warm_up(bench, installation)
        with Observer(bench.stage, installation) as observer:
            began = time.time() * 1000
            producer = start_producer(bench, topics.jobs[0][0], jobs, "pause", rate=rate)
            time.sleep(BEFORE)
            stopped = time.time() * 1000
            installation.stop_workers()
            time.sleep(max(0.0, AWAY - (time.time() * 1000 - stopped) / 1000))
            restarted = time.time() * 1000
            installation.start_worker(2)
            observer.await_results(jobs, within=AFTER * 6)
            finish_producer(producer, 60)
        times = read_times(bench, installation, topics.jobs[0][0])
    finally:
        installation.remove()
    return {"rate": rate} | judge([pair for pair in times if pair[0] >= began], stopped, restarted, rate)


def judge(times: list[tuple[int, int]], stopped: float, restarted: float, rate: int) -> dict:
    """When the backlog was gone, and from when on p99 was what it had been before."""
    # The last second before the stop and the first of all are not "before": they are a start and an end.
    normal = percentiles([result - due for due, result in times if due < stopped - 1000])
    dues = sorted(due for due, _ in times)
    results = sorted(result for _, result in times)
    backlog = bisect_right(dues, restarted) - bisect_right(results, restarted)
    if normal["p99"] > 1000:
        # It did not keep up before the pause either: there is nothing to come back to.
        return {
            "normal_p99_ms": normal["p99"],
            "backlog_at_restart": backlog,
            "backlog_gone_s": None,
            "p99_usual_again_s": None,
        }
    last = dues[-1]
    gone = None
    moment = restarted
    while moment < last and gone is None:
        waiting = bisect_right(dues, moment) - bisect_right(results, moment)
        # What is under way at this rate within the usual p99 is no backlog.
        if waiting <= max(5.0, rate * (normal["p99"] + 20) / 1000):
            gone = (moment - restarted) / 1000
        moment += 10
    windows: dict[int, list[float]] = {}
    for due, result in times:
        if due >= restarted:
            windows.setdefault(int(due - restarted) // WINDOW_MS, []).append(result - due)
    limit = max(2 * normal["p99"], normal["p99"] + 20)
    slow = [window for window, values in windows.items() if percentiles(values)["p99"] > limit]
    usual = (max(slow) + 1) * WINDOW_MS / 1000 if slow else 0.0
    return {
        "normal_p99_ms": normal["p99"],
        "backlog_at_restart": backlog,
        "backlog_gone_s": gone,
        "p99_usual_again_s": usual if usual < (last - restarted) / 1000 else None,
    }


def show(found: dict) -> str:
    keys = ("rate", "backlog_at_restart", "backlog_gone_s", "p99_usual_again_s", "normal_p99_ms")
    headers = ["", "jobs/s", "backlog at restart", "backlog gone after s", "p99 usual again after s", "usual p99 ms"]
    return table(headers, [[name, *(each[key] for key in keys)] for name, each in found.items()])
