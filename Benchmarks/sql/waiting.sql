-- How many jobs wait in the store.
select count(*) from usher.waiting
