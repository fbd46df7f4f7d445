"""An agent's job now and then, on a topic and lane of its own, while a campaign's backlog is worked off."""

from __future__ import annotations

import time

from ..bench import Bench, Subject
from ..paced import added, finish_producer, read_times, start_producer
from ..processes import Failure, until
from ..report import table
from ..runs import Observer
from ..subject import Installation
from . import throughput

TITLE = "An interactive job now and then beside a campaign's backlog: added ms"


def run(bench: Bench, backlog: int = 1_000_000, is_stored: bool = False, every_ms: int = 100) -> dict:
    """The backlog waits on its topic, or in the store: as a campaign does whose time comes, or after a hold."""
    if bench.quick:
        backlog = min(backlog, 100_000)
    return {subject.name: _measure(bench, subject, backlog, is_stored, every_ms) for subject in bench.subjects}


def _measure(bench: Bench, subject: Subject, backlog: int, is_stored: bool, every_ms: int) -> dict:
    agents = max(6_000, 3 * every_ms) // every_ms if bench.quick else max(60_000, 30 * every_ms) // every_ms
    seconds = agents * every_ms / 1000
    topics = throughput.new_topics(bench.stage, "mixed", 64, lanes=("interactive", "campaign"))
    interactive, bulk = topics.jobs[0][0], topics.jobs[1][0]
    bench.stage.kafka.preload(bulk, backlog, "bulk", campaign="autumn")
    installation = subject.install(bench.stage, topics.results, topics)
    try:
        if is_stored:
            _store(installation, backlog)
        # The backlog was put there long ago.
        bench.stage.come_to_rest()
        bench.stage.cashier.reset()
        with Observer(bench.stage, installation) as observer:
            installation.start_worker()
            if is_stored:
                installation.run("account", "release", "main", "--reason", "the benchmark")
                observer.begin_to_count()
            else:
                observer.await_begin()
            # The worker's start is a measurement of its own.
            observer.await_results(1000, within=60)
            results, began = observer.results(), time.monotonic()
            producer = start_producer(bench, interactive, agents, "agent", every=every_ms)

            def has_ended() -> bool:
                observer.check_workers()
                observer.sample()
                return producer.has_ended

            until("the agents' jobs are sent", has_ended, within=seconds * 2 + 30, every=0.1)
            finish_producer(producer, 1)
            through = observer.results()
            rate = (through - results) / (time.monotonic() - began)
            # Agents' jobs among the results make no difference to that.
            if through >= backlog:
                raise Failure(f"the backlog of {backlog:,} was through before the agents: at {rate:,.0f} jobs/s")
            until(
                "the last agents have their results",
                lambda: len(read_times(bench, installation, interactive)) >= agents,
                within=60,
                every=2,
            )
            counted = observer.finish(max(observer.results(), 1))
        times = read_times(bench, installation, interactive)
    finally:
        installation.remove()
    return {
        "backlog": backlog,
        "every_ms": every_ms,
        "jobs_per_second": round(rate),
        "added_ms": added(times),
        "worker_peak_rss_mb": counted["worker_peak_rss_mb"],
        "rss_mb_over_time": counted["rss_mb_over_time"],
    }


def _store(installation: Installation, backlog: int) -> None:
    installation.run("account", "hold", "main", "--reason", "the benchmark")
    installation.start_worker()
    with Observer(installation.stage, installation) as observer:

        def is_stored() -> bool:
            observer.check_workers()
            return observer.session.number(installation.waiting) == backlog

        until("the backlog is stored", is_stored, within=60 + backlog / 1000, every=1)
    installation.stop_workers()


def show(found: dict) -> str:
    rows = [
        [name, each["every_ms"], each["added_ms"]["count"], each["backlog"], each["jobs_per_second"]]
        + [each["added_ms"][key] for key in ("p50", "p90", "p99", "max")]
        + [each["worker_peak_rss_mb"]]
        for name, each in found.items()
    ]
    return table(["", "every ms", "agents", "backlog", "jobs/s", "p50", "p90", "p99", "max", "peak RSS MB"], rows)
