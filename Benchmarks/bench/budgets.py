"""What a job may cost, in figures that do not depend on the machine's speed: `scripts/budgets`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from . import kafka
from .bench import Bench, Subject
from .measurements import allocations, instructions
from .processes import Failure
from .report import table
from .stage import SOURCES, Stage

FILE = SOURCES / "budgets.json"
# What a person can do about a figure that has grown.
ADVICE = {
    "instructions_per_job": "scripts/profile --instructions says which functions they are in",
    "allocations_per_job": "look for new arrays, closures and texts on a job's way through the worker",
    "allocated_bytes_per_job": "look for buffers that are made for each job, or grow by copying",
    "statements_per_batch": "look for a new statement on a batch's way, or one that runs for each job or partition",
    "commits_per_batch": "look for a new transaction on a batch's way, or one that runs for each job or partition",
    "statements_per_1000_jobs": "look for a statement that runs for each job, or for batches that have become small",
    "commits_per_1000_jobs": "look for a transaction that runs for each job, or for batches that have become small",
    "wal_bytes_per_job": "look for a new column, index or row version on a job's way through the database",
}


def measure(binary: Path, tools: Path, workload: dict) -> dict[str, float]:
    """The least of the runs: a busy machine makes batches smaller, and that only ever adds."""
    with Stage(tools) as stage:
        subject = Subject("usher", binary, [])
        bench = Bench(stage, [subject], quick=True, runs=1, jobs=workload["jobs"], out=stage.folder, found={})
        jobs, partitions = workload["jobs"], workload["partitions"]
        runs = [allocations.counted_run(bench, subject, jobs, partitions) for _ in range(workload["runs"])]
        counted = [instructions.counted_run(bench, subject, workload["waves"]) for _ in range(2)]
    least = {name: min(run[name] for run in runs) for name in ADVICE if name in runs[0]}
    return {"instructions_per_job": min(run["instructions_per_job"] for run in counted)} | least


def breaches(measured: dict[str, float], budgets: dict[str, dict]) -> list[str]:
    """One text for each figure above its budget: what, measured, budget, what to do."""
    found = []
    for name, value in measured.items():
        budget = budgets.get(name)
        if budget is None or value <= limit(budget):
            continue
        found.append(
            f"{name}: {value:g} is above {limit(budget):g} (budget {budget['budget']:g} + "
            f"{budget['tolerance_percent']:g} %): {ADVICE[name]}"
        )
    return found


def limit(budget: dict) -> float:
    return budget["budget"] * (1 + budget["tolerance_percent"] / 100)


def check(measured: dict[str, float], content: dict) -> int:
    budgets = content["budgets"]
    rows = [
        [
            name,
            float(value),
            float(budgets[name]["budget"]),
            float(budgets[name]["tolerance_percent"]),
            "ok" if value <= limit(budgets[name]) else "ABOVE",
        ]
        for name, value in measured.items()
        if name in budgets
    ]
    print(table(["per job", "measured", "budget", "tolerance %", ""], rows))
    missing = [name for name in budgets if name not in measured]
    if missing:
        print(f"  not counted here: {', '.join(missing)}")
    found = breaches(measured, budgets)
    if not found:
        return 0
    print("\nA job costs more than its budget:", file=sys.stderr)
    for text in found:
        print(f"  {text}", file=sys.stderr)
    print(
        "Make it cheaper; or, if it is worth its price, say so: scripts/budgets accept --reason TEXT, and commit "
        "Benchmarks/budgets.json with the change.",
        file=sys.stderr,
    )
    return 1


def accept(measured: dict[str, float], content: dict, reason: str) -> int:
    for name, value in measured.items():
        content["budgets"].setdefault(name, {"tolerance_percent": 15})["budget"] = value
    content.setdefault("accepted", []).append(
        {"date": time.strftime("%Y-%m-%d"), "reason": reason, "figures": measured}
    )
    FILE.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(table(["per job", "budget now"], [[name, float(value)] for name, value in measured.items()]))
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/budgets", description="Compares what a job costs with what it may cost (Benchmarks/budgets.json)."
    )
    usher = {"type": Path, "metavar": "PATH", "help": "a release build, instead of building this one"}
    parser.add_argument("--usher", **usher)
    parser.add_argument("--tools", type=Path, default=Path("/tmp"), help=argparse.SUPPRESS)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("check", help="fails when a figure is above its budget")
    verb.add_argument("--usher", default=argparse.SUPPRESS, **usher)
    verb = verbs.add_parser("accept", help="makes the figures of now the budgets")
    verb.add_argument("--usher", default=argparse.SUPPRESS, **usher)
    verb.add_argument("--reason", required=True, help="why a job may cost this; it stays in the file")
    options = parser.parse_args(arguments)
    if options.verb == "accept" and not options.reason.strip():
        parser.error("--reason: must say why")
    return options


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        kafka.home()
        content = json.loads(FILE.read_text())
        measured = measure(options.usher.resolve(), options.tools.resolve(), content["workload"])
        if options.verb == "check":
            return check(measured, content)
        return accept(measured, content, options.reason.strip())
    except Failure as failure:
        print(f"scripts/budgets: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
