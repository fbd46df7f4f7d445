"""Jobs that come at their own pace, and how long each took from its due time to its result."""

from __future__ import annotations

import json
import time
from array import array
from dataclasses import dataclass

from .bench import Bench
from .processes import Child, Failure, last_words
from .runs import Observer
from .subject import Installation

WARM_UP = 200


@dataclass
class Phase:
    """A stretch of time at one rate."""

    name: str
    rate: int
    jobs: int
    delay_ms: int = 0
    began_ms: int = 0
    ended_ms: int = 0
    lateness_ms: float = 0


def percentiles(values: list[float]) -> dict:
    """By nearest rank, in the unit given."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)

    return {"count": len(ordered), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": round(ordered[-1], 1)}


def start_producer(bench: Bench, topic: str, jobs: int, prefix: str, **pace: int) -> Child:
    """A producer that keeps to its times, `rate` a second or one `every` so many ms; its JSON is in its log."""
    command = bench.stage.kafka.producer(topic, jobs, prefix, **pace)
    return Child(command, bench.stage.folder / f"{bench.stage.new_name('producer')}.log")


def finish_producer(producer: Child, within: float) -> dict:
    if producer.process.wait(within) != 0:
        raise Failure(f"the producer failed: {last_words(producer.log)}")
    return json.loads(producer.log.read_text())


def warm_up(bench: Bench, installation: Installation) -> None:
    """Starts a worker and lets some jobs through, so that nobody waits for its start."""
    topic = installation.topics.jobs[0][0]
    with Observer(bench.stage, installation) as observer:
        installation.start_worker()
        bench.stage.kafka.preload(topic, WARM_UP, "warm")
        observer.await_results(WARM_UP, within=60)


def run_phase(bench: Bench, installation: Installation, phase: Phase) -> None:
    """Sends the phase's jobs and waits until all have their results."""
    bench.stage.come_to_rest()
    bench.stage.cashier.reset(phase.delay_ms)
    phase.began_ms = int(time.time() * 1000)
    with Observer(bench.stage, installation) as observer:
        prefix = bench.stage.new_name(phase.name)
        producer = start_producer(bench, installation.topics.jobs[0][0], phase.jobs, prefix, rate=phase.rate)
        seconds = phase.jobs / phase.rate
        observer.await_results(phase.jobs, within=seconds * 4 + 60)
        phase.lateness_ms = finish_producer(producer, 30)["worst_lateness_ms"]
    phase.ended_ms = int(time.time() * 1000)


def read_times(bench: Bench, installation: Installation, jobs_topic: str) -> list[tuple[int, int]]:
    """For each result of a job of that topic: when the job was due and when the result was there, in ms."""
    path = bench.stage.folder / f"{bench.stage.new_name('times')}.bin"
    found = bench.stage.kafka.read_back(installation.topics.results, jobs=jobs_topic, times=path)
    if set(found["outcomes"]) - {"opened"}:
        raise Failure(f"jobs ended otherwise than opened: {found['outcomes']}")
    numbers = array("q")
    numbers.frombytes(path.read_bytes())
    path.unlink()
    return list(zip(numbers[0::2], numbers[1::2]))


def of_phase(times: list[tuple[int, int]], phase: Phase) -> list[tuple[int, int]]:
    return [pair for pair in times if phase.began_ms <= pair[0] <= phase.ended_ms]


def added(times: list[tuple[int, int]], delay_ms: int = 0) -> dict:
    """Percentiles of what the worker added to the provider's own time, in ms."""
    return percentiles([result - due - delay_ms for due, result in times])
