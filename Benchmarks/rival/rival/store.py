"""One method per transaction. Every one may be run again when its commit ended in doubt: the second run is harmless."""

from __future__ import annotations

import asyncio
import logging

import asyncpg

log = logging.getLogger("rival.store")

# Joins go through primary keys whatever the statistics say: plans are made once, perhaps on empty tables.
_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "jit": "off",
}

_INSERT_CLAIMED = """
INSERT INTO rival.job (
    job_id, order_id, content_digest, src_partition, src_offset, campaign, not_after,
    account, src_topic, state, attempts, lease_epoch, lease_owner, first_send, last_send
  )
  SELECT u.job_id, u.order_id, u.digest, u.partition, u.src_offset, u.campaign,
    COALESCE(u.not_after, now() + interval '24 hours'), $8, $9, 1, 1, 1, $10, now(), now()
  FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::int4[], $5::int8[], $6::text[], $7::timestamptz[])
    AS u (job_id, order_id, digest, partition, src_offset, campaign, not_after)
  ORDER BY u.order_id COLLATE "C", u.src_offset
  ON CONFLICT (account, order_id) DO NOTHING
  RETURNING job_id, extract(epoch FROM now())::float8
"""
_INSERT_BODIES = """
INSERT INTO rival.body (job_id, key_id, sealed)
SELECT u.job_id, $3, u.sealed FROM unnest($1::int8[], $2::bytea[]) AS u (job_id, sealed)
"""
_POSITIONS = """
INSERT INTO rival.position (topic, partition, next_offset)
SELECT $1, u.partition, u.next_offset FROM unnest($2::int4[], $3::int8[]) AS u (partition, next_offset)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = GREATEST(position.next_offset, EXCLUDED.next_offset)
"""
# Takes the fresh mark from jobs that are to wait: nothing was sent in this transaction.
_SCHEDULE = """
WITH waiting AS (
  UPDATE rival.job j
  SET state = 0, attempts = 0, lease_owner = NULL, first_send = NULL, last_send = NULL
  FROM unnest($1::int8[]) AS u (job_id) WHERE j.job_id = u.job_id
)
INSERT INTO rival.due (job_id, due_at) SELECT * FROM unnest($1::int8[], $2::timestamptz[])
"""
_COLLIDE = """
SELECT j.job_id, j.order_id, j.src_topic, j.src_partition, j.src_offset, j.content_digest, j.state, j.lease_owner,
  j.lease_epoch, extract(epoch FROM j.last_send)::float8 AS last_send,
  b.key_id, b.sealed, r.result_no IS NOT NULL AS has_result
FROM unnest($2::text[]) AS u (order_id)
JOIN rival.job j ON j.account = $1 AND j.order_id = u.order_id
LEFT JOIN rival.body b ON b.job_id = j.job_id
LEFT JOIN rival.result r ON r.result_no = j.job_id
"""
_DUPLICATES = """
INSERT INTO rival.duplicate (topic, src_partition, src_offset, job_id, same_content)
SELECT $1, * FROM unnest($2::int4[], $3::int8[], $4::int8[], $5::bool[]) ON CONFLICT DO NOTHING
RETURNING src_partition, src_offset
"""
_QUARANTINE = """
INSERT INTO rival.quarantine (topic, src_partition, src_offset, reason, field, detail, key_id, sealed)
SELECT $1, u.partition, u.src_offset, u.reason, u.field, u.detail, $7, u.sealed
FROM unnest($2::int4[], $3::int8[], $4::text[], $5::text[], $6::text[], $8::bytea[])
  AS u (partition, src_offset, reason, field, detail, sealed)
ON CONFLICT DO NOTHING
RETURNING src_partition, src_offset
"""
_ANSWERS = """
WITH new AS (
  INSERT INTO rival.result (result_no, outcome, order_id, key_id, sealed)
  SELECT u.result_no, u.outcome, u.order_id, $4, u.sealed
  FROM unnest($1::int8[], $2::int2[], $3::text[], $5::bytea[]) AS u (result_no, outcome, order_id, sealed)
  ON CONFLICT DO NOTHING
  RETURNING result_no
)
INSERT INTO rival.outbox (result_no, owner) SELECT result_no, $6 FROM new
"""
_QUEUE_AGAIN = """
INSERT INTO rival.outbox (result_no, owner)
SELECT DISTINCT u.result_no, $2::int8 FROM unnest($1::int8[]) AS u (result_no)
ON CONFLICT DO NOTHING
RETURNING result_no
"""
# The end of jobs, their results and outbox rows in one commit, fenced by the lease's epoch. Acknowledged outbox rows
# go with the same commit. A lease that was lost changes nothing.
_FINISH = """
WITH done AS (
  UPDATE rival.job j
  SET state = u.state, lease_owner = NULL, finished_at = now(), last_code = u.code
  FROM unnest($1::int8[], $2::int4[], $3::int2[], $4::text[], $5::text[], $6::bytea[])
    AS u (job_id, epoch, state, code, order_id, sealed)
  WHERE j.job_id = u.job_id AND j.lease_epoch = u.epoch AND j.lease_owner = $8 AND j.state IN (0, 1, 2)
  RETURNING j.job_id, u.state, u.order_id, u.sealed
), results AS (
  INSERT INTO rival.result (result_no, outcome, order_id, key_id, sealed)
  SELECT job_id, state, order_id, $7, sealed FROM done
), queued AS (
  INSERT INTO rival.outbox (result_no, owner) SELECT job_id, $8 FROM done
), acknowledged AS (
  DELETE FROM rival.outbox WHERE result_no = ANY ($9::int8[])
)
SELECT job_id FROM done
"""
_FORGET_DUE = "DELETE FROM rival.due WHERE job_id = ANY ($1::int8[]) AND lease_owner = $2"
_ACKNOWLEDGE = "DELETE FROM rival.outbox WHERE result_no = ANY ($1::int8[])"
# Back to ready or verify. An attempt that was not sent is given back.
_MOVE = """
WITH moved AS (
  UPDATE rival.job j
  SET state = u.state, lease_owner = NULL, last_code = u.code,
    attempts = j.attempts - u.unsent, look_ups = CASE WHEN j.state = 1 THEN 0 ELSE j.look_ups END,
    first_send = CASE WHEN j.attempts - u.unsent = 0 THEN NULL ELSE j.first_send END
  FROM unnest($1::int8[], $2::int4[], $3::int2[], $4::text[], $5::int2[], $6::float8[])
    AS u (job_id, epoch, state, code, unsent, delay)
  WHERE j.job_id = u.job_id AND j.lease_epoch = u.epoch AND j.lease_owner = $7 AND j.state IN (0, 1, 2)
  RETURNING j.job_id, now() + u.delay * interval '1 second' AS due_at
)
INSERT INTO rival.due (job_id, due_at) SELECT job_id, due_at FROM moved
ON CONFLICT (job_id) DO UPDATE SET due_at = EXCLUDED.due_at, lease_owner = NULL
RETURNING job_id
"""
# The claim is the durable mark: what may be sent is `sending` when this commits. A job past its end only gets a lease.
_CLAIM = """
WITH found AS MATERIALIZED (
  SELECT d.job_id FROM rival.due d
  WHERE d.lease_owner IS NULL AND d.due_at <= now()
  ORDER BY d.due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), held AS (
  UPDATE rival.due d SET lease_owner = $2 FROM found f WHERE d.job_id = f.job_id RETURNING d.job_id
), leased AS (
  UPDATE rival.job j
  SET lease_epoch = j.lease_epoch + 1, lease_owner = $2,
    state = CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE j.state END,
    attempts = j.attempts + CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE 0 END,
    look_ups = j.look_ups + CASE WHEN j.state = 2 THEN 1 ELSE 0 END,
    first_send = CASE WHEN j.state = 0 AND j.not_after > now() THEN COALESCE(j.first_send, now()) ELSE j.first_send END,
    last_send = CASE WHEN j.state = 0 AND j.not_after > now() THEN now() ELSE j.last_send END
  FROM held h WHERE j.job_id = h.job_id
  RETURNING j.*
)
SELECT l.job_id, l.lease_epoch, l.state, l.order_id, l.campaign, l.attempts, l.look_ups,
  extract(epoch FROM l.first_send)::float8 AS first_send, extract(epoch FROM l.last_send)::float8 AS last_send,
  b.key_id, b.sealed, extract(epoch FROM now())::float8 AS now
FROM leased l JOIN rival.body b ON b.job_id = l.job_id
"""
# A dead worker's claims: what was marked as about to be sent has an unknown outcome. The epoch moves on, so that a
# worker that was only paused writes nothing any more.
_REAP = """
WITH dead AS MATERIALIZED (
  SELECT w.worker_id, w.low_job FROM rival.worker w
  WHERE w.alive_until < now() AND w.worker_id <> $1 FOR UPDATE SKIP LOCKED
), lost AS MATERIALIZED (
  SELECT j.job_id FROM dead w JOIN rival.job j ON j.job_id >= w.low_job AND j.lease_owner = w.worker_id
  UNION
  SELECT d.job_id FROM dead w JOIN rival.due d ON d.lease_owner = w.worker_id
), freed AS (
  UPDATE rival.job j
  SET state = CASE WHEN j.state = 1 THEN 2 ELSE j.state END, lease_owner = NULL, lease_epoch = j.lease_epoch + 1,
    look_ups = CASE WHEN j.state = 1 THEN 0 ELSE j.look_ups END, last_code = 'worker_lost'
  FROM lost l WHERE j.job_id = l.job_id AND j.state IN (0, 1, 2)
  RETURNING j.job_id
), due AS (
  INSERT INTO rival.due (job_id, due_at) SELECT job_id, now() FROM freed
  ON CONFLICT (job_id) DO UPDATE SET due_at = now(), lease_owner = NULL
), orphaned AS (
  UPDATE rival.outbox o SET owner = 0 FROM dead w WHERE o.owner = w.worker_id
), gone AS (
  DELETE FROM rival.worker w USING dead d WHERE w.worker_id = d.worker_id
)
SELECT count(*) FROM freed
"""
_ADOPT = """
WITH free AS MATERIALIZED (
  SELECT result_no FROM rival.outbox WHERE owner = 0 LIMIT 1000 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE rival.outbox o SET owner = $1 FROM free f WHERE o.result_no = f.result_no RETURNING o.result_no
)
SELECT r.result_no, r.outcome, r.order_id, r.key_id, r.sealed FROM taken t JOIN rival.result r USING (result_no)
"""
_OWN = """
SELECT r.result_no, r.outcome, r.order_id, r.key_id, r.sealed
FROM rival.outbox o JOIN rival.result r USING (result_no)
WHERE o.owner = $1 AND r.created_at < now() - interval '15 seconds' LIMIT 20000
"""
_REVIVE = """
INSERT INTO rival.worker (alive_until, low_job) VALUES (now() + $1 * interval '1 second', $2) RETURNING worker_id
"""
_HEARTBEAT = """
UPDATE rival.worker SET alive_until = now() + $2 * interval '1 second', low_job = $3 WHERE worker_id = $1
RETURNING worker_id
"""

_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)


class Line:
    """One connection, used by one task at a time, that is made again when it breaks."""

    def __init__(self, dsn: str):
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()

    async def run(self, work, give_up=None):
        """`work(connection)` in one transaction, again until it commits; None once `give_up()` is true."""
        async with self._lock:
            pause = 0.05
            while True:
                try:
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await asyncpg.connect(
                            self._dsn, server_settings=_SETTINGS, command_timeout=30, statement_cache_size=100
                        )
                    async with self._connection.transaction():
                        return await work(self._connection)
                except _TRANSIENT as fault:
                    log.warning("the database is not there (%s); trying again", type(fault).__name__)
                    self._drop()
                    if give_up is not None and give_up():
                        return None
                    await asyncio.sleep(pause)
                    pause = min(2.0, pause * 2)
                except BaseException:
                    # A task that is cancelled in BEGIN leaves a transaction open, and the next would be a part of it.
                    self._drop()
                    raise

    def _drop(self):
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self):
        if self._connection is not None:
            try:
                await self._connection.close(timeout=2)
            except _TRANSIENT:
                self._connection.terminate()


class Store:
    """The statements, each on the line of the task that needs it."""

    def __init__(self, dsn: str, account: str, topic: str, key_id: str, lease: float):
        self.intake, self.settling, self.upkeep = Line(dsn), Line(dsn), Line(dsn)
        self._account, self._topic, self._key_id, self._lease = account, topic, key_id, lease
        self.worker_id = 0
        self._next = self._end = 0

    async def migrate(self, path: str):
        with open(path, encoding="utf-8") as file:
            schema = file.read()
        await self.upkeep.run(lambda c: c.execute(f"SELECT pg_advisory_xact_lock(7461); {schema}"))

    async def register(self):
        await self.numbers(1)
        self.worker_id = await self.upkeep.run(lambda c: c.fetchval(_REVIVE, self._lease, self._next - 1))

    async def heartbeat(self, low_job: int) -> bool:
        return bool(await self.upkeep.run(lambda c: c.fetchval(_HEARTBEAT, self.worker_id, self._lease, low_job)))

    async def retire(self):
        await self.upkeep.run(
            lambda c: c.execute("UPDATE rival.worker SET alive_until = now() WHERE worker_id = $1", self.worker_id)
        )

    async def numbers(self, count: int) -> range:
        """Ids that nobody else has."""
        if self._end - self._next < count:
            start = await self.intake.run(lambda c: c.fetchval("SELECT nextval('rival.number')"))
            self._next, self._end = start, start + 10_000
        self._next += count
        return range(self._next - count, self._next)

    @property
    def next_number(self) -> int:
        return self._next

    async def positions(self) -> dict[int, int]:
        rows = await self.intake.run(
            lambda c: c.fetch("SELECT partition, next_offset FROM rival.position WHERE topic = $1", self._topic)
        )
        return {row[0]: row[1] for row in rows}

    async def take_in(self, batch) -> None:
        """A batch of records with the positions behind them; see `Batch` for what comes back in it."""
        await self.intake.run(lambda c: self._take_in(c, batch))

    async def _take_in(self, c, batch):
        batch.reset()
        jobs = batch.jobs
        if jobs:
            rows = await c.fetch(_INSERT_CLAIMED, *batch.columns(), self._account, self._topic, self.worker_id)
            batch.now = rows[0][1] if rows else None
            inserted = batch.inserted = jobs
            if len(rows) < len(jobs):
                ids = {row[0] for row in rows}
                inserted = batch.inserted = [job for job in jobs if job.job_id in ids]
            await c.execute(
                _INSERT_BODIES, [job.job_id for job in inserted], [job.sealed for job in inserted], self._key_id
            )
            if len(rows) < len(jobs):
                # After the bodies: a record may collide with one of its own batch.
                await self._collide(c, batch, [job for job in jobs if job.job_id not in ids])
            waiting = [job for job in inserted if job.not_before is not None]
            if waiting:
                batch.inserted = [job for job in inserted if job.not_before is None]
                await c.execute(_SCHEDULE, [job.job_id for job in waiting], [job.not_before for job in waiting])
        if batch.refused:
            await self._quarantine(c, batch)
        await c.execute(_POSITIONS, self._topic, list(batch.positions), list(batch.positions.values()))

    async def _collide(self, c, batch, losers):
        stored = {r["order_id"]: r for r in await c.fetch(_COLLIDE, self._account, [j.order_id for j in losers])}
        noted, again = [], []
        for job in losers:
            row = stored[job.order_id]
            if (row["src_topic"], row["src_partition"], row["src_offset"]) == (self._topic, job.partition, job.offset):
                # This very record, taken before. If a commit of ours ended in doubt, the claim is ours and unsent.
                if row["state"] == 1 and row["lease_owner"] == self.worker_id and row["lease_epoch"] == 1:
                    batch.resumed.append((job, row["job_id"], row["last_send"]))
                continue
            same = row["content_digest"] == job.digest
            noted.append((job, row, same))
        if not noted:
            return
        fresh = await c.fetch(
            _DUPLICATES,
            self._topic,
            [job.partition for job, _, _ in noted],
            [job.offset for job, _, _ in noted],
            [row["job_id"] for _, row, _ in noted],
            [same for _, _, same in noted],
        )
        fresh = {(row[0], row[1]) for row in fresh}
        conflicts = []
        for job, row, same in noted:
            if (job.partition, job.offset) not in fresh:
                continue
            if not same:
                conflicts.append((job, row))
            elif row["has_result"]:
                again.append(row["job_id"])
        if again:
            await c.fetch(_QUEUE_AGAIN, again, 0)
        if conflicts:
            await self._answer(c, batch.conflict_answers(conflicts))

    async def _answer(self, c, answers):
        if answers:
            numbers, outcomes, orders, sealed = zip(*answers, strict=True)
            await c.execute(_ANSWERS, numbers, outcomes, orders, self._key_id, sealed, 0)

    async def _quarantine(self, c, batch):
        rows = batch.refused
        fresh = await c.fetch(
            _QUARANTINE,
            self._topic,
            [row.partition for row in rows],
            [row.offset for row in rows],
            [row.refusal.reason for row in rows],
            [row.refusal.field for row in rows],
            [row.refusal.detail for row in rows],
            self._key_id,
            [row.sealed for row in rows],
        )
        fresh = {(row[0], row[1]) for row in fresh}
        await self._answer(
            c, [row.answer for row in rows if row.answer is not None and (row.partition, row.offset) in fresh]
        )

    async def finish(self, ends, acknowledged) -> set[int]:
        """Ends jobs: (job_id, epoch, state, code, order_id, sealed, was_due). Returns the ids that were still ours."""
        columns = [list(column) for column in zip(*ends, strict=True)]
        due = [end[0] for end in ends if end[6]]

        async def work(c):
            if due:
                await c.execute(_FORGET_DUE, due, self.worker_id)
            rows = await c.fetch(_FINISH, *columns[:6], self._key_id, self.worker_id, acknowledged)
            if len(rows) == len(ends):
                return None
            return {row[0] for row in rows}

        ours = await self.settling.run(work)
        return {end[0] for end in ends} if ours is None else ours

    async def move(self, moves):
        """Sets jobs back to ready or verify: (job_id, epoch, state, code, unsent, delay)."""
        columns = [list(column) for column in zip(*moves, strict=True)]
        await self.settling.run(lambda c: c.fetch(_MOVE, *columns, self.worker_id))

    async def acknowledge(self, numbers):
        await self.settling.run(lambda c: c.execute(_ACKNOWLEDGE, numbers))

    async def claim(self, limit: int):
        return await self.upkeep.run(lambda c: c.fetch(_CLAIM, limit, self.worker_id))

    async def reap(self) -> int:
        return await self.upkeep.run(lambda c: c.fetchval(_REAP, self.worker_id))

    async def adopt(self):
        return await self.upkeep.run(lambda c: c.fetch(_ADOPT, self.worker_id))

    async def own_outbox(self):
        return await self.upkeep.run(lambda c: c.fetch(_OWN, self.worker_id))

    async def close(self):
        for line in (self.intake, self.settling, self.upkeep):
            await line.close()
