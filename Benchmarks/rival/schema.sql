-- The rival's memory. Jobs are narrow rows whose clean path touches no index after the insert; what is personal or
-- secret lies sealed beside them. Applied by `run --migrate`, may be applied again.
CREATE SCHEMA IF NOT EXISTS rival;

-- Ids for jobs and results, given out in blocks, so that a batch can be written with its ids in it.
CREATE SEQUENCE IF NOT EXISTS rival.number INCREMENT 10000;

CREATE TABLE IF NOT EXISTS rival.position (
  topic       text COLLATE "C" NOT NULL,
  partition   int              NOT NULL,
  next_offset bigint           NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- A worker's life is the lease on everything that it claimed. Jobs that it inserted claimed are found by their number,
-- which is never below `low_job`; the others by their row in `due`.
CREATE TABLE IF NOT EXISTS rival.worker (
  worker_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alive_until timestamptz NOT NULL,
  low_job     bigint      NOT NULL
) WITH (fillfactor = 50);

-- state: 0 ready, 1 sending, 2 verify, 10 opened, 11 declined, 12 failed, 13 expired.
CREATE TABLE IF NOT EXISTS rival.job (
  job_id         bigint      NOT NULL PRIMARY KEY,
  accepted_at    timestamptz NOT NULL DEFAULT now(),
  first_send     timestamptz,
  last_send      timestamptz,
  finished_at    timestamptz,
  not_after      timestamptz NOT NULL,
  lease_owner    bigint,
  src_offset     bigint      NOT NULL,
  src_partition  int         NOT NULL,
  lease_epoch    int         NOT NULL,
  state          smallint    NOT NULL CHECK (state IN (0, 1, 2, 10, 11, 12, 13)),
  attempts       smallint    NOT NULL,
  look_ups       smallint    NOT NULL DEFAULT 0,
  src_topic      text COLLATE "C" NOT NULL,
  account        text COLLATE "C" NOT NULL,
  order_id       text COLLATE "C" NOT NULL CHECK (octet_length(order_id) BETWEEN 1 AND 50),
  content_digest bytea       NOT NULL CHECK (octet_length(content_digest) = 32),
  campaign       text,
  last_code      text,
  UNIQUE (account, order_id),
  CHECK (state <> 1 OR (lease_owner IS NOT NULL AND last_send IS NOT NULL)),
  CHECK ((state >= 10) = (finished_at IS NOT NULL))
) WITH (fillfactor = 48, autovacuum_vacuum_scale_factor = 0.05);

-- The members of the Cashier's request, sealed.
CREATE TABLE IF NOT EXISTS rival.body (
  job_id bigint NOT NULL PRIMARY KEY,
  key_id text   NOT NULL,
  sealed bytea  NOT NULL
);
ALTER TABLE rival.body ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Jobs that wait for a moment or for a free slot, and those that were claimed from here and have not ended.
CREATE TABLE IF NOT EXISTS rival.due (
  job_id      bigint      NOT NULL PRIMARY KEY,
  due_at      timestamptz NOT NULL,
  lease_owner bigint
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX IF NOT EXISTS due_free ON rival.due (due_at) WHERE lease_owner IS NULL;

-- A job's result has the job's number. outcome: the state; 20 conflict, 21 rejected for an answer to a record.
CREATE TABLE IF NOT EXISTS rival.result (
  result_no  bigint      NOT NULL PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  outcome    smallint    NOT NULL CHECK (outcome IN (10, 11, 12, 13, 20, 21)),
  order_id   text COLLATE "C" NOT NULL,
  key_id     text  NOT NULL,
  sealed     bytea NOT NULL
);
ALTER TABLE rival.result ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE IF NOT EXISTS rival.outbox (
  result_no bigint NOT NULL PRIMARY KEY,
  owner     bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE IF NOT EXISTS rival.duplicate (
  topic         text COLLATE "C" NOT NULL,
  src_partition int    NOT NULL,
  src_offset    bigint NOT NULL,
  job_id        bigint NOT NULL,
  same_content  boolean NOT NULL,
  PRIMARY KEY (topic, src_partition, src_offset)
);

CREATE TABLE IF NOT EXISTS rival.quarantine (
  topic         text COLLATE "C" NOT NULL,
  src_partition int    NOT NULL,
  src_offset    bigint NOT NULL,
  received_at   timestamptz NOT NULL DEFAULT now(),
  reason        text   NOT NULL,
  field         text,
  detail        text   NOT NULL,
  key_id        text,
  sealed        bytea,
  PRIMARY KEY (topic, src_partition, src_offset)
);
