"""Says which of a program's own functions what `perf` counted is to be charged to: processor time, or allocations.

Reads `perf script -F comm,ip,sym` from its input. A sample is charged to the innermost function of Usher's modules on its
stack: what that function has the runtime, OpenSSL, the C library or the kernel do is its own cost.
"""

from __future__ import annotations

import argparse
import collections
import sys
from typing import Iterable, Iterator

# Swift's mangled names begin with these; those of the standard library with `$ss` and `$sS`.
OURS, LIBRARY = "$s", ("$ss", "$sS")


def stacks(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each sample's thread and its functions, innermost first."""
    thread, stack = "", []
    for line in lines:
        if not line.strip():
            if stack:
                yield thread, stack
            stack = []
        elif line[0] not in " \t":
            thread = line.strip()
        else:
            stack.append(line.split(None, 1)[-1].strip().removesuffix(" (inlined)"))
    if stack:
        yield thread, stack


def owner(stack: list[str]) -> str:
    for name in stack:
        if name.startswith(OURS) and not name.startswith(LIBRARY):
            return name
    return " < ".join(stack[:3])


def main() -> None:
    parser = argparse.ArgumentParser(prog="profile", description=__doc__)
    parser.add_argument("--each", type=float, help="what all samples together stand for, for one job")
    parser.add_argument("--unit", default="% of all")
    parser.add_argument("--lines", type=int, default=60)
    arguments = parser.parse_args()
    charged: collections.Counter[tuple[str, str]] = collections.Counter()
    for thread, stack in stacks(sys.stdin):
        charged["postgres" if thread.startswith("postgres-") else thread, owner(stack)] += 1
    total = sum(charged.values())
    if not total:
        sys.exit("profile: there is no sample; was the worker busy?")
    print(f"{total:,} samples; {arguments.unit}, thread, function")
    for (thread, name), count in charged.most_common(arguments.lines):
        print(f"{(arguments.each or 100) * count / total:6.2f}  {thread:14} {name}")


if __name__ == "__main__":
    main()
