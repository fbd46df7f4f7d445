"""Tables for the eye and a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns: the first to the left, figures to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]

    def line(words: Sequence[str]) -> str:
        padded = [words[0].ljust(widths[0])] + [word.rjust(width) for word, width in zip(words[1:], widths[1:])]
        return ("  " + "  ".join(padded)).rstrip()

    return "\n".join([line(headers), *(line(row) for row in cells)])


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and "median" in value:
        return _spread(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _spread(value: dict) -> str:
    """The median, and the least and greatest where they differ."""
    middle = _number(float(value["median"]))
    if value["min"] == value["max"]:
        return middle
    return f"{middle} ({_number(float(value['min']))}–{_number(float(value['max']))})"


def say(title: str, text: str) -> None:
    print(f"\n{title}\n{text}", flush=True)


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")
