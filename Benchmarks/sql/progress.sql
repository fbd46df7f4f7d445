-- Of the jobs taken in after job :before, how many are in an end state; and how many results wait for their
-- acknowledgement. Asked a few times at the end of a run: it must not read rows of earlier runs.
select (select count(*) from usher.job where job_id > :before and state >= 10), (select count(*) from usher.outbox)
