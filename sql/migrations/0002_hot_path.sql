-- The way of a job made cheap: its row is inserted once and updated in place once.
--
-- What changes in place may not be indexed. So the queue (`waiting`) and the leases (`lease`) are tables of their own:
-- a job that is sent at once never enters the queue, and one row is the lease on everything that one claim took.
-- Results of jobs (`result`) and answers to records (`answer`) part, so that each has its natural key, and one row of
-- `outbox` stands for all that one transaction has to publish.

DROP INDEX usher.job_waiting, usher.job_leased, usher.job_finished;
ALTER TABLE usher.job DROP CONSTRAINT job_lease_has_an_owner;
-- Jobs are numbered in blocks of 1024, one block a batch: within one statement a row's number then tells its place.
ALTER TABLE usher.job ALTER COLUMN job_id DROP IDENTITY;
CREATE SEQUENCE usher.job_block AS bigint;
SELECT setval('usher.job_block', COALESCE((SELECT max(job_id) FROM usher.job), 0) / 1024 + 1);
-- The lease's number, no longer counted per job: whoever holds the newest may write.
ALTER TABLE usher.job ALTER COLUMN lease_epoch TYPE bigint;
CREATE SEQUENCE usher.lease_epoch AS bigint;
SELECT setval('usher.lease_epoch', COALESCE((SELECT max(lease_epoch) FROM usher.job), 0) + 1);
-- The forms of names are checked where they come in; a pattern here costs more than the row's insertion.
ALTER TABLE usher.job DROP CONSTRAINT job_account_check, DROP CONSTRAINT job_order_id_check;
ALTER TABLE usher.job
  ADD CONSTRAINT job_account_check CHECK (octet_length(account) BETWEEN 1 AND 64),
  ADD CONSTRAINT job_order_id_check CHECK (octet_length(order_id) BETWEEN 1 AND 50);
-- A page's rows are mostly updated by one transaction: each needs room for its second version.
ALTER TABLE usher.job SET (fillfactor = 50);

-- Jobs that wait for their time or for a free call slot: `ready` and `verify`, held by nobody. Whoever takes a row out
-- may lease its job.
CREATE TABLE usher.waiting (
  job_id   bigint      NOT NULL,
  due_at   timestamptz NOT NULL,
  lane     smallint    NOT NULL,
  topic_id smallint    NOT NULL,
  account  text COLLATE "C" NOT NULL,
  PRIMARY KEY (lane, account, due_at, job_id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_limit = 2000);
INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
SELECT job_id, due_at, lane, topic_id, account FROM usher.job WHERE state IN (0, 2) AND lease_until IS NULL
ORDER BY lane, account, due_at, job_id;

-- One row for each claim, until the last of its jobs is settled. A job is held by the lease whose number it carries.
CREATE TABLE usher.lease (
  lease_epoch bigint      PRIMARY KEY,
  lease_until timestamptz NOT NULL,
  worker_id   bigint      NOT NULL,
  job_ids     bigint[]    NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- Numbers of a batch lie close together: trying to compress them costs more than it saves.
ALTER TABLE usher.lease ALTER COLUMN job_ids SET STORAGE EXTERNAL;
CREATE INDEX lease_ends ON usher.lease (lease_until);
INSERT INTO usher.lease (lease_epoch, lease_until, worker_id, job_ids)
SELECT lease_epoch, max(lease_until), max(lease_owner), array_agg(job_id ORDER BY job_id)
FROM usher.job WHERE lease_until IS NOT NULL GROUP BY lease_epoch;
ALTER TABLE usher.job DROP COLUMN lease_owner;

ALTER TABLE usher.attempt ALTER COLUMN lease_epoch TYPE bigint;

-- Answers to records that changed no order: 20 conflict, 21 rejected, 22 duplicate.
CREATE TABLE usher.answer (
  answer_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  result_id   uuid        NOT NULL,
  job_id      bigint,
  created_at  timestamptz NOT NULL DEFAULT now(),
  generation  int         NOT NULL,
  outcome     smallint    NOT NULL CHECK (outcome IN (20, 21, 22)),
  order_id    text COLLATE "C" NOT NULL,
  key_id      text  NOT NULL,
  -- NULL once wiped.
  sealed      bytea,
  traceparent text CHECK (octet_length(traceparent) <= 64)
);
ALTER TABLE usher.answer ALTER COLUMN sealed SET STORAGE EXTERNAL;
INSERT INTO usher.answer (result_id, job_id, created_at, generation, outcome, order_id, key_id, sealed, traceparent)
SELECT result_id, job_id, created_at, generation, outcome, order_id, key_id, sealed, traceparent
FROM usher.result WHERE outcome >= 20 ORDER BY result_no;
CREATE INDEX answer_of_job ON usher.answer (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX answer_kept ON usher.answer (created_at) WHERE sealed IS NOT NULL;

-- What waits to be published, by its new place.
CREATE TEMPORARY TABLE queued ON COMMIT DROP AS
SELECT o.outbox_id, o.owner, o.created_at, r.job_id, r.generation,
  CASE WHEN r.outcome >= 20 THEN (SELECT a.answer_id FROM usher.answer a WHERE a.result_id = r.result_id) END AS answer_id
FROM usher.outbox o
JOIN usher.result r ON r.result_no = o.result_no;

DELETE FROM usher.result WHERE outcome >= 20;
DROP INDEX usher.result_of_job, usher.result_opened_kept, usher.result_other_kept;
ALTER TABLE usher.result
  DROP CONSTRAINT result_pkey,
  DROP CONSTRAINT result_result_id_key,
  DROP CONSTRAINT result_outcome_check,
  DROP COLUMN result_no,
  DROP COLUMN order_id,
  DROP COLUMN value_sha256,
  ALTER COLUMN job_id SET NOT NULL,
  -- The call that opened it. Of an opened job that is all there is to know of its last attempt.
  ADD COLUMN attempts   smallint,
  ADD COLUMN elapsed_ms int,
  ADD COLUMN worker_id  bigint,
  ADD CONSTRAINT result_outcome_check CHECK (outcome BETWEEN 10 AND 14),
  ADD PRIMARY KEY (job_id, generation);
CREATE INDEX result_made ON usher.result (created_at);
CREATE INDEX result_opened_kept ON usher.result (wipe_from) WHERE sealed IS NOT NULL AND outcome = 10;
CREATE INDEX result_other_kept ON usher.result (wipe_from) WHERE sealed IS NOT NULL AND outcome <> 10;

-- What is to be published: results by job and generation, answers by their number. The row goes when the last of it is
-- acknowledged; publishing again is inserting again.
DROP TABLE usher.outbox;
CREATE TABLE usher.outbox (
  outbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The worker that publishes it; NULL: whoever comes first.
  owner       bigint,
  created_at  timestamptz NOT NULL DEFAULT now(),
  job_ids     bigint[] NOT NULL DEFAULT '{}',
  generations int[]    NOT NULL DEFAULT '{}',
  answer_ids  bigint[] NOT NULL DEFAULT '{}',
  CHECK (cardinality(job_ids) = cardinality(generations))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_limit = 2000);
ALTER TABLE usher.outbox
  ALTER COLUMN job_ids SET STORAGE EXTERNAL,
  ALTER COLUMN generations SET STORAGE EXTERNAL,
  ALTER COLUMN answer_ids SET STORAGE EXTERNAL;
CREATE INDEX outbox_of_owner ON usher.outbox (owner, outbox_id);
INSERT INTO usher.outbox (owner, created_at, job_ids, generations)
SELECT owner, created_at, ARRAY[job_id], ARRAY[generation] FROM queued WHERE answer_id IS NULL ORDER BY outbox_id;
INSERT INTO usher.outbox (owner, created_at, answer_ids)
SELECT owner, created_at, ARRAY[answer_id] FROM queued WHERE answer_id IS NOT NULL ORDER BY outbox_id;
