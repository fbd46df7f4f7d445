-- What tells a sealing key from any other of its id, and helps nobody to find the key.
--
-- A key file that was made anew bears the same ids. A process that has it would store what nobody else can read, and
-- take every job that is sent again for another one. So each process compares its keys with these when it starts.

CREATE TABLE usher.key_check (
  -- `digest` is the key of content digests; no key that seals can have that id.
  key_id      text COLLATE "C" PRIMARY KEY CHECK (octet_length(key_id) BETWEEN 1 AND 32),
  -- A code over a fixed text, by that key.
  check_value bytea       NOT NULL CHECK (octet_length(check_value) = 32),
  known_since timestamptz NOT NULL DEFAULT now(),
  -- The process that had the key first.
  known_from  text        NOT NULL
);
