-- Jobs in an end state, and results that wait for their acknowledgement.
select (select count(*) from usher.job where state >= 10), (select count(*) from usher.outbox)
