-- The new orders of a batch, with their bodies and the positions of the partitions that they came from, in one commit.
-- What may start at once is inserted claimed, with its durable mark; the rest waits.
-- $1 topic; $2 to $4 partitions with the first offset and the next after the last; $5 to $13 the jobs, sorted by account
-- and order so that two batches cannot wait for each other in a circle: account, order, partition, offset, lane,
-- campaign, not before, not after, place in the batch; $14 digests, 32 bytes each; $15 to $17 all bodies in one, with
-- where each begins and how long it is; $18 their key; $19 trace parents; $20 the group that a job starts with, none: it
-- waits; $21, $22 those groups; $23 lease in microseconds; $24 the worker; $25 whether the positions move although
-- some orders were there already.
-- A group starts if nothing holds its account and nothing older of it is due; of its jobs, those that are due now.
-- An order that is not inserted is there already, perhaps since an earlier row of the same batch. The positions then
-- stay, unless $25: whoever deals with the others moves them in one transaction with that.
-- Epochs are ascending, and random in their last 20 bits: a database that lost commits gives its numbers again, and must
-- not take what a call of before brings for an outcome of another job.
-- Behind a position that is missing commits nothing is stored, and nothing of a batch that begins before where an
-- operator put a position. The positions are locked first: who moves one meanwhile waits, and a move that was faster is
-- seen.
-- Jobs of a batch are due a microsecond apart in the order in which they came, so that they are claimed in that order.
-- Locks: the partitions' rows, in their order; then the new rows; waits for a transaction that inserts the same order.
-- Plan: function scan, insert; one probe of waiting and account_hold a group; positions by primary key.
WITH base AS MATERIALIZED (
  SELECT nextval('usher.job_block'::regclass) * 1024 AS job_id,
    nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8 AS epoch
),
free AS MATERIALIZED (
  SELECT array_agg(
    (SELECT true FROM usher.account_hold h WHERE h.account = q.account AND h.held_until > now() LIMIT 1) IS NULL
    AND (
      SELECT true FROM usher.waiting w WHERE w.lane = q.lane AND w.account = q.account AND w.due_at <= now()
      ORDER BY w.due_at LIMIT 1
    ) IS NULL
    ORDER BY q.nth
  ) AS groups
  FROM unnest($21::int2[], $22::text[]) WITH ORDINALITY AS q (lane, account, nth)
),
held AS MATERIALIZED (
  SELECT p.at, r.next_offset,
    p.next_offset >= r.first_offset AND LEAST(p.floor_offset, p.next_offset) <= r.first_offset AS is_met
  FROM unnest($2::int4[], $3::int8[], $4::int8[]) AS r (partition, first_offset, next_offset)
  CROSS JOIN LATERAL (
    SELECT p.ctid AS at, p.next_offset, p.floor_offset FROM usher.position p
    WHERE p.topic_id = $1::int2 AND p.partition = r.partition
    FOR UPDATE
  ) p
),
barred AS MATERIALIZED (SELECT bool_and(h.is_met) IS FALSE AS is_so FROM held h),
given AS (
  SELECT b.job_id + u.nth - 1 AS job_id, b.epoch, u.*,
    COALESCE(
      f.groups[u.start_group] AND u.not_after > now() AND (u.not_before IS NULL OR u.not_before <= now()), false
    ) AS starts
  FROM base b
  CROSS JOIN free f
  CROSS JOIN unnest(
    $5::text[], $6::text[], $7::int4[], $8::int8[], $9::int2[], $10::text[], $11::timestamptz[], $12::timestamptz[],
    $13::int4[], $20::int2[]
  ) WITH ORDINALITY AS u (
    account, order_id, src_partition, src_offset, lane, campaign, not_before, not_after, place, start_group, nth
  )
  WHERE NOT (SELECT h.is_so FROM barred h)
),
added AS (
  INSERT INTO usher.job (
    job_id, account, order_id, topic_id, src_partition, src_offset, lane, campaign, due_at, not_after, content_digest,
    state, attempts, first_send, last_send, lease_epoch, lease_until
  )
  SELECT g.job_id, g.account, g.order_id, $1::int2, g.src_partition, g.src_offset, g.lane, g.campaign,
    LEAST(GREATEST(now() - (cardinality($5::text[]) - g.place) * interval '1 microsecond', g.not_before), g.not_after),
    g.not_after, substr($14::bytea, (g.nth * 32 - 31)::int4, 32),
    CASE WHEN g.starts THEN 1 ELSE 0 END, CASE WHEN g.starts THEN 1 ELSE 0 END,
    CASE WHEN g.starts THEN now() END, CASE WHEN g.starts THEN now() END,
    CASE WHEN g.starts THEN g.epoch ELSE 0 END,
    CASE WHEN g.starts THEN now() + $23::int8 * interval '1 microsecond' END
  FROM given g
  ON CONFLICT (account, order_id) DO NOTHING
  RETURNING job_id, state, lane, account, due_at
),
bodies AS (
  INSERT INTO usher.job_body (job_id, generation, key_id, sealed, traceparent)
  SELECT a.job_id, 1, $18::text,
    substr($15::bytea, ($16::int4[])[a.job_id - b.job_id + 1], ($17::int4[])[a.job_id - b.job_id + 1]),
    ($19::text[])[a.job_id - b.job_id + 1]
  FROM base b
  CROSS JOIN added a
),
queued AS (
  INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
  SELECT a.job_id, a.due_at, a.lane, $1::int2, a.account FROM added a WHERE a.state = 0
),
leased AS (
  INSERT INTO usher.lease (lease_epoch, lease_until, worker_id, job_ids)
  SELECT b.epoch, now() + $23::int8 * interval '1 microsecond', $24::int8, array_agg(a.job_id)
  FROM base b
  CROSS JOIN added a
  WHERE a.state = 1
  GROUP BY b.epoch
),
counted AS MATERIALIZED (SELECT count(*) AS jobs FROM added),
stored AS MATERIALIZED (
  SELECT h.at, h.next_offset
  FROM counted c
  CROSS JOIN held h
  WHERE h.is_met AND (c.jobs = cardinality($5::text[]) OR $25::bool)
),
moved AS (
  UPDATE usher.position p SET next_offset = GREATEST(p.next_offset, s.next_offset)
  FROM stored s
  WHERE p.ctid = s.at
  RETURNING p.partition
)
SELECT b.job_id, b.epoch, now(), (SELECT count(*) FROM moved)::int4, c.jobs::int4, f.groups,
  CASE WHEN c.jobs < cardinality($5::text[]) THEN ARRAY(SELECT a.job_id FROM added a) END
FROM base b
CROSS JOIN free f
CROSS JOIN counted c
