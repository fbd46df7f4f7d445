-- Set once for each connection.
-- The planner's switches: plans are generic and made once, often while the tables are still empty. With these off
-- every statement of the hot path has one sensible plan, whatever the tables held when it was made.
SET search_path = '';
SET default_transaction_isolation = 'read committed';
SET synchronous_commit = 'on';
SET lock_timeout = '2s';
SET idle_in_transaction_session_timeout = '10s';
SET client_min_messages = 'warning';
SET log_parameter_max_length_on_error = 0;
SET plan_cache_mode = 'force_generic_plan';
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET jit = off;
