-- Where an administrator has made the schema for this role, the role needs no right to make schemas: the server asks
-- for it even where IF NOT EXISTS finds one.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'usher') THEN
    CREATE SCHEMA usher;
  END IF;
END
$$;
CREATE TABLE usher.schema_migration (
  version    int PRIMARY KEY CHECK (version > 0),
  name       text        NOT NULL,
  sha256     bytea       NOT NULL CHECK (octet_length(sha256) = 32),
  applied_at timestamptz NOT NULL DEFAULT now()
);
