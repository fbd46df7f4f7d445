-- Of the jobs taken in after job :before, how many have ended; and how many results wait for their acknowledgement.
select (select count(*) from rival.job where job_id > :before and state >= 10), (select count(*) from rival.outbox)
