-- The accounts that have jobs: hops from one account to the next.
-- Locks: none. Plan: the unique index, one probe an account.
WITH RECURSIVE hop (account) AS (
  (SELECT j.account FROM usher.job j ORDER BY j.account LIMIT 1)
  UNION ALL
  SELECT (SELECT j.account FROM usher.job j WHERE j.account > h.account ORDER BY j.account LIMIT 1)
  FROM hop h
  WHERE h.account IS NOT NULL
)
SELECT h.account FROM hop h WHERE h.account IS NOT NULL
