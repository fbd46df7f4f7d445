CREATE SCHEMA IF NOT EXISTS usher;
CREATE TABLE usher.schema_migration (
  version    int PRIMARY KEY CHECK (version > 0),
  name       text        NOT NULL,
  sha256     bytea       NOT NULL CHECK (octet_length(sha256) = 32),
  applied_at timestamptz NOT NULL DEFAULT now()
);
