"""From the start of the program to its first accepted job and its first result, with a new consumer group."""

from __future__ import annotations

import time
from statistics import median

from ..bench import Bench, Subject
from ..processes import until
from ..report import table
from ..runs import Observer
from . import throughput

TITLE = "Start of a worker with a new group, ms"


def run(bench: Bench) -> dict:
    times = 2 if bench.quick else 5
    found = {}
    for subject in bench.subjects:
        each = [_once(bench, subject) for _ in range(times)]
        found[subject.name] = {
            key: {"median": median(values), "min": min(values), "max": max(values)}
            for key, values in ((key, [one[key] for one in each]) for key in each[0])
        }
    return found


def _once(bench: Bench, subject: Subject) -> dict:
    topics = throughput.new_topics(bench.stage, "start", 64)
    bench.stage.kafka.preload(topics.jobs[0][0], 100, "start")
    installation = subject.install(bench.stage, topics.results, topics)
    bench.stage.cashier.reset()
    try:
        with Observer(bench.stage, installation) as observer:
            began = time.time() * 1000
            installation.start_worker()
            observer.await_begin()
            accepted = observer.begin.at_ms
            until("all have results", lambda: observer.results() >= 100)
            first = bench.stage.kafka.read_back(topics.results)["first_ms"]
    finally:
        installation.remove()
    return {"accepted_ms": round(accepted - began), "first_result_ms": round(first - began)}


def show(found: dict) -> str:
    rows = [[name, each["accepted_ms"], each["first_result_ms"]] for name, each in found.items()]
    return table(["", "first job accepted", "first result on the topic"], rows)
