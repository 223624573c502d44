-- For /readyz and kabaido-api --check: whether a change of the schema is deployed (sqitch's own
-- note of it), and whether the server can be written to.
-- $1 the change's name
SELECT EXISTS (SELECT FROM sqitch.changes WHERE project = 'kabaido' AND change = $1) AS deployed,
       pg_is_in_recovery() AS standby;
