"""The check: see Benchmarks/rival/check."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter, defaultdict
from pathlib import Path

import asyncpg
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from rival.http import CLIENTS

from . import test_http
from .servers import APPLICATION, MERCHANT, Servers
from .workload import Workload

HERE = Path(__file__).resolve().parent.parent
JOBS, RESULTS, PARTITIONS = "check.jobs", "check.results", 8
# Sessions that open without an answer, answers that must not be believed, and errors before anything happened.
FAULTS = "503=2%,reset=2%,close=1%,bad_signature=1%,wrong_echo=1%,html=1%,429=2%,-1=1%,latency=30ms"


def _arguments():
    parser = argparse.ArgumentParser(prog="check")
    parser.add_argument("--venv", required=True)
    parser.add_argument("--usher", help="a build of usher")
    parser.add_argument("--http", choices=CLIENTS, default="own", help="the HTTP client of the workers")
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Workers:
    """The rival as it is run for real: one program with two processes, in a group of its own to be killed as one."""

    def __init__(self, servers: Servers, folder: Path, venv: str, client: str):
        keys = folder / "keys"
        keys.write_text(f"k1 {secrets.token_hex(32)}\ndigest {secrets.token_hex(32)}\n")
        self._log = folder / "workers.log"
        self._command = [HERE / "run", "--venv", venv, "--bootstrap", servers.bootstrap, "--jobs-topic", JOBS]
        self._command += ["--results-topic", RESULTS, "--group", "check", "--postgres", servers.dsn]
        self._command += ["--endpoint", f"{servers.simulator}/cashier/virtual-terminal"]
        self._command += ["--find-order-url", f"{servers.simulator}/agent/find-order"]
        self._command += ["--merchant-id", MERCHANT, "--application-key", APPLICATION]
        self._command += ["--secret-file", folder / "secret", "--key-file", keys, "--in-flight", "100"]
        self._command += ["--processes", "2", "--lease", "6", "--http", client]
        self._process: subprocess.Popen | None = None

    def migrate(self):
        subprocess.run([*self._command[:3], "--postgres", self._command[12], "--migrate"], check=True)

    def start(self):
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        try:
            return self._process.wait(60)
        finally:
            if self._process.poll() is None:
                self.kill()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None


def _send(bootstrap: str, records):
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True})
    failed = []
    for key, value in records:
        producer.produce(JOBS, value, key, on_delivery=lambda error, _: failed.append(error) if error else None)
        producer.poll(0)
    if producer.flush(30) or failed:
        raise SystemExit("check: could not send the jobs")


def _read(bootstrap: str):
    """Every record of the results topic, to the ends that the partitions have now."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "check.reader", "enable.auto.commit": False,
                         "enable.partition.eof": True})
    consumer.assign([TopicPartition(RESULTS, partition, 0) for partition in range(PARTITIONS)])
    records, ended = [], set()
    while len(ended) < PARTITIONS:
        message = consumer.poll(10)
        if message is None:
            raise SystemExit("check: the results topic cannot be read to its end")
        if message.error() is None:
            records.append(message)
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
    consumer.close()
    return records


async def _wait_until_done(database, workload: Workload, servers: Servers, workers: Workers, seconds: float):
    """Faults end when all records were taken: what is promised is an end some time after the last of them."""
    is_well = False
    deadline = time.monotonic() + seconds
    shown = ""
    while True:
        row = await database.fetchrow(
            "SELECT (SELECT count(*) FROM rival.job) AS jobs, "
            "(SELECT count(*) FROM rival.job WHERE state < 10) AS open, (SELECT count(*) FROM rival.outbox) AS outbox, "
            "(SELECT coalesce(sum(next_offset), 0) FROM rival.position) AS taken"
        )
        if row["taken"] == len(workload.records) and not row["open"] and not row["outbox"]:
            return
        if row["taken"] == len(workload.records) and not is_well:
            is_well = True
            servers.faults("latency=30ms")
        if workers.has_ended:
            raise SystemExit("check: the workers ended by themselves; see workers.log")
        if time.monotonic() > deadline:
            raise SystemExit(f"check: not done within {seconds:.0f} s: {dict(row)}")
        text = f"{row['taken']} records taken, {row['open']} of {row['jobs']} jobs open, {row['outbox']} to publish"
        if text != shown:
            shown = text
            print(f"  {text}", flush=True)
        await asyncio.sleep(2)


def _judge(workload: Workload, records, events, counts) -> list[str]:
    """What is wrong; nothing, if the promises were kept."""
    faults = []
    values = defaultdict(set)
    for message in records:
        values[dict(message.headers())["result_id"]].add((message.key(), message.value()))
    changed = [result for result, copies in values.items() if len(copies) > 1]
    if changed:
        faults.append(f"{len(changed)} results have copies that differ")
    results = [json.loads(next(iter(copies))[1]) for copies in values.values()]
    ends = defaultdict(list)
    answers = Counter()
    for result in results:
        if result["generation"] == 1:
            ends[result["order_id"]].append(result)
        else:
            answers[result["outcome"], result["order_id"]] += 1
    if set(ends) != set(workload.orders):
        faults.append(f"{len(set(workload.orders) - set(ends))} orders have no result, {len(set(ends))} have one")
    twice = [order for order, found in ends.items() if len(found) > 1]
    if twice:
        faults.append(f"{len(twice)} orders have several results")
    for order, found in ends.items():
        expected = "declined" if order in workload.declined else "opened"
        if found[0]["outcome"] != expected:
            faults.append(f"{order}: {found[0]['outcome']} instead of {expected}: {found[0].get('error')}")
    expected = Counter({("conflict", order): 1 for order in workload.conflicts})
    expected.update(("rejected", order) for order in workload.rejected)
    if answers != expected:
        faults.append(f"answers: {sorted((answers - expected) + (expected - answers))[:5]} too many or too few")
    if counts["quarantine"] != workload.bad:
        faults.append(f"{counts['quarantine']} records in quarantine instead of {workload.bad}")
    if counts["duplicate"] != len(workload.duplicates) + len(workload.conflicts):
        faults.append(f"{counts['duplicate']} repeated orders noted")
    return faults + _judge_calls(ends, events)


def _judge_calls(ends, events) -> list[str]:
    """By the provider's own record: the last session is the one reported, and no order was sent again blindly."""
    faults, last = [], {}
    may_open = defaultdict(lambda: True)
    opened_at = {}
    for event in map(json.loads, events):
        order, kind = event["order_id"], event["event"]
        if kind == "accept":
            # Without a look-up in between, the first request must be too old to be accepted.
            if not may_open[order] and event["at_us"] - opened_at[order] < 60_000_000:
                faults.append(f"{order}: a second session without a look-up before it")
            may_open[order], opened_at[order], last[order] = False, event["at_us"], event["url"]
        else:
            may_open[order] = True
    for order, found in ends.items():
        if found[0]["outcome"] == "opened" and found[0]["redirect_url"] != last.get(order):
            faults.append(f"{order}: the URL reported is not that of its last session")
    return faults


async def _run(settings, folder: Path, servers: Servers) -> int:
    admin = AdminClient({"bootstrap.servers": servers.bootstrap})
    for created in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (JOBS, RESULTS)]).values():
        created.result()
    workload = Workload(settings.jobs, settings.seed)
    workers = Workers(servers, folder, settings.venv, settings.http)
    workers.migrate()
    database = await asyncpg.connect(servers.dsn)
    servers.faults(FAULTS)
    half = len(workload.records) // 2
    _send(servers.bootstrap, workload.records[:half])
    workers.start()
    try:
        for share in (0.15, 0.35):
            while await database.fetchval("SELECT count(*) FROM rival.job WHERE state >= 10") < settings.jobs * share:
                if workers.has_ended:
                    raise SystemExit("check: the workers ended by themselves; see workers.log")
                await asyncio.sleep(0.01)
            workers.kill()
            left = await database.fetchval("SELECT count(*) FROM rival.job WHERE state = 1")
            print(f"killed the workers at {share:.0%} of the jobs, {left} about to be sent or sent", flush=True)
            workers.start()
        _send(servers.bootstrap, workload.records[half:])
        await _wait_until_done(database, workload, servers, workers, 300)
    except BaseException:
        workers.kill()
        raise
    code = workers.stop()
    counts = {
        name: await database.fetchval(f"SELECT count(*) FROM rival.{name}") for name in ("duplicate", "quarantine")
    }
    await database.close()
    records = _read(servers.bootstrap)
    faults = _judge(workload, records, servers.accepts(), counts)
    if code != 0:
        faults.append(f"the workers ended with {code} when asked to stop")
    for fault in faults[:20]:
        print(f"WRONG: {fault}")
    copies = len(records) - len({dict(message.headers())["result_id"] for message in records})
    print(
        f"{len(workload.orders)} orders, {len(workload.duplicates)} duplicates, {len(workload.conflicts)} conflicts, "
        f"{workload.bad} bad records; {len(records)} results on the topic, {copies} of them copies: "
        + ("WRONG" if faults else "each order ended once")
    )
    return 1 if faults else 0


def main() -> int:
    settings = _arguments()
    kafka_home = os.environ.get("KAFKA_HOME", "")
    if not (Path(kafka_home) / "libs").is_dir() or not shutil.which("java"):
        print("check: KAFKA_HOME must name an unpacked Apache Kafka, and java must be there", file=sys.stderr)
        return 69
    builds = [settings.usher] if settings.usher else [HERE.parents[1] / ".build" / kind / "usher" for kind in
                                                      ("release", "debug")]
    usher = next((str(path) for path in builds if os.access(path, os.X_OK)), None)
    if usher is None:
        print("check: no build of usher for its simulator; `swift build`, or --usher PATH", file=sys.stderr)
        return 69
    promises = unittest.defaultTestLoader.loadTestsFromTestCase(test_http.CASES[settings.http])
    if not unittest.TextTestRunner(verbosity=0).run(promises).wasSuccessful():
        return 1
    folder = Path(tempfile.mkdtemp(prefix="rival-check-"))
    try:
        with Servers(folder, kafka_home, usher) as servers:
            status = asyncio.run(_run(settings, folder, servers))
    except BaseException:
        print(f"check: logs are in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
