-- Queues stored results again. One that waits already is left alone.
-- Locks: the new rows. Plan: function scan, insert.
INSERT INTO usher.outbox (result_no)
SELECT u.result_no FROM unnest($1::int8[]) AS u (result_no) ORDER BY u.result_no
ON CONFLICT (result_no) DO NOTHING
