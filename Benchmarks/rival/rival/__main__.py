"""Command line: see Benchmarks/rival/README.md."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import sys
import time

import uvloop

from .cashier import Account
from .http import CLIENTS
from .sealing import KeyRing
from .store import Store
from .worker import Worker


def _arguments():
    parser = argparse.ArgumentParser(prog="run", description="A Cashier worker in Python, to measure Usher against.")
    add = parser.add_argument
    add("--venv", help=argparse.SUPPRESS)
    add("--bootstrap", metavar="HOST:PORT", help="a Kafka broker")
    add("--jobs-topic", default="vt.session.jobs")
    add("--results-topic", default="vt.session.results")
    add("--group", default="rival", help="the consumer group")
    add("--postgres", required=True, metavar="DSN", help="postgresql://USER@HOST:PORT/DATABASE; the schema is `rival`")
    add("--endpoint", metavar="URL", help="the Cashier's virtual-terminal URL")
    add("--find-order-url", metavar="URL", help="its look-up URL")
    add("--account", default="main", help="the account's name in results")
    add("--merchant-id")
    add("--application-key")
    add("--secret-file", metavar="FILE", help="holds the merchant secret on one line")
    add("--key-file", metavar="FILE", help="sealing keys: lines `ID HEX` and one `digest HEX`")
    add("--in-flight", type=int, default=200, metavar="N", help="calls at once, in all processes together")
    add("--http", choices=CLIENTS, default="own", help="the HTTP client: aiohttp, or one of our own (default)")
    add("--processes", type=int, default=1, metavar="N", help="worker processes; they share the work by the group")
    add("--lease", type=float, default=30.0, metavar="SECONDS", help="a worker counts as dead after this silence")
    add("--migrate", action="store_true", help="create the schema; ends then, unless there is more to do")
    settings = parser.parse_args()
    needed = ["bootstrap", "endpoint", "find_order_url", "merchant_id", "application_key", "secret_file", "key_file"]
    missing = [name for name in needed if getattr(settings, name) is None]
    if missing and not (settings.migrate and len(missing) == len(needed)):
        parser.error("missing: " + ", ".join("--" + name.replace("_", "-") for name in missing))
    settings.is_migration_only = bool(missing)
    return settings


async def _migrate(settings):
    store = Store(settings.postgres, settings.account, settings.jobs_topic, "", settings.lease)
    path = os.path.join(os.path.dirname(__file__), os.pardir, "schema.sql")
    await store.migrate(path)
    await store.close()


async def _work(settings) -> bool:
    keys = KeyRing(settings.key_file)
    with open(settings.secret_file, encoding="utf-8") as file:
        secret = file.read().removesuffix("\n")
    account = Account(settings.account, settings.merchant_id, settings.application_key, secret)
    store = Store(settings.postgres, settings.account, settings.jobs_topic, keys.key_id, settings.lease)
    worker = Worker(settings, store, keys, account)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    # What is there now stays; a job's own objects are freed by their counts, so that cycles are looked for seldom.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    return await worker.run()


def _run_one(settings) -> int:
    if settings.processes <= 1:
        settings.say_ready = lambda: print("ready", flush=True)
    return 0 if uvloop.run(_work(settings)) else 75


def _run_many(settings) -> int:
    """One worker process per core; whichever dies is started again."""
    settings.in_flight = max(1, settings.in_flight // settings.processes)
    children: set[int] = set()
    is_stopping = False
    not_ready = multiprocessing.Value("i", settings.processes)

    def say_ready():
        with not_ready.get_lock():
            not_ready.value -= 1
            if not_ready.value == 0:
                print("ready", flush=True)

    settings.say_ready = say_ready

    def start():
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            status = 70
            try:
                status = _run_one(settings)
            except BaseException:
                logging.exception("a worker process fails")
            finally:
                sys.stdout.flush()
                os._exit(status)
        children.add(child)

    def stop(_number, _frame):
        nonlocal is_stopping
        is_stopping = True
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for _ in range(settings.processes):
        start()
    worst = 0
    while children:
        child, status = os.wait()
        children.discard(child)
        code = os.waitstatus_to_exitcode(status)
        if is_stopping:
            worst = max(worst, abs(code))
        else:
            logging.warning("a worker process ended with %d; starting another", code)
            time.sleep(0.5)
            start()
    return worst


def main() -> int:
    settings = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s %(message)s")
    if settings.migrate:
        asyncio.run(_migrate(settings))
    if settings.is_migration_only:
        return 0
    return _run_one(settings) if settings.processes <= 1 else _run_many(settings)


if __name__ == "__main__":
    sys.exit(main())
