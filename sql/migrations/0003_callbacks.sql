-- What the provider told of orders, and what of it is still to be published.
--
-- A row of `transaction_event` is narrow and kept: it is what makes a repeated post a repetition, months later too.
-- The value that is published lies sealed beside it and is wiped on its own terms.

-- kind: 1 transaction, 2 session.
CREATE TABLE usher.transaction_event (
  event_no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id         uuid        NOT NULL UNIQUE,
  job_id           bigint      NOT NULL,
  told_at          timestamptz NOT NULL,
  received_at      timestamptz NOT NULL DEFAULT now(),
  tid              bigint,
  amount           bigint,
  processed_amount bigint,
  generation       int         NOT NULL,
  kind             smallint    NOT NULL CHECK (kind IN (1, 2)),
  order_id         text COLLATE "C" NOT NULL,
  status           text  NOT NULL CHECK (octet_length(status) <= 64),
  currency         text  CHECK (octet_length(currency) <= 16),
  signature_sha256 bytea NOT NULL CHECK (octet_length(signature_sha256) = 32),
  value_sha256     bytea NOT NULL CHECK (octet_length(value_sha256) = 32),
  key_id           text  NOT NULL,
  -- NULL once wiped.
  sealed           bytea,
  CHECK ((kind = 1) = (tid IS NOT NULL))
);
-- Sealed bytes do not compress.
ALTER TABLE usher.transaction_event ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX transaction_event_of_job ON usher.transaction_event (job_id, event_no);
CREATE INDEX transaction_event_signature ON usher.transaction_event (signature_sha256);
CREATE INDEX transaction_event_kept ON usher.transaction_event (received_at) WHERE sealed IS NOT NULL;

-- Whoever stored or took over a row publishes it until `taken_until`; then whoever comes first.
CREATE TABLE usher.event_outbox (
  outbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_no    bigint      NOT NULL UNIQUE,
  taken_until timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX event_outbox_due ON usher.event_outbox (taken_until);
