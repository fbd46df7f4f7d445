"""Kafka by librdkafka: records are taken without waiting, results go out by an idempotent producer."""

from __future__ import annotations

import logging

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

log = logging.getLogger("rival.kafka")

# A rest takes one record every two seconds: only a long one comes to so many.
KEPT_MAX = 1_000


class Source:
    """The jobs topic. New partitions stay paused until `adopt` said where to begin."""

    def __init__(self, bootstrap: str, group: str, topic: str):
        self._topic = topic
        self.fresh: list[TopicPartition] = []
        self.is_assigned = False
        self._is_resting = False
        self._kept: list = []
        self._to_commit: dict[int, int] = {}
        self._committed_at = 0.0
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "partition.assignment.strategy": "range,roundrobin",
                "fetch.wait.max.ms": 100,
                "session.timeout.ms": 10_000,
                "queued.max.messages.kbytes": 65_536,
                "allow.auto.create.topics": False,
                "log_level": 3,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked)

    def _assigned(self, consumer, partitions):
        # Beginning at 0 and paused: the real position needs the database, which must not be waited for in here.
        self.fresh = list(partitions)
        self.is_assigned = True
        self._is_resting = False
        consumer.assign([TopicPartition(p.topic, p.partition, OFFSET_BEGINNING) for p in partitions])
        if partitions:
            consumer.pause(partitions)

    def _revoked(self, consumer, _partitions):
        # Still as the old member: once others own the partitions, our late word would put them back.
        self._commit(is_last=True)
        # Read again by whoever has their partitions now.
        self._kept = []
        self.fresh = []
        consumer.unassign()

    def committed(self, partitions):
        """Blocks; for a thread."""
        return self._consumer.committed(partitions, timeout=10)

    def start(self, committed, stored: dict[int, int]) -> None:
        """Begins at the smaller of both positions; where there is none, at the beginning."""
        starts = []
        for partition in committed:
            known = [offset for offset in (partition.offset, stored.get(partition.partition, -1)) if offset >= 0]
            # Without a position in Kafka the stored one stands; without both it is a topic never read.
            starts.append(TopicPartition(self._topic, partition.partition, min(known) if known else OFFSET_BEGINNING))
        self.fresh = []
        self._consumer.assign(starts)
        self._consumer.resume(starts)

    def take(self, limit: int):
        """What has arrived, at once."""
        if self._is_resting:
            self._is_resting = False
            self._consumer.resume(self._consumer.assignment())
        if self._kept:
            kept, self._kept = self._kept, []
            return kept
        return self._take(limit)

    def rest(self) -> None:
        """Keeps what comes for the next `take`, and hears of rebalances.

        Pausing drops all that was fetched, and once left a partition paused for good: it is for long rests only.
        """
        if len(self._kept) >= KEPT_MAX and not self._is_resting:
            self._is_resting = True
            self._consumer.pause(self._consumer.assignment())
        self._kept += self._take(1)

    def _take(self, limit: int):
        messages = self._consumer.consume(limit, 0)
        good = []
        for message in messages:
            error = message.error()
            if error is None:
                good.append(message)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET or error.fatal():
                raise KafkaException(error)
            else:
                log.warning("kafka: %s", error.name())
        return good

    def done(self, positions: dict[int, int]) -> None:
        """Postgres accounts for everything before these positions."""
        self._to_commit.update(positions)

    def commit_now_and_then(self, now: float) -> None:
        """Twice a second is enough: what is read again after a crash is known by its position."""
        if self._to_commit and now - self._committed_at >= 0.5:
            self._committed_at = now
            self._commit(is_last=False)

    def _commit(self, is_last: bool) -> None:
        offsets = [TopicPartition(self._topic, partition, offset) for partition, offset in self._to_commit.items()]
        self._to_commit = {}
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=not is_last)
        except KafkaException as fault:
            log.warning("kafka: %s", fault.args[0].name())

    def close(self):
        """Blocks; for a thread. Leaving the group calls `_revoked`."""
        self._consumer.close()


class Sink:
    """The results topic."""

    def __init__(self, bootstrap: str, topic: str):
        self._topic = topic
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "delivery.timeout.ms": 30_000,
                "queue.buffering.max.messages": 1_000_000,
                "compression.type": "none",
                "allow.auto.create.topics": False,
                "log_level": 3,
            }
        )
        self.poll = self._producer.poll

    def send(self, key, value, headers, delivered):
        """`delivered(error, message)` is called by `poll`."""
        self._producer.produce(self._topic, value, key, headers=headers, on_delivery=delivered)

    def flush(self, timeout: float) -> int:
        return self._producer.flush(timeout)
