"""Real servers for a check: Apache Kafka from KAFKA_HOME, Postgres, and the Cashier's simulator."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

MERCHANT, APPLICATION, SECRET = "Test-Integration-Merchant", "Sandbox", "MerchantSecretKey"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, is_true, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise SystemExit(f"check: {what}: not within {seconds:.0f} s")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


class Servers:
    """Started by `with`, all ended at its end, by their own process ids."""

    def __init__(self, folder: Path, kafka_home: str, usher: str):
        self._folder, self._kafka_home, self._usher = folder, kafka_home, usher
        self._processes: list[subprocess.Popen] = []
        self._postgres: subprocess.Popen | None = None
        self.kafka_port, self.postgres_port = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self.kafka_port}"
        self.dsn = f"postgresql://rival@127.0.0.1:{self.postgres_port}/rival"
        self.simulator = ""

    def __enter__(self):
        try:
            self._start_kafka()
            self._start_postgres()
            self._start_simulator()
            wait_for("Kafka answers", lambda: _answers(self.kafka_port))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        for process in reversed(self._processes):
            process.terminate()
        if self._postgres is not None:
            self._postgres.send_signal(signal.SIGINT)
            self._processes.append(self._postgres)
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, command, log: str, **options) -> subprocess.Popen:
        with open(self._folder / log, "ab") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, **options)
        return process

    def _start_kafka(self):
        home, controller = self._folder / "kafka", free_port()
        home.mkdir()
        (home / "server.properties").write_text(
            "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n"
            f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
            f"listeners=PLAINTEXT://127.0.0.1:{self.kafka_port},CONTROLLER://127.0.0.1:{controller}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.kafka_port}\n"
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
            f"log.dirs={home}/data\nauto.create.topics.enable=false\noffsets.topic.replication.factor=1\n"
            "offsets.topic.num.partitions=4\ntransaction.state.log.replication.factor=1\n"
            "transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n"
        )
        java = ["java", "-Xms256m", "-Xmx512m", "-cp", f"{self._kafka_home}/libs/*"]
        cluster = secrets.token_urlsafe(16)[:22]
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config"]
        subprocess.run([*java, *tool, home / "server.properties"], check=True, capture_output=True)
        broker = self._start([*java, "kafka.Kafka", home / "server.properties"], "kafka.log", cwd=home)
        self._processes.append(broker)

    def _start_postgres(self):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not found:
            raise SystemExit("check: no PostgreSQL server below /usr/lib/postgresql; install the package postgresql")
        bin_folder, home = found[-1].parent, self._folder / "postgres"
        home.mkdir()
        become = []
        if os.getuid() == 0:
            # The server refuses to run as root.
            become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(home, "postgres", "postgres")
            self._folder.chmod(0o755)
        data = home / "data"
        initdb = [*become, bin_folder / "initdb", "-D", data, "-U", "rival", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True)
        settings = [f"port={self.postgres_port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}"]
        command = [*become, bin_folder / "postgres", "-D", data]
        for setting in settings:
            command += ["-c", setting]
        self._postgres = self._start(command, "postgres.log")
        wait_for("Postgres answers", lambda: _answers(self.postgres_port))
        create = [bin_folder / "createdb", "-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", "rival", "rival"]
        wait_for("the database is there", lambda: subprocess.run(create, capture_output=True).returncode == 0)

    def _start_simulator(self):
        (self._folder / "secret").write_text(SECRET)
        (self._folder / "secret").chmod(0o400)
        port = free_port()
        command = [self._usher, "simulator", "--port", str(port), "--secret-file", self._folder / "secret"]
        self._processes.append(self._start(command, "simulator.log"))
        self.simulator = f"http://127.0.0.1:{port}"
        wait_for("the simulator answers", lambda: _answers(port))

    def faults(self, plan: str):
        request = urllib.request.Request(f"{self.simulator}/faults?seed=7", plan.encode(), method="POST")
        urllib.request.urlopen(request).close()

    def accepts(self):
        with urllib.request.urlopen(f"{self.simulator}/accepts") as lines:
            return lines.read().decode().splitlines()
