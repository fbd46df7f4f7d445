"""The command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

from . import kafka, machine, plots, report, rival
from .bench import Bench, Subject
from .measurements import (
    allocations,
    fullness,
    instructions,
    latency,
    limit,
    mixed,
    pause,
    rows,
    start,
    throughput,
    workers3,
)
from .processes import Failure
from .stage import Stage

MEASUREMENTS: dict[str, tuple[ModuleType, dict]] = {
    "throughput": (throughput, {}),
    "partitions16": (throughput, {"partitions": 16}),
    "random-ids": (throughput, {"ids": "random"}),
    "latency": (latency, {}),
    "fullness": (fullness, {}),
    "mixed": (mixed, {}),
    "mixed-rare": (mixed, {"every_ms": 3_000}),
    "mixed-stored": (mixed, {"is_stored": True}),
    "pause": (pause, {}),
    "workers3": (workers3, {}),
    "start": (start, {}),
    "rows": (rows, {}),
    "allocations": (allocations, {}),
    "instructions": (instructions, {}),
    "limit": (limit, {}),
}
QUICK = ("throughput", "latency", "fullness", "mixed", "start", "allocations", "limit")
WHAT = {
    "throughput": "jobs/s from a backlog on 64 partitions, and the CPU of each part per job",
    "partitions16": "the same on 16 partitions",
    "random-ids": "the same with order ids in no order",
    "latency": "at rest, at 10, 50 and 80 % of the throughput, and with a provider that takes 200 ms",
    "fullness": "how full 500 calls in flight are kept",
    "mixed": "an agent's job every 100 ms beside a campaign of a million",
    "mixed-rare": "one every three seconds instead",
    "mixed-stored": "one every 100 ms beside a campaign of a million that waits in the store",
    "pause": "the worker away for 10 s, and how long until nobody notices any more",
    "workers3": "three workers against one",
    "start": "from the program's start to its first job",
    "rows": "the cost per job with up to five million rows in the tables",
    "allocations": "allocations, statements and WAL per job: the budgets' figures",
    "instructions": "instructions per job, under callgrind: another of them",
    "limit": "the same SQL, HTTP and Kafka operations alone in C, and how near the worker comes to their sum",
}
EPILOG = """
Each worker of several --usher takes its turn in each run, on the same broker and database server. A figure counts only
when every job has one opened result on the results topic: it is read back and counted.
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    names = "\n".join(f"  {name:<13} {what}" for name, what in WHAT.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=f"Measures Usher on this machine.\n\nmeasurements:\n{names}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="small and short, two minutes on two cores: " + ", ".join(QUICK)
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", default=[], choices=MEASUREMENTS, help="only these measurements"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="of throughput (default 5, quick 1)")
    parser.add_argument("--jobs", type=int, metavar="N", help="in the backlog (default 200000, quick 20000)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="for result.json and the plots (default .build/bench-results/DATE)"
    )
    parser.add_argument(
        "--usher",
        action="append",
        metavar="[NAME=]PATH",
        default=[],
        help="a release build to measure, instead of building this one; may be repeated",
    )
    parser.add_argument(
        "--rival",
        nargs="?",
        type=Path,
        const=rival.DEFAULT_FOLDER,
        metavar="DIR",
        help="measure the workers in Python too (default: those of Benchmarks/rival)",
    )
    parser.add_argument(
        "--rival-http", choices=rival.RIVALS, help="only the rival with this HTTP client (default: both, side by side)"
    )
    parser.add_argument(
        "--rival-processes", type=int, metavar="N", help="of a rival (default: 1 or 2, whichever is faster here)"
    )
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", default=[], help="a setting of the workers'")
    parser.add_argument("--tools", type=Path, default=Path("/tmp"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.rival and (options.rival_http or options.rival_processes):
        parser.error("--rival-http and --rival-processes need --rival")
    return options


def subjects(words: list[str], settings: list[str]) -> list[Subject]:
    found: list[Subject] = []
    for number, word in enumerate(words):
        name, separator, path = word.rpartition("=")
        if not separator:
            name = "usher" if len(words) == 1 else f"usher-{number + 1}"
        if not os.access(path, os.X_OK):
            raise Failure(f"--usher {word}: there is no program {path}")
        found.append(Subject(name, Path(path).resolve(), settings))
    return found


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Beside the build: it is not committed, and to be seen from outside where this runs in a root of its own.
    out = options.out or options.tools.parent / "bench-results" / time.strftime("%Y%m%d-%H%M%S")
    try:
        kafka.home()
        chosen = subjects(options.usher, options.set)
        rivals: list[rival.Rival] = []
        if options.rival:
            environment = options.tools.resolve().parent / "bench-rival"
            rivals = rival.find(options.rival.resolve(), environment, options.rival_processes, options.rival_http)
        out.mkdir(parents=True, exist_ok=True)
        with Stage(options.tools.resolve()) as stage:
            return _measure(
                options,
                Bench(
                    stage=stage,
                    subjects=chosen,
                    quick=options.quick,
                    runs=options.runs or (1 if options.quick else 5),
                    jobs=options.jobs or (20_000 if options.quick else 200_000),
                    out=out.resolve(),
                    found={},
                    rivals=rivals,
                ),
            )
    except Failure as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _measure(options: argparse.Namespace, bench: Bench) -> int:
    began = time.monotonic()
    result: dict = {"machine": machine.facts(bench.stage, [subject.binary for subject in bench.subjects])}
    print(machine.text(result["machine"]), flush=True)
    result["settings"] = {"quick": bench.quick, "runs": bench.runs, "jobs": bench.jobs, "workers": options.set}
    failures: dict[str, str] = {}
    bench.note("warming up the database server and the broker")
    bench.stage.postgres.age_wal(32 if bench.quick else 256)
    throughput.warm_up(bench)
    chosen = options.only or (QUICK if options.quick else MEASUREMENTS)
    # What others build on comes first, whatever the order asked for.
    for name in [name for name in MEASUREMENTS if name in chosen]:
        module, arguments = MEASUREMENTS[name]
        try:
            bench.found[name] = module.run(bench, **arguments)
        except Failure as failure:
            # The others may still tell something; that this one did not is in the file and in the exit code.
            failures[name] = str(failure)
            partial = f"\n{module.show(bench.found[name])}" if any(bench.found.get(name, {}).values()) else ""
            report.say(f"{name}: FAILED", f"  {failure}{partial}")
            continue
        finally:
            report.write_json(bench.out / "result.json", result | {"found": bench.found, "failed": failures})
        report.say(f"{name}: {module.TITLE}", module.show(bench.found[name]))
    print(f"\nin {time.monotonic() - began:.0f} s; {bench.out}:")
    print("  result.json " + " ".join(path.name for path in plots.draw(bench.found, bench.out)))
    if failures:
        print(f"failed: {', '.join(failures)}", file=sys.stderr)
    return 1 if failures else 0
