-- For questions whose plans must not depend on what the tables hold: one snapshot for all statements.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
