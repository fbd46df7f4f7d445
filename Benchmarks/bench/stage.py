"""Everything around the worker: broker, database server and provider, started once for all measurements."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from . import proc
from .cashier import Cashier
from .kafka import Kafka
from .postgres import SUPERUSER, Postgres
from .processes import run
from .subject import write_secrets

SOURCES = Path(__file__).resolve().parent.parent


class Stage:
    """Use it with `with`: whatever happens, its processes end and its folder goes."""

    def __init__(self, tools: Path):
        self.tools = tools
        self.folder = Path(tempfile.mkdtemp(prefix="usher-bench-"))
        # The database server runs as another user and must be able to pass.
        self.folder.chmod(0o711)
        self._numbers = 0

    def __enter__(self) -> Stage:
        try:
            run(["make", "-s", "-C", SOURCES / "tools", f"OUT={self.tools}"])
            self.secret_file, self.key_file = write_secrets(self.folder)
            # Both take a second or two before they can be started; they take it together.
            self.postgres, self.kafka = Postgres(self.folder), Kafka(self.folder, self.tools)
            self.postgres.launch()
            self.kafka.launch()
            self.cashier = Cashier(self.folder, self.tools, self.secret_file)
            self.postgres.wait()
            self.kafka.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for part in ("cashier", "kafka", "postgres"):
            if hasattr(self, part):
                getattr(self, part).stop()
        if os.environ.get("BENCH_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new_name(self, what: str) -> str:
        """A name that no other run has."""
        self._numbers += 1
        return f"{what}-{self._numbers}"

    def come_to_rest(self) -> None:
        """Has everything on the disk that was written so far: what follows waits for nothing of an earlier time."""
        with self.postgres.session("postgres") as session:
            session.ask("checkpoint")
        os.sync()

    def psql(self, database: str) -> list[str]:
        return ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.postgres.connection(database, SUPERUSER)]

    def cpu(self) -> dict[str, int]:
        """CPU time used so far by what stands around the worker, in microseconds."""
        assert self.kafka.broker
        return {
            "postgres": proc.tree_cpu_us(self.postgres.pid),
            "broker": proc.cpu_us(self.kafka.broker.pid),
            "stub": proc.cpu_us(self.cashier.pid),
        }
