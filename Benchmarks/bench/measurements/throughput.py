"""Jobs per second from a backlog, and the CPU that each job costs, part by part."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from .. import rival
from ..bench import Bench, Subject
from ..processes import Failure
from ..report import table
from ..runs import PARTS, Observer, StatementCounts
from ..stage import Stage
from ..subject import Installation, Topics

TITLE = "Throughput from a backlog, provider at 0 ms"
# The broker counts as warm when its compiler takes less than this of a job's time; it is not waited for longer.
COMPILER_US = 1.0
WARM_UPS_MAX = 4
SPREAD = (
    "jobs_per_second",
    "broker_compiler_us_per_job",
    "worker_peak_rss_mb",
    "context_switches_per_job",
    "wal_bytes_per_job",
    "commits_per_1000_jobs",
    "statements_per_1000_jobs",
    "commits_per_batch",
    "statements_per_batch",
)


def run(bench: Bench, partitions: int = 64, ids: str = "sequential") -> dict:
    tried = choose_rivals(
        bench, lambda one, jobs: one_run(bench.stage, one, jobs, partitions, ids)["jobs_per_second"]
    )
    subjects = [*bench.subjects, *bench.rivals]
    runs: dict[str, list[dict]] = {subject.name: [] for subject in subjects}
    # Subjects take turns, so that a busy quarter of an hour of the machine's falls on all of them.
    for number in range(bench.runs):
        for subject in subjects:
            found = one_run(bench.stage, subject, bench.jobs, partitions, ids)
            runs[subject.name].append(found)
            cost = ", ".join(f"{part} {value:.0f}" for part, value in found["cpu_us_per_job"].items())
            bench.note(f"run {number + 1}, {subject.name}: {found['jobs_per_second']:,} jobs/s; CPU µs per job: {cost}")
    found = {name: {"summary": summary(each), "runs": each} for name, each in runs.items()}
    return found | compare(bench, found, tried)


def warm_up(bench: Bench) -> None:
    """Runs that do not count: the broker compiles itself while it runs, and one that has run for a day is through."""
    if bench.quick:
        one_run(bench.stage, bench.subjects[0], 10_000, 64)
        return
    for _ in range(WARM_UPS_MAX):
        found = one_run(bench.stage, bench.subjects[0], 200_000, 64)
        if found["broker_compiler_us_per_job"] < COMPILER_US:
            return


def choose_rivals(bench: Bench, jobs_per_second: Callable[[Subject, int], int]) -> dict[str, dict[str, int]]:
    """Gives each rival that has none yet its fastest configuration; returns what was tried."""
    tried = {}
    some = max(20_000, bench.jobs // 5)
    for place, one in enumerate(bench.rivals):
        if not one.calls:
            chosen, tried[one.name] = rival.choose(one, lambda each: jobs_per_second(each, some), bench.note)
            bench.rivals[place] = chosen
    return tried


def compare(bench: Bench, found: dict, tried: dict) -> dict:
    """What is to be said of each rival besides its figures: what it is, and how many times as fast each Usher is."""

    def rate(name: str) -> float:
        return found[name]["summary"]["jobs_per_second"]["median"]

    return {
        one.name: found[one.name]
        | {
            "what": one.what,
            "configuration": one.configuration,
            "tried": tried.get(one.name, {}),
            "times_as_fast": {ours.name: round(rate(ours.name) / rate(one.name), 2) for ours in bench.subjects},
        }
        for one in bench.rivals
    }


def show(found: dict) -> str:
    rows = [
        [name, each["summary"]["jobs_per_second"]]
        + [each["summary"]["cpu_us_per_job"][part] for part in PARTS]
        + [each["summary"]["cpu_us_per_job_all"], each["summary"]["broker_compiler_us_per_job"]]
        for name, each in found.items()
    ]
    costs = table(
        ["", "jobs/s", *(f"{part} µs" for part in PARTS), "all µs CPU per job", "of it Java's compiler"], rows
    )
    headers = ["", "peak RSS MB", "ctx switches/job", "WAL B/job", "commits/1000 jobs", "statements/1000 jobs"]
    headers += ["commits/batch", "statements/batch"]
    rows = [[name, *(each["summary"].get(key) for key in SPREAD[2:])] for name, each in found.items()]
    text = costs + "\n" + table(headers, rows)
    for name, each in found.items():
        for ours, ratio in each.get("times_as_fast", {}).items():
            text += f"\n  {ours} is {ratio:.2f} times as fast as {name}: {each['what']}, {each['configuration']}"
    return text


def one_run(
    stage: Stage, subject: Subject, jobs: int, partitions: int, ids: str = "sequential", workers: int = 1
) -> dict:
    """A backlog of jobs, preloaded; then the worker starts, and everything is counted until it is through."""
    topics = new_topics(stage, "throughput", partitions)
    preload = stage.kafka.preload(topics.jobs[0][0], jobs, "campaign-2026", ids=ids)
    installation = subject.install(stage, topics.results, topics)
    try:
        found = work_off(stage, installation, jobs, workers=workers)
    finally:
        installation.remove()
    found["bytes_per_job"] = preload["bytes_per_job"]
    return found


def new_topics(
    stage: Stage, what: str, partitions: int, lanes: tuple[str, ...] = ("auto",), results: int | None = None
) -> Topics:
    """A topic for each lane and one for results, whose records tell when the broker took them.

    The results have as many partitions as the jobs, unless it is said how many.
    """
    name = stage.new_name(what)
    topics = Topics([(f"{name}-jobs-{lane}", lane) for lane in lanes], name)
    for topic, _ in topics.jobs:
        stage.kafka.create(topic, partitions)
    stage.kafka.create(topics.results, results or partitions, append_time=True)
    return topics


def work_off(stage: Stage, installation: Installation, jobs: int, earlier: int = 0, workers: int = 1) -> dict:
    """Works off a backlog that is on the topic, and counts. `earlier` jobs have been worked off before it."""
    # Every run begins on the same foot.
    stage.come_to_rest()
    stage.cashier.reset()
    statements = StatementCounts(stage, installation)
    with Observer(stage, installation) as observer:
        for number in range(workers):
            installation.start_worker(number + 1)
        observer.await_begin()
        observer.await_results(jobs, within=60 + jobs / 200)
        observer.await_rest(jobs)
        found = observer.finish(jobs)
        asked = observer.session.asked
    read = stage.kafka.read_back(installation.topics.results)
    check(read, earlier + jobs)
    installation.stop_workers()
    found.update(statements.finish(jobs, asked))
    seconds = (read["last_ms"] - found["began_ms"]) / 1000
    found["seconds"] = round(seconds, 3)
    found["jobs_per_second"] = round(found["counted_jobs"] / seconds)
    found["bytes_per_result"] = read["bytes_per_result"]
    found["copies"] = read["records"] - read["distinct_result_ids"]
    return found


def check(found: dict, jobs: int) -> None:
    """A figure counts only when the work was done: one opened result for each job."""
    if found["distinct_result_ids"] != jobs or found["outcomes"] != {"opened": found["records"]}:
        raise Failure(
            f"the results topic does not hold one opened result for each of {jobs} jobs: "
            f"{found['distinct_result_ids']} distinct results, outcomes {found['outcomes']}"
        )


def summary(runs: list[dict]) -> dict:
    """Medians, with the least and the greatest."""

    def spread(values: list[float]) -> dict:
        return {"median": round(median(values), 2), "min": min(values), "max": max(values)}

    out: dict = {"runs": len(runs), "jobs": runs[0]["counted_jobs"]}
    out["cpu_us_per_job"] = {part: spread([each["cpu_us_per_job"][part] for each in runs]) for part in PARTS}
    out["cpu_us_per_job_all"] = spread([round(sum(each["cpu_us_per_job"].values()), 2) for each in runs])
    for name in SPREAD:
        if name in runs[0]:
            out[name] = spread([each[name] for each in runs])
    return out
