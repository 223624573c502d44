-- Loads the demonstration data: five organisations of a trade in tools and machine parts.
--
-- usage: psql -v ON_ERROR_STOP=1 -f sql/demo/load.sql      (as kabaido_admin)
--
-- All or nothing, in one transaction. Where the data is loaded already it says so and changes
-- nothing. The same rows on every machine and every PostgreSQL from 15 on: whatever looks drawn by
-- lot is drawn from a hash of a name (helpers.sql), nothing asks for the time or the locale. The
-- demonstration's last day is 2026-06-30, the month of the quote in the API's documentation.
--
-- Every name, company and address is invented: domains end in .example, telephone numbers are kept
-- for fiction by their country or cannot be dialled.

\set ON_ERROR_STOP on
\encoding UTF8
\set QUIET on
\pset pager off
\pset tuples_only on
\pset format unaligned

BEGIN;

SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, pg_temp;

-- Two loads at once: the second waits here, then finds the data loaded.
LOCK TABLE organisations IN SHARE ROW EXCLUSIVE MODE;

\ir helpers.sql
\ir organisations.sql

SELECT EXISTS (SELECT FROM organisations JOIN demo_organisations USING (org_id)) AS loaded \gset
\if :loaded
    ROLLBACK;
    \echo 'The demo data is loaded already; nothing was changed.'
    \quit
\endif

DO $$
DECLARE
    taken text;
BEGIN
    SELECT string_agg(quote_literal(o.name), ', ' ORDER BY o.name COLLATE "C") INTO taken
      FROM organisations o JOIN demo_organisations d USING (name);
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'The demo data cannot be loaded: there is another organisation called %.',
            taken;
    END IF;
END
$$;

INSERT INTO organisations (org_id, name, plan, currency, created_at)
SELECT org_id, name, plan, currency, created_at FROM demo_organisations;

\ir products.sql
\ir customers.sql
\ir quotes.sql
\ir orders.sql
\ir requests.sql

ANALYZE organisations, products, customers, contacts, quotes, quote_lines, orders, order_lines,
        requests, messages;

SELECT format('Demo data: %s organisations, %s products, %s customers, %s quotes, %s orders, '
              '%s requests.',
              count(*),
              (SELECT count(*) FROM products JOIN demo_organisations USING (org_id)),
              (SELECT count(*) FROM customers JOIN demo_organisations USING (org_id)),
              (SELECT count(*) FROM quotes JOIN demo_organisations USING (org_id)),
              (SELECT count(*) FROM orders JOIN demo_organisations USING (org_id)),
              (SELECT count(*) FROM requests JOIN demo_organisations USING (org_id)))
  FROM demo_organisations;

COMMIT;
