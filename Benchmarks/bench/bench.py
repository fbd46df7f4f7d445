"""What every measurement is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .stage import Stage
from .subject import Installation, Topics

if TYPE_CHECKING:
    from .rival import Rival


@dataclass
class Subject:
    """A worker to be measured."""

    name: str
    binary: Path
    settings: list[str]

    def install(self, stage: Stage, name: str, topics: Topics, in_flight: int = 500) -> Installation:
        installation = Installation(stage, self.binary, name, topics, in_flight, self.settings)
        installation.prepare()
        return installation


@dataclass
class Bench:
    stage: Stage
    subjects: list[Subject]
    quick: bool
    runs: int
    jobs: int
    out: Path
    # What earlier measurements of the same run found: some build on the throughput.
    found: dict
    # Take part in the throughput measurements only.
    rivals: list[Rival] = field(default_factory=list)

    def note(self, text: str) -> None:
        print(f"  … {text}", flush=True)
