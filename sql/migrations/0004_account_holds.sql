-- Why an account's jobs do not start, and how each worker sees the account.
--
-- An account can be held for more than one reason at once: a row each. Its jobs start when none is left.

CREATE TABLE usher.account_hold (
  account    text COLLATE "C" NOT NULL CHECK (octet_length(account) BETWEEN 1 AND 64),
  -- operator: a person said so. fault: the Cashier refuses the account as it is set up. maintenance: the Cashier says
  -- that it is under maintenance. delay: the Cashier said how long to wait.
  kind       text NOT NULL CHECK (kind IN ('operator', 'fault', 'maintenance', 'delay')),
  held_at    timestamptz NOT NULL DEFAULT now(),
  -- infinity: until a trial call goes well, or a person releases it.
  held_until timestamptz NOT NULL DEFAULT 'infinity',
  -- When the next job may be sent to find out whether the account is well again.
  trial_at   timestamptz,
  code       text CHECK (octet_length(code) <= 64),
  reason     text NOT NULL CHECK (octet_length(reason) <= 512),
  -- Who holds it, where a person does.
  actor      text CHECK (octet_length(actor) BETWEEN 1 AND 128),
  PRIMARY KEY (account, kind),
  CONSTRAINT hold_is_tried        CHECK ((kind IN ('fault', 'maintenance')) = (trial_at IS NOT NULL)),
  CONSTRAINT hold_has_an_actor    CHECK ((kind = 'operator') = (actor IS NOT NULL)),
  CONSTRAINT hold_of_delay_ends   CHECK (kind <> 'delay' OR held_until < 'infinity')
) WITH (fillfactor = 50);

INSERT INTO usher.account_hold (account, kind, held_until, reason)
SELECT account, 'delay', closed_until, reason FROM usher.account_gate WHERE closed_until > now();
DROP TABLE usher.account_gate;

-- What a worker last said of an account.
CREATE TABLE usher.account_report (
  worker_id       bigint NOT NULL REFERENCES usher.worker ON DELETE CASCADE,
  account         text COLLATE "C" NOT NULL,
  reported_at     timestamptz NOT NULL DEFAULT now(),
  in_flight       int  NOT NULL,
  concurrency     int  NOT NULL,
  concurrency_max int  NOT NULL,
  breaker         text NOT NULL CHECK (breaker IN ('closed', 'open', 'probing')),
  -- The Cashier's clock less the database's, as last seen; NULL: not seen yet.
  clock_us        bigint,
  -- What is added to signing times because of it.
  clock_adjust_us bigint NOT NULL DEFAULT 0,
  -- Since when the Cashier refuses look-ups to this account; NULL: it does not.
  look_up_refused timestamptz,
  PRIMARY KEY (worker_id, account)
) WITH (fillfactor = 50);
