"""Pictures of what was found, as SVG. Without matplotlib there are none, and that is said."""

from __future__ import annotations

from pathlib import Path

COLOURS = {"worker": "#3b6ea5", "postgres": "#7aa95c", "broker": "#d08c3f", "stub": "#9a9a9a"}


def draw(found: dict, out: Path) -> list[Path]:
    """One file for each subject that was measured."""
    try:
        import matplotlib
    except ImportError:
        print("  no plots: matplotlib is missing (Debian: python3-matplotlib)")
        return []
    matplotlib.use("svg")
    from matplotlib import pyplot

    # Text stays text, and the same figures make the same file.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "usher", "font.size": 9})
    drawn = []
    for name, draw_one in (("throughput", _throughput), ("latency", _latency), ("rows", _rows), ("memory", _memory)):
        figure, axes = pyplot.subplots(
            1, 2 if name == "throughput" else 1, figsize=(9 if name == "throughput" else 6, 4)
        )
        if draw_one(found, axes):
            figure.tight_layout()
            path = out / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None})
            drawn.append(path)
        pyplot.close(figure)
    return drawn


def _legend(axis, columns: int = 4) -> None:
    """Above the picture, where it covers nothing."""
    axis.legend(frameon=False, ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _stack(axis, names: list[str], costs: list[dict[str, float]]) -> None:
    below = [0.0] * len(names)
    for part, colour in COLOURS.items():
        values = [cost[part] for cost in costs]
        axis.bar(names, values, bottom=below, label=part, color=colour, width=0.6)
        below = [under + value for under, value in zip(below, values)]
    axis.set_ylabel("CPU µs per job")
    _legend(axis)


def _under_a_bar(subject: str, measurement: str, found: dict) -> str:
    """Of a rival also how many times as fast Usher is."""
    ratios = [f"{ours}: {ratio:.2f} ×" for ours, ratio in found.get("times_as_fast", {}).items()]
    return "\n".join([subject, measurement, *ratios])


def _throughput(found: dict, axes) -> bool:
    runs = [
        (_under_a_bar(subject, name, each), each["summary"])
        for name in ("throughput", "partitions16", "random-ids")
        for subject, each in found.get(name, {}).items()
    ]
    if not runs:
        return False
    names = [name for name, _ in runs]
    # A bar has room for the text under it.
    axes[0].figure.set_figwidth(max(9, 2.6 * len(runs)))
    rates = [each["jobs_per_second"] for _, each in runs]
    middle = [rate["median"] for rate in rates]
    spread = [[rate["median"] - rate["min"] for rate in rates], [rate["max"] - rate["median"] for rate in rates]]
    axes[0].bar(names, middle, yerr=spread, capsize=4, color=COLOURS["worker"], width=0.6)
    axes[0].set_ylabel("jobs/s (median, least, greatest)")
    _stack(
        axes[1], names, [{part: value["median"] for part, value in each["cpu_us_per_job"].items()} for _, each in runs]
    )
    return True


def _latency(found: dict, axis) -> bool:
    for subject, phases in found.get("latency", {}).items():
        names = list(phases)
        for key, style in (("p50", "-o"), ("p99", "--s"), ("max", ":^")):
            axis.plot(names, [phases[name]["added_ms"][key] for name in names], style, label=f"{subject} {key}")
    axis.set_yscale("log")
    axis.set_ylabel("added latency, ms")
    axis.tick_params(axis="x", rotation=20)
    if "latency" in found:
        _legend(axis)
    return "latency" in found


def _rows(found: dict, axis) -> bool:
    sizes = [each for of_subject in found.get("rows", {}).values() for each in of_subject if "summary" in each]
    if not sizes:
        return False
    names = [f"{each['finished'] / 1e6:g} M done\n{each['waiting'] / 1e6:g} M waiting" for each in sizes]
    costs = [each["summary"]["cpu_us_per_job"] for each in sizes]
    _stack(axis, names, [{part: spread["median"] for part, spread in each.items()} for each in costs])
    return True


def _memory(found: dict, axis) -> bool:
    lines = 0
    for name in ("throughput", "mixed"):
        for subject, each in found.get(name, {}).items():
            samples = (each["runs"][-1] if "runs" in each else each)["rss_mb_over_time"]
            axis.plot([at for at, _ in samples], [mb for _, mb in samples], label=f"{subject}, {name}")
            lines += 1
    axis.set_xlabel("s since the first accepted job")
    axis.set_ylabel("resident memory of the worker, MB")
    axis.set_ylim(bottom=0)
    if lines:
        _legend(axis, columns=2)
    return lines > 0
