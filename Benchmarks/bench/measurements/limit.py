"""What stands between the worker and its hardware: the same SQL, HTTP requests and records, each alone and in C."""

from __future__ import annotations

import json
import os
from statistics import median

from ..bench import Bench
from ..processes import Failure
from ..processes import run as run_program
from ..report import table
from ..stage import SOURCES
from . import throughput
from .latency import known_throughput

TITLE = "The limit: the same operations alone, in C"


def run(bench: Bench) -> dict:
    operations = max(bench.jobs // 2, 20_000)
    # An earlier measurement may have left the provider slow.
    bench.stage.cashier.reset()
    # As often as the throughput: a minute may be a better or a worse one of the machine's.
    rounds = [_round(bench, operations) for _ in range(bench.runs)]
    costs = [sum(_both(each) for each in parts.values()) for parts in rounds]
    cost = median(costs)
    cores = os.cpu_count() or 1
    composite = round(cores * 1_000_000 / cost)
    return {
        "parts": {name: _medians([parts[name] for parts in rounds]) for name in rounds[0]},
        "rounds": rounds,
        "cpu_us_per_job_all": {"median": round(cost, 2), "min": round(min(costs), 2), "max": round(max(costs), 2)},
        "cores": cores,
        "composite_jobs_per_second": composite,
        "ratio": {subject.name: round(known_throughput(bench, subject) / composite, 3) for subject in bench.subjects},
    }


def _both(part: dict) -> float:
    return part["client_us_per_job"] + part["server_us_per_job"]


def _medians(rounds: list[dict]) -> dict:
    """One part's figures of all rounds, each the median of its own."""
    return {
        name: value if isinstance(value, str) else median(each[name] for each in rounds)
        for name, value in rounds[0].items()
    }


def _round(bench: Bench, operations: int) -> dict[str, dict]:
    return {
        "sql": _sql(bench, operations),
        "http": _alone(
            bench,
            operations,
            "stub",
            ["limit_http", "--port", bench.stage.cashier.base.rsplit(":", 1)[1], "--count", str(operations)],
        ),
        "kafka": _kafka(bench, operations),
    }


def _alone(bench: Bench, operations: int, server: str, words: list[str]) -> dict:
    before = bench.stage.cpu()[server]
    found = json.loads(run_program([bench.stage.tools / words[0], *words[1:]], within=300))
    spent = bench.stage.cpu()[server] - before
    done = found["operations"]
    return {
        "operations": done,
        "per_second": round(done / found["seconds"]),
        "client_us_per_job": round(found["client_cpu_us"] / done, 2),
        "server": server,
        "server_us_per_job": round(spent / done, 2),
    }


def _sql(bench: Bench, operations: int) -> dict:
    """On a schema that the first subject has made: the statements belong to it."""
    stage, subject = bench.stage, bench.subjects[0]
    topics = throughput.new_topics(stage, "limit", 1)
    installation = subject.install(stage, topics.results, topics)
    try:
        with stage.postgres.session(topics.results) as session:
            # What a worker has written before its first batch: its topic, and where each partition begins.
            session.rows("insert into usher.topic (topic_id, name) overriding system value values (1, 'jobs')")
            session.rows("insert into usher.position select 1, n, 0 from generate_series(1, 16) n")
        stage.come_to_rest()
        return _alone(
            bench,
            operations,
            "postgres",
            [
                "limit_sql",
                "--connection",
                stage.postgres.connection(topics.results),
                "--jobs",
                str(operations),
                "--file",
                str(SOURCES / "limit/lifecycle.txt"),
                "--queries",
                str(SOURCES.parent / "sql/queries"),
                "--session",
                str(SOURCES.parent / "sql/session/settings.sql"),
            ],
        )
    except Failure as failure:
        raise Failure(
            f"{failure}\nBenchmarks/limit/lifecycle.txt must follow the parameters of the statements in sql/queries."
        ) from failure
    finally:
        installation.remove()


def _kafka(bench: Bench, operations: int) -> dict:
    topics = throughput.new_topics(bench.stage, "limit", 64)
    jobs = topics.jobs[0][0]
    bench.stage.kafka.preload(jobs, operations, "campaign-2026")
    bench.stage.come_to_rest()
    try:
        return _alone(
            bench,
            operations,
            "broker",
            ["limit_kafka", "--bootstrap", bench.stage.kafka.bootstrap, "--jobs", jobs, "--results", topics.results],
        )
    finally:
        bench.stage.kafka.delete(jobs)
        bench.stage.kafka.delete(topics.results)


def show(found: dict) -> str:
    rows: list[list[object]] = [
        [
            name,
            each["per_second"],
            each["client_us_per_job"],
            each["server"],
            each["server_us_per_job"],
            _both(each),
        ]
        for name, each in found["parts"].items()
    ]
    text = table(["alone", "jobs/s", "client µs", "server", "server µs", "both µs CPU per job"], rows)
    all_parts = found["cpu_us_per_job_all"]
    text += f"\n  together {all_parts['median']:.1f} µs ({all_parts['min']:.1f}–{all_parts['max']:.1f} in "
    text += f"{len(found['rounds'])} rounds): {found['cores']} cores could do "
    text += f"{found['composite_jobs_per_second']:,} jobs/s if there were nothing else."
    for name, ratio in found["ratio"].items():
        text += f"\n  {name}: {ratio * 100:.1f} % of it"
    return text
