-- What the provider's error answers mean, as rows that an operator can add to while workers run.
--
-- `error_rule` is the standard table, in the order in which rules are tried; `error_override` holds what was set for
-- one account and comes before it, the newest first. `unlisted_code` counts codes that no rule names; `reply_record`
-- keeps the last replies that were no success, so that a change can be tried on them first.

-- Rises with every change of a rule, by whatever hand: workers look at this one row.
CREATE TABLE usher.error_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO usher.error_revision (revision) VALUES (1);

CREATE TABLE usher.error_rule (
  rule_id         text COLLATE "C" PRIMARY KEY CHECK (
    rule_id ~ '^[a-z0-9][a-z0-9_.-]{0,63}$' AND rule_id NOT LIKE 'set-%'
  ),
  position        smallint NOT NULL UNIQUE,
  -- exactly: the body's status is `status`; negative: it is below zero; none: there is no body of the provider's, the
  -- HTTP status decides; unlisted: a positive status that no other rule names.
  status_kind     text     NOT NULL CHECK (status_kind IN ('exactly', 'negative', 'none', 'unlisted')),
  status          bigint   CHECK (status <> 0),
  text_pattern    text     NOT NULL DEFAULT '' CHECK (octet_length(text_pattern) <= 256),
  http_status     smallint CHECK (http_status BETWEEN 200 AND 299 OR http_status BETWEEN 400 AND 599),
  class           text     NOT NULL CHECK (
    class IN ('declined', 'retry_fast', 'retry_slow', 'verify', 'config_fault', 'limited', 'maintenance')
  ),
  name            text     CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
  message         text     NOT NULL CHECK (octet_length(message) BETWEEN 1 AND 256),
  means_not_found boolean  NOT NULL DEFAULT false,
  -- NULL: the class's.
  first_wait      interval CHECK (first_wait BETWEEN interval '1 millisecond' AND interval '1 day'),
  wait_cap        interval CHECK (wait_cap BETWEEN interval '1 millisecond' AND interval '1 day'),
  attempts_max    smallint CHECK (attempts_max BETWEEN 1 AND 1000),
  CONSTRAINT error_rule_number      CHECK ((status_kind = 'exactly') = (status IS NOT NULL)),
  CONSTRAINT error_rule_http_alone  CHECK (
    status_kind <> 'none' OR (http_status IS NOT NULL AND text_pattern = '')
  ),
  CONSTRAINT error_rule_rest        CHECK (
    status_kind <> 'unlisted' OR (http_status IS NULL AND text_pattern = '')
  ),
  CONSTRAINT error_rule_not_found   CHECK (NOT means_not_found OR class = 'declined'),
  CONSTRAINT error_rule_waits       CHECK (first_wait <= wait_cap),
  CONSTRAINT error_rule_tried_again CHECK (
    (first_wait IS NULL AND wait_cap IS NULL AND attempts_max IS NULL)
    OR class IN ('retry_fast', 'retry_slow', 'limited')
  )
);

CREATE TABLE usher.error_override (
  override_no     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_at          timestamptz NOT NULL DEFAULT now(),
  account         text COLLATE "C" NOT NULL CHECK (octet_length(account) BETWEEN 1 AND 64),
  rule_id         text COLLATE "C" NOT NULL CHECK (rule_id ~ '^set-[a-z0-9_.-]{1,60}$'),
  status_kind     text     NOT NULL CHECK (status_kind IN ('exactly', 'negative', 'none', 'unlisted')),
  status          bigint   CHECK (status <> 0),
  text_pattern    text     NOT NULL DEFAULT '' CHECK (octet_length(text_pattern) <= 256),
  http_status     smallint CHECK (http_status BETWEEN 200 AND 299 OR http_status BETWEEN 400 AND 599),
  class           text     NOT NULL CHECK (
    class IN ('declined', 'retry_fast', 'retry_slow', 'verify', 'config_fault', 'limited', 'maintenance')
  ),
  name            text     CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
  message         text     NOT NULL CHECK (octet_length(message) BETWEEN 1 AND 256),
  means_not_found boolean  NOT NULL DEFAULT false,
  first_wait      interval CHECK (first_wait BETWEEN interval '1 millisecond' AND interval '1 day'),
  wait_cap        interval CHECK (wait_cap BETWEEN interval '1 millisecond' AND interval '1 day'),
  attempts_max    smallint CHECK (attempts_max BETWEEN 1 AND 1000),
  actor           text     NOT NULL CHECK (octet_length(actor) BETWEEN 1 AND 128),
  reason          text     NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 1024),
  UNIQUE (account, rule_id),
  CONSTRAINT error_override_number      CHECK ((status_kind = 'exactly') = (status IS NOT NULL)),
  CONSTRAINT error_override_http_alone  CHECK (
    status_kind <> 'none' OR (http_status IS NOT NULL AND text_pattern = '')
  ),
  CONSTRAINT error_override_rest        CHECK (
    status_kind <> 'unlisted' OR (http_status IS NULL AND text_pattern = '')
  ),
  CONSTRAINT error_override_not_found   CHECK (NOT means_not_found OR class = 'declined'),
  CONSTRAINT error_override_waits       CHECK (first_wait <= wait_cap),
  CONSTRAINT error_override_tried_again CHECK (
    (first_wait IS NULL AND wait_cap IS NULL AND attempts_max IS NULL)
    OR class IN ('retry_fast', 'retry_slow', 'limited')
  )
);
-- What a rule is for: of two that are for the same answers the newer would hide the older.
CREATE UNIQUE INDEX error_override_same ON usher.error_override
  (account, status_kind, COALESCE(status, 0), text_pattern, COALESCE(http_status, 0));

CREATE FUNCTION usher.note_error_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE usher.error_revision SET revision = revision + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER error_rule_is_noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON usher.error_rule
  FOR EACH STATEMENT EXECUTE FUNCTION usher.note_error_change();
CREATE TRIGGER error_override_is_noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON usher.error_override
  FOR EACH STATEMENT EXECUTE FUNCTION usher.note_error_change();

CREATE TABLE usher.unlisted_code (
  account     text COLLATE "C" NOT NULL,
  code        text COLLATE "C" NOT NULL CHECK (octet_length(code) BETWEEN 1 AND 64),
  http_status smallint    NOT NULL,
  first_seen  timestamptz NOT NULL DEFAULT now(),
  last_seen   timestamptz NOT NULL DEFAULT now(),
  count       bigint      NOT NULL CHECK (count > 0),
  last_text   text        NOT NULL CHECK (octet_length(last_text) <= 256),
  PRIMARY KEY (account, code, http_status)
) WITH (fillfactor = 50);

-- `description` is redacted: no URL, no name, no token, no long number.
CREATE TABLE usher.reply_record (
  reply_no    bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL DEFAULT now(),
  status      bigint,
  http_status smallint    NOT NULL,
  by_table    boolean     NOT NULL,
  unlisted    boolean     NOT NULL,
  account     text COLLATE "C" NOT NULL,
  order_id    text COLLATE "C" NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('open', 'look_up')),
  description text NOT NULL CHECK (octet_length(description) <= 256),
  verdict     text NOT NULL CHECK (octet_length(verdict) <= 32),
  code        text NOT NULL CHECK (octet_length(code) <= 64),
  rule_id     text,
  PRIMARY KEY (account, reply_no)
) WITH (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 5000);

-- The published codes (API 1.3, overview/api_error_codes, and the newer page API Status & Error Codes). 400 and 401
-- each mean several things, so their texts are matched too.
INSERT INTO usher.error_rule (
  position, rule_id, status_kind, status, text_pattern, class, name, means_not_found, message
) VALUES
  (10, 'negative', 'negative', NULL, '', 'verify', NULL, false,
    'The Cashier had an internal or network error.'),
  (20, '333', 'exactly', 333, '', 'maintenance', NULL, false,
    'The Cashier is under maintenance.'),
  (30, '999', 'exactly', 999, '', 'verify', NULL, false,
    'The Cashier had an error without a name; its support knows more.'),
  -- Before the next: the newer page's texts of a clock's fault end with "required with merchant_id".
  (40, '400-timestamp-expired', 'exactly', 400, 'timestamp expired | timestamp greater', 'retry_fast', 'timestamp',
    false, 'The Cashier finds the request''s timestamp in its future or too old: check clock_offset.'),
  (50, '400-timestamp-form', 'exactly', 400,
    'timestamp missing | timestamp requir* | timestamp format | timestamp unix', 'declined', NULL, false,
    'The Cashier did not understand the request''s timestamp; this is a fault of Usher''s.'),
  (60, '400-timestamp', 'exactly', 400, 'timestamp', 'retry_fast', 'timestamp', false,
    'The Cashier finds the request''s timestamp in its future or too old: check clock_offset.'),
  (70, '400-json', 'exactly', 400, 'json', 'declined', NULL, false,
    'The Cashier could not read the request as JSON; this is a fault of Usher''s.'),
  (80, '400-not-unique', 'exactly', 400, 'unique | duplicate* | already exist* | already used', 'verify',
    'not_unique', false, 'The Cashier knows this order_id already.'),
  (90, '400-version', 'exactly', 400, 'version', 'config_fault', NULL, false,
    'The Cashier refuses the API version.'),
  (100, '400-signature', 'exactly', 400, 'signature | gt-authentication', 'config_fault', NULL, false,
    'The Cashier refuses the signature: check the secret, and that no proxy drops the header.'),
  (110, '400-credentials', 'exactly', 400, 'merchant_id | application_key', 'config_fault', NULL, false,
    'The Cashier refuses merchant_id or application_key: check the account''s settings.'),
  (120, '400-not-found', 'exactly', 400,
    'transaction not found | order not found | order_id not found | transaction not exist* | order not exist*',
    'declined', 'not_found', true, 'The Cashier does not know what the request names.'),
  (130, '400-invalid', 'exactly', 400, 'valid* | invalid', 'declined', NULL, false,
    'The Cashier refuses a field of the job: correct the job and send it again.'),
  (140, '401-website', 'exactly', 401, 'website', 'config_fault', NULL, false,
    'The Cashier does not know the website or has it disabled: check application_key.'),
  (150, '401-access', 'exactly', 401, 'access', 'config_fault', NULL, false,
    'The Cashier has API access disabled for this account; its support can enable it.'),
  (160, '401', 'exactly', 401, '', 'config_fault', NULL, false,
    'The Cashier refuses the account or its signature: check merchant_id, application_key and the secret.'),
  (170, '403', 'exactly', 403, '', 'config_fault', NULL, false,
    'The Cashier has this part of its API disabled for the account.'),
  (180, '406-permissions', 'exactly', 406, 'permission*', 'config_fault', NULL, false,
    'The Cashier says that the merchant account lacks permissions.'),
  (190, '406', 'exactly', 406, '', 'config_fault', NULL, false,
    'The Cashier has not whitelisted the address that Usher calls from.'),
  (200, '2', 'exactly', 2, '', 'declined', NULL, false,
    'The Cashier says that the withdrawal belongs to someone else.'),
  (210, '3', 'exactly', 3, '', 'declined', NULL, false,
    'The Cashier says that the withdrawal belongs to someone else.'),
  (1000, 'unlisted', 'unlisted', NULL, '', 'declined', NULL, false,
    'The Cashier answered with a code that the error table does not list.');
