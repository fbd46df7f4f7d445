-- A page of the audit's lines that a filter matches, newest first. A filter that is NULL matches all.
-- $1 since, $2 the action or its first words, where `_` parts words as a space does, $3 subject, $4 the actor in full or
-- the person in it, who stands first in `anna@host` and `anna as usher@host`, or behind `says ` before one of these,
-- $5: only those before this line, $6: at most so many.
-- Locks: none. Plan: primary key backwards, or audit_at where a time is given.
SELECT a.audit_id, a.at, a.actor, a.action, a.subject, a.reason, a.before, a.after
FROM usher.audit a
WHERE ($1::timestamptz IS NULL OR a.at >= $1::timestamptz)
  AND ($2::text IS NULL OR starts_with(translate(a.action, '_', ' ') || ' ', translate($2::text, '_', ' ') || ' '))
  AND ($3::text IS NULL OR a.subject = $3::text)
  AND (
    $4::text IS NULL OR a.actor = $4::text OR starts_with(a.actor, $4::text || '@')
    OR starts_with(a.actor, $4::text || ' as ') OR starts_with(a.actor, 'says ' || $4::text || ', ')
    OR starts_with(a.actor, 'says ')
      AND (strpos(a.actor, ', ' || $4::text || '@') > 0 OR strpos(a.actor, ', ' || $4::text || ' as ') > 0)
  )
  AND ($5::int8 IS NULL OR a.audit_id < $5::int8)
ORDER BY a.audit_id DESC
LIMIT $6::int4
