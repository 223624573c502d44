-- The database's clock, by which keys expire.
SELECT date_trunc('milliseconds', clock_timestamp()) AS now;
