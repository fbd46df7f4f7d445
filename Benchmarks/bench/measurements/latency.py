"""Added latency at rest and under load: from a job's due time to its result on the topic, less the provider's time."""

from __future__ import annotations

from ..bench import Bench, Subject
from ..paced import Phase, added, of_phase, read_times, run_phase, warm_up
from ..report import table
from ..subject import Installation
from . import throughput

TITLE = "Added latency (job due → result on the topic, less the provider's time), ms"
PARTITIONS = 64
# What the documentation advises: a produce request is for one partition.
RESULT_PARTITIONS = 4
SLOW_MS = 200
IN_FLIGHT = 500
# The broker counts as warm when its compiler takes no more of a core.
COMPILER_SHARE = 0.03


def run(bench: Bench) -> dict:
    return {subject.name: _measure(bench, subject) for subject in bench.subjects}


def _measure(bench: Bench, subject: Subject) -> dict:
    capacity = known_throughput(bench, subject)
    seconds, singles = (5, 50) if bench.quick else (20, 200)
    # Ten a second: each job finds the system idle.
    phases = [Phase("single", 10, singles)]
    for percent in (10, 50, 80):
        rate = max(10, capacity * percent // 100)
        phases.append(Phase(f"load-{percent}", rate, rate * seconds))
    phases.append(Phase("slow-single", 10, singles // 2, SLOW_MS))
    # No more than the calls in flight allow.
    rate = min(capacity // 2, IN_FLIGHT * 1000 // SLOW_MS // 2)
    phases.append(Phase("slow-load", rate, rate * seconds, SLOW_MS))
    topics = throughput.new_topics(bench.stage, "latency", PARTITIONS, results=RESULT_PARTITIONS)
    installation = subject.install(bench.stage, topics.results, topics, IN_FLIGHT)
    try:
        warm_up(bench, installation)
        _warm_broker(bench, installation, max(10, capacity // 2))
        for phase in phases:
            run_phase(bench, installation, phase)
        times = read_times(bench, installation, topics.jobs[0][0])
    finally:
        installation.remove()
    return {
        phase.name: {
            "rate": phase.rate,
            "provider_ms": phase.delay_ms,
            "producer_lateness_ms": phase.lateness_ms,
            "added_ms": added(of_phase(times, phase), phase.delay_ms),
        }
        for phase in phases
    }


def _warm_broker(bench: Bench, installation: Installation, rate: int) -> None:
    """Half load that is not looked at, until the broker has compiled what small requests need.

    It is a program that compiles itself while it runs; one that has run for a day has that behind it.
    """
    seconds, most = (8, 1) if bench.quick else (10, 15)
    share = 1.0
    for _ in range(most):
        before = bench.stage.kafka.compiler_us()
        run_phase(bench, installation, Phase("warm-up", rate, rate * seconds))
        share = (bench.stage.kafka.compiler_us() - before) / 1e6 / seconds
        if share < COMPILER_SHARE:
            return
    if not bench.quick:
        bench.note(f"after {most * seconds} s at half load the broker still compiles: {share * 100:.0f} % of a core")


def known_throughput(bench: Bench, subject: Subject) -> int:
    """What an earlier measurement found, or a short run now."""
    if "throughput" in bench.found:
        return int(bench.found["throughput"][subject.name]["summary"]["jobs_per_second"]["median"])
    bench.note(f"measuring {subject.name}'s throughput, to know what half of it is")
    return throughput.one_run(bench.stage, subject, max(20_000, bench.jobs // 4), PARTITIONS)["jobs_per_second"]


def show(found: dict) -> str:
    rows = []
    for name, phases in found.items():
        for phase, each in phases.items():
            ms = each["added_ms"]
            rows.append(
                [f"{name} {phase}", each["rate"], each["provider_ms"], ms["count"]]
                + [ms[key] for key in ("p50", "p90", "p99", "max")]
            )
    return table(["", "jobs/s", "provider ms", "jobs", "p50", "p90", "p99", "max"], rows)
