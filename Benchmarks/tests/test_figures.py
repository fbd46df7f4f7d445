"""The benchmark's arithmetic: python3 -m unittest discover -s Benchmarks/tests -t Benchmarks"""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from bench import rival
from bench.bench import Bench, Subject
from bench.budgets import breaches
from bench.command import parse
from bench.measurements import instructions, throughput
from bench.measurements.fullness import LIMIT, judge
from bench.measurements.pause import judge as judge_pause
from bench.measurements.throughput import check, summary
from bench.paced import added, percentiles
from bench.processes import Failure, run
from bench.report import table
from bench.subject import Topics


class Percentiles(unittest.TestCase):
    def test_are_by_nearest_rank(self):
        found = percentiles(list(range(1, 101)))
        self.assertEqual((found["p50"], found["p90"], found["p99"], found["max"]), (51, 91, 100, 100))

    def test_of_one_value_are_that_value(self):
        self.assertEqual(percentiles([7]), {"count": 1, "p50": 7, "p90": 7, "p99": 7, "max": 7})

    def test_added_latency_leaves_out_the_provider(self):
        self.assertEqual(added([(1000, 1230)], delay_ms=200)["p50"], 30)


class Programs(unittest.TestCase):
    def test_one_that_takes_too_long_is_a_failure_that_names_it(self):
        with self.assertRaisesRegex(Failure, r"^sleep was not done within 0 s$"):
            run(["sleep", "10"], within=0.1)


class Counting(unittest.TestCase):
    def test_a_run_without_a_result_for_each_job_is_refused(self):
        good = {"records": 3, "distinct_result_ids": 3, "outcomes": {"opened": 3}}
        check(good, 3)
        for bad in (
            good | {"distinct_result_ids": 2},
            good | {"outcomes": {"opened": 2, "declined": 1}},
            good | {"outcomes": {"rejected": 3}},
        ):
            with self.assertRaises(Failure):
                check(bad, 3)

    def test_a_copy_of_a_result_is_no_second_result(self):
        check({"records": 4, "distinct_result_ids": 3, "outcomes": {"opened": 4}}, 3)

    def test_summary_is_the_median_run_with_its_spread(self):
        def run(rate: int) -> dict:
            cost = {"worker": 1.0, "postgres": 2.0, "broker": 3.0, "stub": 4.0}
            return {"counted_jobs": 10, "jobs_per_second": rate, "cpu_us_per_job": cost}

        found = summary([run(5), run(9), run(6)])
        self.assertEqual(found["jobs_per_second"], {"median": 6, "min": 5, "max": 9})
        self.assertEqual(found["cpu_us_per_job_all"]["median"], 10)


class Fullness(unittest.TestCase):
    def test_half_the_time_full_and_half_empty_is_half_full(self):
        tens = [500_000] + [0] * (LIMIT // 10 - 1) + [500_000]
        found = judge(
            {
                "elapsed_us": 1_000_000,
                "time_by_open_in_tens_us": tens,
                "requests": 100,
                "open_time_us": 250_000_000,
            }
        )
        self.assertEqual(found["fullness_percent"], 50)
        self.assertEqual(found["time_below_half_percent"], 50)


class Pause(unittest.TestCase):
    def test_tells_when_the_backlog_is_gone(self):
        # A job each 10 ms, answered after 5 ms; none is answered from 6 s to 16 s, and all that waited by 20 s.
        times = []
        for due in range(0, 40_000, 10):
            waited = 6_000 <= due < 20_000
            times.append((due, max(due + 5, 16_000 + (due - 6_000) * 2 // 7) if waited else due + 5))
        found = judge_pause(times, stopped=6_000, restarted=16_000, rate=100)
        self.assertEqual(found["backlog_at_restart"], 1000)
        self.assertAlmostEqual(found["backlog_gone_s"], 4, delta=0.3)
        self.assertAlmostEqual(found["p99_usual_again_s"], 4, delta=0.3)

    def test_says_nothing_of_a_worker_that_never_kept_up(self):
        found = judge_pause([(due, due + 5_000) for due in range(0, 40_000, 10)], 6_000, 16_000, 100)
        self.assertIsNone(found["backlog_gone_s"])


class Budgets(unittest.TestCase):
    BUDGETS = {"wal_bytes_per_job": {"budget": 1000, "tolerance_percent": 10}}

    def test_within_the_tolerance_is_no_breach(self):
        self.assertEqual(breaches({"wal_bytes_per_job": 1100}, self.BUDGETS), [])

    def test_a_breach_says_what_how_much_and_what_to_do(self):
        (text,) = breaches({"wal_bytes_per_job": 1101}, self.BUDGETS)
        for word in ("wal_bytes_per_job", "1101", "1100", "1000", "index"):
            self.assertIn(word, text)


class Instructions(unittest.TestCase):
    def total(self, content: str | None) -> int:
        with tempfile.TemporaryDirectory() as folder:
            counts = Path(folder) / "callgrind.out"
            if content is not None:
                counts.write_text(content)
            return instructions._total(counts)

    def test_are_the_sum_that_callgrind_left(self):
        self.assertEqual(self.total("events: Ir\nfn=(1) main\n16 400\n\ntotals: 1234\n"), 1234)

    def test_that_were_never_counted_are_a_failure_and_not_none_at_all(self):
        with self.assertRaisesRegex(Failure, "counted nothing"):
            self.total("events: Ir\nsummary: 0\n\ntotals: 0\n")
        with self.assertRaisesRegex(Failure, "counted nothing"):
            self.total("events: Ir\n")

    def test_of_a_worker_that_was_killed_are_a_failure(self):
        with self.assertRaisesRegex(Failure, "did not end by itself"):
            self.total(None)


class TheRivals(unittest.TestCase):
    def choice(self, rates: dict[tuple[int, int], int], processes: int | None = None) -> rival.Rival:
        given = rival.Rival("rival-own", Path("run"), [], Path("venv"), "own", processes)
        return rival.choose(given, lambda one: rates[(one.processes, one.calls)], lambda _: None)[0]

    def test_run_with_the_configuration_in_which_they_are_the_fastest(self):
        rates = {(1, 200): 5, (1, 500): 9, (2, 200): 7, (2, 500): 8}
        self.assertEqual(self.choice(rates).configuration, "1 process, 500 calls in flight")

    def test_keep_to_the_number_of_processes_that_was_asked_for(self):
        self.assertEqual(self.choice({(2, 200): 7, (2, 500): 6}, 2).configuration, "2 processes, 200 calls in flight")

    def test_are_two_unless_one_is_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("run", "setup"):
                (Path(folder) / name).write_text("#!/bin/sh\n")
                (Path(folder) / name).chmod(0o755)
            both = rival.find(Path(folder), Path("venv"), None)
            self.assertEqual([one.name for one in both], ["rival-aiohttp", "rival-own"])
            self.assertEqual([one.client for one in both], ["aiohttp", "own"])
            self.assertEqual([one.name for one in rival.find(Path(folder), Path("venv"), 2, "own")], ["rival-own"])

    def test_are_started_with_their_own_client_and_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "run"
            program.write_text('#!/bin/sh\necho "$@"\n')
            program.chmod(0o755)
            stage = SimpleNamespace(
                folder=Path(folder),
                kafka=SimpleNamespace(bootstrap="broker:1"),
                postgres=SimpleNamespace(folder=Path(folder)),
                cashier=SimpleNamespace(base="http://stub"),
                secret_file=Path("secret"),
                key_file=Path("keys"),
            )
            topics = Topics([("jobs", "auto")], "results")
            installation = rival.RivalInstallation(stage, program, "one", topics, 200)
            installation.environment, installation.client, installation.processes = Path("venv"), "aiohttp", 2
            installation.folder.mkdir()
            worker = installation.start_worker()
            self.assertEqual(worker.process.wait(10), 0)
            self.assertIn("--in-flight 200 --processes 2 --http aiohttp", worker.log.read_text())

    def test_take_their_turns_beside_usher_and_each_has_its_ratio(self):
        fastest = {("usher", None, None): 9_000, ("rival-aiohttp", 1, 500): 3_000, ("rival-own", 2, 200): 6_000}
        turns: list[str] = []

        def one_run(_stage: object, subject: Subject, jobs: int, *_: object) -> dict:
            if jobs == 100_000:
                turns.append(subject.name)
            which = (subject.name, getattr(subject, "processes", None), getattr(subject, "calls", None))
            return {
                "counted_jobs": jobs,
                "jobs_per_second": fastest.get(which, 1_000),
                "cpu_us_per_job": {"worker": 1.0, "postgres": 2.0, "broker": 3.0, "stub": 4.0},
                "broker_compiler_us_per_job": 0.0,
            }

        rivals = [rival.Rival(f"rival-{client}", Path("run"), [], Path("venv"), client) for client in rival.RIVALS]
        usher = Subject("usher", Path("usher"), [])
        bench = Bench(SimpleNamespace(), [usher], False, 2, 100_000, Path("out"), {}, rivals)
        with mock.patch.object(throughput, "one_run", one_run), mock.patch.object(Bench, "note"):
            found = throughput.run(bench)
        self.assertEqual(turns, ["usher", "rival-aiohttp", "rival-own"] * 2)
        self.assertEqual(found["rival-aiohttp"]["times_as_fast"], {"usher": 3.0})
        self.assertEqual(found["rival-own"]["times_as_fast"], {"usher": 1.5})
        self.assertEqual(len(found["rival-own"]["tried"]), 4)
        text = throughput.show(found)
        for words in (
            "3.00 times as fast as rival-aiohttp: the rival on well-known parts (aiohttp), 1 process, 500 calls",
            "1.50 times as fast as rival-own: the rival with its own HTTP client, 2 processes, 200 calls",
        ):
            self.assertIn(f"usher is {words} in flight", text)

    def test_need_to_be_asked_for_before_one_is_chosen(self):
        self.assertEqual(parse(["--rival", "--rival-http", "own"]).rival_http, "own")
        for words in (["--rival-http", "own"], ["--rival-processes", "2"], ["--rival", "--rival-http", "httpx"]):
            with self.assertRaises(SystemExit), mock.patch("sys.stderr"):
                parse(words)


class Table(unittest.TestCase):
    def test_aligns_figures_to_the_right(self):
        self.assertEqual(table(["", "n"], [["a", 5], ["bb", 1234]]), "          n\n  a       5\n  bb  1,234")


if __name__ == "__main__":
    unittest.main()
