"""A PostgreSQL server with durable commits, and sessions with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from pathlib import Path

from .processes import Child, Failure, last_words, until

SUPERUSER = "usher"
# The benchmark's own questions come from another role, so that they can be told from the worker's.
OBSERVER = "bench"


def programs() -> Path:
    root = Path("/usr/lib/postgresql")
    versions = sorted((int(each.name) for each in root.iterdir() if each.name.isdigit()), reverse=True)
    if not versions:
        raise Failure(f"no PostgreSQL under {root}: install the package postgresql")
    return root / str(versions[0]) / "bin"


def _shared_buffers_mb() -> int:
    """A quarter of the memory, as its manual advises, at most 2 GB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(2048, total // 4)


class Postgres:
    def __init__(self, folder: Path):
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.data = self.folder / "data"
        # The server refuses to run as root; it runs as the user that Debian made for it.
        self.prefix: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            shutil.chown(self.folder, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig", "KILL"]
            self.prefix.append("--")
        has_statements = any(
            Path(f"/usr/share/postgresql/{programs().parent.name}/extension").glob("pg_stat_statements.control")
        )
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "shared_buffers": f"{_shared_buffers_mb()}MB",
            "max_wal_size": "8GB",
            "min_wal_size": "4GB",
            "shared_preload_libraries": "pg_stat_statements" if has_statements else "",
        }
        self.has_statements = has_statements
        self.initialising = Child(
            [*self.prefix, programs() / "initdb", "-D", self.data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
            + ["--locale=C", "--no-sync", "--no-instructions"],
            self.folder.parent / "initdb.log",
        )
        self.server: Child | None = None

    def launch(self) -> None:
        if self.initialising.process.wait(60) != 0:
            raise Failure(f"initdb: {last_words(self.initialising.log)}")
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        self.server = Child(
            [*self.prefix, programs() / "postgres", "-D", self.data, *options], self.folder.parent / "postgres.log"
        )

    def wait(self) -> None:
        assert self.server
        server = self.server

        def listens() -> bool:
            if server.has_ended:
                raise Failure(f"PostgreSQL ended at its start: {last_words(server.log)}")
            return "ready to accept connections" in server.log.read_text(errors="replace")

        until("PostgreSQL answers", listens, within=30)
        with self.session("postgres", SUPERUSER) as session:
            session.ask(f"create role {OBSERVER} superuser login")
            if self.has_statements:
                session.ask("create extension pg_stat_statements")

    def age_wal(self, segments: int) -> None:
        """Goes through so many WAL files, as a server that has run for a while has: from then on they are used again.

        A new one is written full of zeros first, 16 MB that every commit waits for.
        """
        with self.session("postgres") as session:
            session.ask(
                f"do $$ begin for n in 1..{segments} loop perform pg_logical_emit_message(false, 'bench', ''); "
                "perform pg_switch_wal(); end loop; end $$"
            )
            session.ask("checkpoint")

    @property
    def pid(self) -> int:
        assert self.server
        return self.server.pid

    def session(self, database: str, user: str = OBSERVER) -> Session:
        return Session(self, database, user)

    def connection(self, database: str, user: str = SUPERUSER) -> str:
        return f"host={self.folder} user={user} dbname={database}"

    def changed_settings(self) -> dict[str, str]:
        """Every setting of the server that is not PostgreSQL's default."""
        with self.session("postgres") as session:
            rows = session.rows(
                "select name, current_setting(name) from pg_settings where source in "
                "('command line', 'configuration file', 'override', 'environment variable') and setting is distinct "
                "from boot_val and name not in ('config_file', 'data_directory', 'hba_file', 'ident_file', "
                "'unix_socket_directories', 'listen_addresses') order by 1"
            )
        return {row[0]: row[1] for row in rows}

    def stop(self) -> None:
        self.initialising.stop(9)
        if self.server:
            # Immediate shutdown: the data goes anyway.
            self.server.stop(signal.SIGQUIT, within=10)


class Session:
    """A psql that answers one question after the other; starting one for each would cost more than the answer."""

    END = "-- end of answer --"

    def __init__(self, postgres: Postgres, database: str, user: str):
        self.asked = 0
        self.child = Child(
            ["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", postgres.connection(database, user)],
            postgres.folder.parent / "psql.log",
            variables={"PGOPTIONS": "-c client_min_messages=warning"},
            pipes=True,
        )

    def rows(self, sql: str) -> list[list[str]]:
        self.asked += 1
        pipe_in, pipe_out = self.child.process.stdin, self.child.process.stdout
        assert pipe_in and pipe_out
        pipe_in.write(f"{sql.rstrip().rstrip(';')};\n\\echo {self.END}\n")
        pipe_in.flush()
        rows: list[list[str]] = []
        while True:
            line = pipe_out.readline()
            if not line:
                raise Failure(f"psql: {last_words(self.child.log)}")
            if line.rstrip("\n") == self.END:
                return rows
            rows.append(line.rstrip("\n").split("\t"))

    def ask(self, sql: str) -> str:
        """The first column of the first row; empty without rows."""
        rows = self.rows(sql)
        return rows[0][0] if rows else ""

    def number(self, sql: str) -> int:
        return int(self.ask(sql) or 0)

    def close(self) -> None:
        self.child.stop(9)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
