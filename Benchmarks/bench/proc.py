"""What the kernel says about processes."""

from __future__ import annotations

import os
from pathlib import Path

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    # The name may hold spaces and brackets; the fields begin after the last bracket.
    return text[text.rindex(")") + 2 :].split()


def cpu_us(pid: int) -> int:
    """User and system time of all threads of a process, ended ones too."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_US if fields else 0


def tree_cpu_us(pid: int) -> int:
    """The same for a process and its children, running and ended: a database server with its backends."""
    fields = _stat(pid)
    if not fields:
        return 0
    total = sum(int(field) for field in fields[11:15])
    for child in children(pid):
        total += sum(int(field) for field in _stat(child)[11:15])
    return total * TICK_US


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory_kb(pid: int) -> tuple[int, int]:
    """Resident memory now and at its peak."""
    fields = _status(f"/proc/{pid}/status", ("VmRSS:", "VmHWM:"))
    return fields.get("VmRSS:", 0), fields.get("VmHWM:", 0)


def context_switches(pid: int) -> int:
    """Voluntary and forced switches of the threads that are there."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        total += sum(_status(f"{task}/status", ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:")).values())
    return total


def threads(pid: int) -> int:
    return _status(f"/proc/{pid}/status", ("Threads:",)).get("Threads:", 0)


def _status(path: str, names: tuple[str, ...]) -> dict[str, int]:
    try:
        lines = Path(path).read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    pairs = (line.split() for line in lines)
    return {words[0]: int(words[1]) for words in pairs if len(words) > 1 and words[0] in names}


def cpu_by_thread(pid: int) -> dict[str, int]:
    """CPU time of the threads that are there, summed by their name without numbers."""
    found: dict[str, int] = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            text = (task / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        name = text[text.index("(") + 1 : text.rindex(")")].rstrip("0123456789-#/ ")
        fields = text[text.rindex(")") + 2 :].split()
        found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) * TICK_US
    return found


def compiler_us(threads: dict[str, int]) -> int:
    """What a Java program's threads spent on compiling it."""
    return sum(us for name, us in threads.items() if name.startswith(("C1 Compiler", "C2 Compiler")))
