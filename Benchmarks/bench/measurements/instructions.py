"""Instructions that a worker takes for a job, in its own process and without the kernel's: a short run under callgrind.

Virtual machines seldom show the processor's counters; callgrind needs none. It shows a program one of a few kinds of
processor, by what the machine's can do, so that libraries may choose other code on a much older one; and none that hashes
by itself.
"""

from __future__ import annotations

import re
from pathlib import Path

from .. import processes
from ..bench import Bench, Subject
from ..processes import Failure
from ..report import table
from ..runs import Observer
from . import throughput

TITLE = "Instructions of the worker's own process (callgrind)"

# A slowed worker would store a backlog to wait and claim it later. So many at a time start at once, as they do where
# nothing is slowed.
WAVE = 250
# The first are not counted: everything is used for the first time.
WARM_UP = 3


def run(bench: Bench) -> dict:
    waves = 10 if bench.quick else 20
    return {
        subject.name: counted_run(bench, subject, waves, bench.out / f"{subject.name}.callgrind")
        for subject in bench.subjects
    }


def counted_run(bench: Bench, subject: Subject, waves: int, keep: Path | None = None) -> dict:
    """Works off waves of jobs under callgrind; `keep` gets what it counted, function by function."""
    topics = throughput.new_topics(bench.stage, "instructions", 16)
    installation = subject.install(bench.stage, topics.results, topics, in_flight=2 * WAVE)
    counts = installation.folder / "callgrind.out"
    installation.binary = _wrapped(installation.folder, subject.binary, counts)
    bench.stage.cashier.reset()
    try:
        with Observer(bench.stage, installation) as observer:
            _send(bench, topics.jobs[0][0], 0)
            worker = installation.start_worker()
            for wave in range(1, WARM_UP + waves):
                observer.await_results(WAVE * wave, within=120)
                if wave == WARM_UP:
                    processes.run(["callgrind_control", "--instr=on", worker.pid])
                _send(bench, topics.jobs[0][0], wave)
            observer.await_results(WAVE * (WARM_UP + waves), within=120)
        installation.stop_workers()
        throughput.check(bench.stage.kafka.read_back(topics.results), WAVE * (WARM_UP + waves))
        total = _total(counts)
        if keep:
            keep.write_bytes(counts.read_bytes())
    finally:
        installation.remove()
    return {"counted_jobs": WAVE * waves, "instructions_per_job": round(total / (WAVE * waves))}


def _send(bench: Bench, topic: str, wave: int) -> None:
    bench.stage.kafka.preload(topic, WAVE, f"wave-{wave}")


def _wrapped(folder: Path, binary: Path, counts: Path) -> Path:
    wrapper = folder / "counted"
    callgrind = f'valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="{counts}"'
    wrapper.write_text(f'#!/bin/sh\nexec {callgrind} "{binary}" "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def _total(counts: Path) -> int:
    try:
        found = re.search(r"^(?:summary|totals): (\d+)", counts.read_text(), re.MULTILINE)
    except FileNotFoundError:
        raise Failure(f"callgrind left no {counts.name}: the worker did not end by itself") from None
    # callgrind_control ends with 0 also when it reached nobody.
    if not found or int(found[1]) == 0:
        raise Failure("callgrind counted nothing: callgrind_control --instr=on did not reach the worker")
    return int(found[1])


def show(found: dict) -> str:
    rows = [[name, each["instructions_per_job"], each["counted_jobs"]] for name, each in found.items()]
    return table(["", "instructions/job", "jobs"], rows)
