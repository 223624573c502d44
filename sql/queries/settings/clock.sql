-- The database's clock, by which keys expire.
SELECT date_trunc('second', clock_timestamp()) AS now;
