-- The five sellers. vat: the standard rate at home; sales abroad carry none. opens: the hour of UTC
-- at which the office opens. quote_prefix, order_prefix: Northfield has gone on counting since before
-- it used Kabaido; the others' numbers begin anew each year. The last four columns: how many of each
-- there are to be.

CREATE TEMP TABLE demo_organisations ON COMMIT DROP AS
SELECT pg_temp.id_of('organisation ' || code) AS org_id, *
  FROM (VALUES
      ('northfield', 'Northfield Tooling', 'business', 'GBP', 0.20, 8, 'Q-', 'SO-',
       '2023-03-06T09:14:27Z'::timestamptz, 800, 120, 200, 84),
      ('brunel', 'Atelier Brunel', 'team', 'EUR', 0.20, 7, NULL, NULL,
       '2024-09-18T13:02:51Z', 420, 70, 110, 44),
      ('aobagahara', '青葉ヶ原精工', 'business', 'JPY', 0.10, 0, NULL, NULL,
       '2024-11-05T01:37:08.25Z', 360, 50, 90, 36),
      ('masamir', 'Dar Al-Masamir Fasteners W.L.L.', 'team', 'KWD', 0, 5, NULL, NULL,
       '2025-01-20T06:45:00Z', 340, 45, 80, 30),
      ('parnu', 'Pärnu Laagrikeskus OÜ', 'free', 'EUR', 0.24, 6, NULL, NULL,
       '2025-05-12T07:20:33Z', 80, 15, 20, 6)
  ) AS given (code, name, plan, currency, vat, opens, quote_prefix, order_prefix, created_at,
              products, customers, quotes, orders);
