"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

from . import kafka
from .postgres import programs
from .stage import Stage


def facts(stage: Stage, binaries: list[Path]) -> dict:
    """Facts of the machine and of everything that takes part, for the result's file."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": platform.release(),
        "system": _system(),
        "file_system": _first(["stat", "-f", "-c", "%T", str(stage.folder)]),
        "kernel_writes_out": _write_out(),
        "load_before": [round(value, 2) for value in os.getloadavg()],
        "kafka": kafka.version(),
        "java": _first(["java", "-version"]),
        "postgres": _first([str(programs() / "postgres"), "--version"]),
        "postgres_settings_not_default": stage.postgres.changed_settings(),
        "subjects": [_first([str(binary), "version"]) for binary in binaries],
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def _write_out() -> dict[str, int]:
    """When the kernel writes out what files were given: late and much at a time is what commits then wait for."""
    names = ("dirty_background_bytes", "dirty_background_ratio", "dirty_expire_centisecs")
    paths = {name: Path("/proc/sys/vm", name) for name in names}
    return {name: int(path.read_text()) for name, path in paths.items() if path.is_file()}


def _system() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def _first(command: list[str]) -> str:
    """The first line that a program prints; empty where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    return next(iter((done.stdout or done.stderr).splitlines()), "")


def text(found: dict) -> str:
    settings = ", ".join(f"{name} = {value}" for name, value in found["postgres_settings_not_default"].items())
    return "\n".join(
        f"  {name:<10} {value}"
        for name, value in (
            (
                "machine",
                f"{found['cores']} cores, {found['processor']}, {found['memory_mb']:,} MB, {found['file_system']}",
            ),
            ("system", f"{found['system']}, Linux {found['kernel']}, load {found['load_before'][0]}"),
            ("", ", ".join(f"vm.{name} = {value}" for name, value in found["kernel_writes_out"].items())),
            ("Kafka", f"{found['kafka']}, {found['java']}"),
            ("PostgreSQL", found["postgres"]),
            ("", settings),
            ("measured", ", ".join(found["subjects"])),
        )
    )
