-- The catalogues, each in its seller's language and currency.

-- price: in major units of the seller's currency, before it is rounded as a price list is.
-- staple: carried for certain.
CREATE TEMP TABLE demo_catalogue (
    code text, sku text, title text, category text, uom text, price numeric, lead_time_days integer,
    attrs jsonb, staple boolean NOT NULL DEFAULT false
) ON COMMIT DROP;

\ir catalogue_northfield.sql
\ir catalogue_brunel.sql
\ir catalogue_aobagahara.sql
\ir catalogue_masamir.sql
\ir catalogue_parnu.sql

-- Of all the sizes that there are a seller carries most, so that it has as many products as it is to
-- have. rank: the place in the order of SKUs, from 0, in which neighbours are of one family.
CREATE TEMP TABLE demo_products ON COMMIT DROP AS
SELECT o.org_id, o.code, o.currency, o.opens, o.created_at AS org_created_at,
       pg_temp.id_of('product ' || o.code || ' ' || c.sku) AS product_id,
       (row_number() OVER (PARTITION BY o.code ORDER BY c.sku COLLATE "C") - 1)::int AS rank,
       c.sku, c.title, c.category, c.uom, pg_temp.list_price(c.price, o.currency) AS price,
       c.lead_time_days, c.attrs
  FROM demo_organisations o
  JOIN (SELECT *, row_number() OVER (PARTITION BY code
                                     ORDER BY staple DESC,
                                              pg_temp.draw('carried ' || sku, 1000000),
                                              sku COLLATE "C") AS turn
          FROM demo_catalogue) AS c USING (code)
 WHERE c.turn <= o.products;

-- Some came with an import from the seller's own system and kept its number; a few have no price
-- yet, no stock kept, no category or unit. Prices were last changed on one of a few days a year.
INSERT INTO products (org_id, product_id, sku, title, category, uom, price_minor, currency,
                      stock_qty, lead_time_days, external_id, schema_id, attrs, created_at,
                      updated_at)
SELECT org_id, product_id, sku, title,
       CASE WHEN NOT pg_temp.chance(sku || ' uncategorised', 2) THEN category END,
       CASE WHEN NOT pg_temp.chance(sku || ' no unit', 2) THEN uom END,
       CASE WHEN sku = 'EM-1204' OR NOT pg_temp.chance(sku || ' price on request', 2)
            THEN pg_temp.minor(price, currency) END,
       currency,
       CASE WHEN pg_temp.chance(sku || ' made to order', 8) THEN NULL
            WHEN pg_temp.chance(sku || ' sold out', 9) THEN 0
            WHEN uom IN ('M', 'L', 'KG') THEN pg_temp.draw_between(sku || ' stock', 40, 4000) / 4.0
            ELSE pg_temp.draw_between(
                sku || ' stock', 1,
                greatest(4, least(5000, (600 / (price / pg_temp.per_pound(currency)))::bigint)))
       END,
       CASE WHEN NOT pg_temp.chance(sku || ' lead time', 4) THEN lead_time_days END,
       CASE WHEN pg_temp.chance(code || ' imported ' || (rank / 40), 60)
            THEN format('%s%s', upper(left(code, 2) COLLATE "C"), 100000 + rank * 7) END,
       CASE WHEN pg_temp.chance(code || ' follows a schema ' || (rank / 50), 20)
            THEN format('%s-catalogue-v%s', code, 1 + rank / 150 % 2) END,
       attrs, created_at, greatest(created_at, priced_at)
  FROM (SELECT *,
               org_created_at + interval '1 day'
               + pg_temp.draw(code || ' added ' || (rank / 25), 200) * interval '1 day'
               + (rank % 25) * interval '41 seconds' AS created_at,
               pg_temp.at_work(sku || ' priced',
                               pg_temp.pick(sku || ' round', ARRAY['2025-10-01', '2026-01-05',
                                                                   '2026-04-01']::date[]), opens)
                   AS priced_at
          FROM demo_products) AS dated;
