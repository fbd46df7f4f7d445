-- The ledger of jobs and what hangs on it.
--
-- `job` is the narrow, hot row: it holds no personal data and is kept as long as an order may be sent again. What is
-- personal or secret lies sealed in `job_body`, `result` and `quarantine`, and is wiped on its own terms.
-- There are no foreign keys between the hot tables: each row of theirs is written by the transaction that writes
-- the row it hangs on, rows of `job` and `result` are never deleted, and a key check would lock a row per insert.
-- Account names and order ids are ASCII; COLLATE "C" compares them as bytes, as Swift does.

CREATE TABLE usher.topic (
  topic_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name     text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 249)
);

CREATE TABLE usher.position (
  topic_id    smallint NOT NULL,
  partition   int      NOT NULL CHECK (partition >= 0),
  next_offset bigint   NOT NULL CHECK (next_offset >= 0),
  PRIMARY KEY (topic_id, partition)
) WITH (fillfactor = 50);

CREATE TABLE usher.worker (
  worker_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text        NOT NULL,
  version     text        NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now(),
  alive_until timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE usher.account_gate (
  account      text COLLATE "C" PRIMARY KEY,
  closed_until timestamptz NOT NULL,
  reason       text        NOT NULL
) WITH (fillfactor = 50);

-- state: 0 ready, 1 sending, 2 verify, 10 opened, 11 declined, 12 failed, 13 expired, 14 cancelled.
CREATE TABLE usher.job (
  job_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  due_at         timestamptz NOT NULL,
  not_after      timestamptz NOT NULL,
  lease_until    timestamptz,
  lease_owner    bigint,
  first_send     timestamptz,
  last_send      timestamptz,
  accepted_at    timestamptz NOT NULL DEFAULT now(),
  finished_at    timestamptz,
  expires_at     timestamptz,
  src_offset     bigint   NOT NULL CHECK (src_offset >= 0),
  src_partition  int      NOT NULL CHECK (src_partition >= 0),
  generation     int      NOT NULL DEFAULT 1 CHECK (generation >= 1),
  lease_epoch    int      NOT NULL DEFAULT 0,
  topic_id       smallint NOT NULL,
  state          smallint NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2, 10, 11, 12, 13, 14)),
  lane           smallint NOT NULL CHECK (lane IN (0, 1, 2)),
  attempts       smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  look_ups       smallint NOT NULL DEFAULT 0 CHECK (look_ups >= 0),
  account        text COLLATE "C" NOT NULL CHECK (account ~ '^[A-Za-z0-9._-]{1,64}$'),
  order_id       text COLLATE "C" NOT NULL CHECK (order_id ~ '^[A-Za-z0-9._:-]{1,50}$'),
  campaign       text COLLATE "C" CHECK (octet_length(campaign) BETWEEN 1 AND 128),
  content_digest bytea NOT NULL CHECK (octet_length(content_digest) = 32),
  last_code      text CHECK (octet_length(last_code) <= 64),
  last_message   text CHECK (octet_length(last_message) <= 256),
  UNIQUE (account, order_id),
  CONSTRAINT job_sending_is_leased    CHECK (state <> 1 OR lease_until IS NOT NULL),
  CONSTRAINT job_sent_is_marked       CHECK (state NOT IN (1, 2) OR last_send IS NOT NULL),
  CONSTRAINT job_ended_has_a_time     CHECK ((state >= 10) = (finished_at IS NOT NULL)),
  CONSTRAINT job_ended_has_no_lease   CHECK (state < 10 OR lease_until IS NULL),
  CONSTRAINT job_lease_has_an_owner   CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
  CONSTRAINT job_ready_has_an_end     CHECK (state <> 0 OR due_at <= not_after)
) WITH (
  fillfactor = 75,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_limit = 2000
);

-- What a claim reads: the due work of a lane and an account, in order. `topic_id` rides along for the backlog's count.
CREATE INDEX job_waiting ON usher.job (lane, account, due_at, job_id) INCLUDE (topic_id)
  WHERE state IN (0, 2) AND lease_until IS NULL;
-- What the reaper reads.
CREATE INDEX job_leased ON usher.job (lease_until) WHERE lease_until IS NOT NULL;
-- What the wiper reads, and the operator's list of what ended lately.
CREATE INDEX job_finished ON usher.job (finished_at) WHERE finished_at IS NOT NULL;
-- Lists by time: a few kilobytes for millions of rows.
CREATE INDEX job_accepted ON usher.job USING brin (accepted_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE usher.job_body (
  job_id      bigint PRIMARY KEY,
  -- The generation that the body was sealed for: part of what the seal is bound to.
  generation  int   NOT NULL,
  key_id      text  NOT NULL,
  sealed      bytea NOT NULL,
  traceparent text CHECK (octet_length(traceparent) <= 64)
);
-- Sealed bytes do not compress.
ALTER TABLE usher.job_body ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- One row per attempt or look-up. The lease's epoch numbers them: a lease is settled, or lost, once.
CREATE TABLE usher.attempt (
  job_id      bigint      NOT NULL,
  lease_epoch int         NOT NULL,
  generation  int         NOT NULL,
  number      smallint    NOT NULL,
  http_status smallint,
  elapsed_ms  int         NOT NULL,
  sent_at     timestamptz,
  ended_at    timestamptz NOT NULL,
  worker_id   bigint,
  kind        text NOT NULL CHECK (octet_length(kind) <= 32),
  outcome     text NOT NULL CHECK (octet_length(outcome) <= 32),
  code        text CHECK (octet_length(code) <= 64),
  message     text CHECK (octet_length(message) <= 256),
  PRIMARY KEY (job_id, lease_epoch)
);

-- outcome: the state's number for a job's result; 20 conflict, 21 rejected, 22 duplicate for an answer to a record.
CREATE TABLE usher.result (
  result_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  result_id    uuid        NOT NULL UNIQUE,
  job_id       bigint,
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- From when on its value's keeping is counted: the URL's expiry, or the result's creation.
  wipe_from    timestamptz NOT NULL,
  generation   int         NOT NULL,
  outcome      smallint    NOT NULL CHECK (outcome IN (10, 11, 12, 13, 14, 20, 21, 22)),
  order_id     text COLLATE "C" NOT NULL,
  key_id       text  NOT NULL,
  -- NULL once wiped.
  sealed       bytea,
  value_sha256 bytea NOT NULL CHECK (octet_length(value_sha256) = 32),
  traceparent  text CHECK (octet_length(traceparent) <= 64)
);
ALTER TABLE usher.result ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX result_of_job ON usher.result (job_id, generation) WHERE job_id IS NOT NULL;
CREATE INDEX result_opened_kept ON usher.result (wipe_from) WHERE sealed IS NOT NULL AND outcome = 10;
CREATE INDEX result_other_kept ON usher.result (wipe_from) WHERE sealed IS NOT NULL AND outcome <> 10;

-- What is to be published. Rows are deleted once acknowledged; publishing a result again is inserting a row again.
CREATE TABLE usher.outbox (
  outbox_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  result_no  bigint NOT NULL UNIQUE,
  -- The worker that publishes it; NULL: whoever comes first.
  owner      bigint,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_limit = 2000);
CREATE INDEX outbox_of_owner ON usher.outbox (owner, outbox_id);

-- Records that asked for an order that was there already.
CREATE TABLE usher.duplicate (
  topic_id      smallint NOT NULL,
  src_partition int      NOT NULL,
  src_offset    bigint   NOT NULL,
  job_id        bigint   NOT NULL,
  received_at   timestamptz NOT NULL DEFAULT now(),
  same_content  boolean  NOT NULL,
  PRIMARY KEY (topic_id, src_partition, src_offset)
);
CREATE INDEX duplicate_of_job ON usher.duplicate (job_id);

-- Records that could not become a job. `detail` holds no value of the record.
CREATE TABLE usher.quarantine (
  topic_id      smallint NOT NULL,
  src_partition int      NOT NULL,
  src_offset    bigint   NOT NULL,
  received_at   timestamptz NOT NULL DEFAULT now(),
  reason        text  NOT NULL,
  field         text,
  detail        text  NOT NULL,
  account       text COLLATE "C",
  order_id      text COLLATE "C",
  raw_sha256    bytea NOT NULL CHECK (octet_length(raw_sha256) = 32),
  key_id        text,
  sealed        bytea,
  wiped         boolean NOT NULL DEFAULT false,
  PRIMARY KEY (topic_id, src_partition, src_offset),
  CHECK ((sealed IS NULL) OR (key_id IS NOT NULL AND NOT wiped))
);
CREATE INDEX quarantine_kept ON usher.quarantine (received_at) WHERE sealed IS NOT NULL;
CREATE INDEX quarantine_received ON usher.quarantine (received_at, topic_id, src_partition, src_offset);

-- Up to which `finished_at` the bodies of ended jobs have been deleted.
CREATE TABLE usher.wipe_mark (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  bodies   timestamptz NOT NULL
) WITH (fillfactor = 50);
INSERT INTO usher.wipe_mark (bodies) VALUES ('-infinity');

-- What people did. Written by the transaction that has the effect.
CREATE TABLE usher.audit (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL DEFAULT now(),
  actor    text NOT NULL CHECK (octet_length(actor) BETWEEN 1 AND 128),
  action   text NOT NULL CHECK (octet_length(action) BETWEEN 1 AND 64),
  subject  text CHECK (octet_length(subject) <= 256),
  reason   text CHECK (octet_length(reason) <= 1024),
  before   text,
  after    text
);
CREATE INDEX audit_at ON usher.audit (at);

CREATE FUNCTION usher.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'usher.% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON usher.audit
  FOR EACH STATEMENT EXECUTE FUNCTION usher.refuse_change();
