-- Verify kabaido:operations on pg

BEGIN;

SELECT 1 / (has_schema_privilege('kabaido_worker', 'sqitch', 'USAGE')
            AND has_table_privilege('kabaido_worker', 'sqitch.changes', 'SELECT')
            AND NOT has_table_privilege('kabaido_worker', 'sqitch.changes',
                                        'INSERT, UPDATE, DELETE, TRUNCATE'))::int;

ROLLBACK;
