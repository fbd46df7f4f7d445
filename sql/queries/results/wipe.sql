-- Deletes the values of locked results. A statement of its own: its snapshot sees an outbox row that was committed
-- while the locks were waited for.
-- Locks: held already. Plan: primary key, one probe of outbox each.
UPDATE usher.result r
SET sealed = NULL
WHERE r.result_no = ANY ($1::int8[])
  AND NOT EXISTS (SELECT FROM usher.outbox o WHERE o.result_no = r.result_no OFFSET 0)
RETURNING r.result_no
