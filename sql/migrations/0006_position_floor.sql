-- Where an operator last put a partition's position: nothing before it is read or stored, wherever Kafka's position is.
-- 0: nowhere. Workers of before this do not look at it.
ALTER TABLE usher.position ADD COLUMN floor_offset bigint NOT NULL DEFAULT 0 CHECK (floor_offset >= 0);
