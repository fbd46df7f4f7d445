-- What was refused of an order is found by its id, however much was refused since.
--
-- Workers may run meanwhile: while the index is made, records that cannot become jobs wait to be stored, and positions
-- with them.

CREATE INDEX quarantine_order ON usher.quarantine (order_id, received_at) WHERE order_id IS NOT NULL;
