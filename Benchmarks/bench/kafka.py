"""An Apache Kafka of one broker, and what is done with its topics."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from . import proc
from .processes import Child, Failure, last_words, run, until

# As Kafka's own start script has it: the heap, and a collector that is to stop the broker for 20 ms at most.
JAVA_OPTIONS = [
    *("-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
    *("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true"),
]


def home() -> Path:
    named = os.environ.get("KAFKA_HOME")
    if not named or not (Path(named) / "libs").is_dir():
        raise Failure(
            "KAFKA_HOME must name an unpacked Apache Kafka 4 (the folder that holds libs/): "
            "the benchmark measures against a real broker only."
        )
    return Path(named)


def version() -> str:
    jars = sorted((home() / "libs").glob("kafka-clients-*.jar"))
    return jars[0].stem.removeprefix("kafka-clients-") if jars else "?"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _properties(folder: Path, port: int, controller: int) -> str:
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Else each start of a worker would measure this wait.
group.initial.rebalance.delay.ms=0
# Each new partition maps two indexes of this size, and the kernel fills all of them with zeros at the first record: of
# 10 MB, the default, that was two thirds of the broker's time in a run, which always begins with new partitions.
log.index.size.max.bytes=262144
log.retention.hours=-1
"""


class Kafka:
    def __init__(self, folder: Path, tools: Path):
        self.folder = folder / "kafka"
        self.folder.mkdir()
        self.tools = tools
        port, controller = _free_ports(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self.port = port
        (self.folder / "server.properties").write_text(_properties(self.folder, port, controller))
        (self.folder / "log4j2.properties").write_text(
            "status = warn\nappender.file.type = File\nappender.file.name = file\n"
            f"appender.file.fileName = {self.folder}/broker.log\nappender.file.layout.type = PatternLayout\n"
            "appender.file.layout.pattern = %d{ISO8601} %p %c{1} %m%n\n"
            "rootLogger.level = warn\nrootLogger.appenderRef.file.ref = file\n"
        )
        self.formatting = Child(
            ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", f"{home()}/libs/*", "kafka.tools.StorageTool"]
            + ["format", "--cluster-id", "kVdqbOvuQ5mWOTWtHtLkvw", "--config", f"{self.folder}/server.properties"],
            self.folder / "format.log",
        )
        self.broker: Child | None = None

    def launch(self) -> None:
        """Starts the broker once its folder is formatted; `wait` waits until it answers."""
        if self.formatting.process.wait(60) != 0:
            raise Failure(f"Kafka's folder cannot be formatted: {last_words(self.formatting.log)}")
        self.broker = Child(
            ["java", *JAVA_OPTIONS]
            + [f"-Dlog4j2.configurationFile={self.folder}/log4j2.properties", "-cp", f"{home()}/libs/*"]
            + ["kafka.Kafka", f"{self.folder}/server.properties"],
            self.folder / "stdout.log",
        )

    def wait(self) -> None:
        assert self.broker
        broker = self.broker

        def answers() -> bool:
            if broker.has_ended:
                raise Failure(f"the broker ended at its start: {last_words(broker.log)}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                return False
            return True

        until("the broker answers", answers, within=90, every=0.05)

    def create(self, topic: str, partitions: int, append_time: bool = False) -> None:
        """Makes a topic. With `append_time` its records carry the moment at which the broker took them."""
        words = ["--create", topic, "--partitions", str(partitions)] + (["--append-time", "yes"] if append_time else [])
        run([self.tools / "topics", "--bootstrap", self.bootstrap, *words])

    def delete(self, topic: str) -> None:
        run([self.tools / "topics", "--bootstrap", self.bootstrap, "--delete", topic])

    def producer(self, topic: str, count: int, prefix: str, **options: object) -> list[str]:
        """The command that puts jobs on a topic; see tools/produce.c."""
        words = [str(self.tools / "produce"), "--bootstrap", self.bootstrap, "--topic", topic]
        words += ["--count", str(count), "--prefix", prefix]
        for name, value in options.items():
            if value is not None:
                words += ["--" + name, str(value)]
        return words

    def preload(self, topic: str, count: int, prefix: str, **options: object) -> dict:
        return json.loads(run(self.producer(topic, count, prefix, **options), within=600))

    def read_back(self, results: str, jobs: str | None = None, times: Path | None = None) -> dict:
        """What a CRM would find on the results topic; see tools/readback.c."""
        words = [self.tools / "readback", "--bootstrap", self.bootstrap, "--results", results]
        if jobs:
            words += ["--jobs", jobs, "--times", str(times)]
        return json.loads(run(words, within=300))

    def compiler_us(self) -> int:
        """CPU time that the broker has spent on compiling itself."""
        assert self.broker
        return proc.compiler_us(proc.cpu_by_thread(self.broker.pid))

    def watch(self, topic: str) -> TopicWatch:
        return TopicWatch(self, topic)

    def stop(self) -> None:
        self.formatting.stop(9)
        if self.broker:
            self.broker.stop(9)


class TopicWatch:
    """Tells how many records a topic has, at the cost of one small request."""

    def __init__(self, kafka: Kafka, topic: str):
        words = [kafka.tools / "topics", "--bootstrap", kafka.bootstrap, "--watch", topic]
        self.child = Child(words, kafka.folder / "watch.log", pipes=True)

    def count(self) -> int:
        return int(self.child.ask("?"))

    def __enter__(self) -> TopicWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.stop(9)
