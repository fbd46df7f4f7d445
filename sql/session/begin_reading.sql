-- For an operator's questions: one snapshot for all statements, plans made for the values asked about.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL plan_cache_mode = 'force_custom_plan';
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on;
SET LOCAL enable_seqscan = on;
SET LOCAL enable_bitmapscan = on;
