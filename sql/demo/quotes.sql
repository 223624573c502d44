-- Quotes with their lines, and the orders that came without a quote: both are drawn here as deals,
-- step by step; orders.sql makes the orders.

\ir phrases.sql

-- status: a quote's, null for an order. vat: the rate. discount_bp: off the whole, in hundredths of a
-- percent. lines: how many.
CREATE TEMP TABLE demo_deals (
    kind text NOT NULL, code text NOT NULL, seed text NOT NULL, deal_id uuid PRIMARY KEY,
    org_id uuid NOT NULL, opens integer NOT NULL, status text, customer_id uuid, currency text, vat numeric,
    abroad boolean NOT NULL DEFAULT false, discount_bp integer NOT NULL DEFAULT 0, lines integer,
    created_at timestamptz, sent_at timestamptz, decided_at timestamptz, valid_until date,
    updated_at timestamptz
) ON COMMIT DROP;

-- kind: a phrase's, or product. price: in major units of the seller's currency; pounds: the same in pounds, to tell dear from cheap.
CREATE TEMP TABLE demo_lines (
    deal_id uuid NOT NULL, position integer NOT NULL, seed text, kind text NOT NULL,
    description text, qty numeric, uom text, price numeric, pounds numeric, unit_price_minor bigint,
    discount_pct numeric NOT NULL DEFAULT 0, vat_exempt boolean NOT NULL DEFAULT false,
    lead_time_days integer,
    PRIMARY KEY (deal_id, position)
) ON COMMIT DROP;

\ir quotes_by_hand.sql

-- The others are drawn: as many as the seller is to have, and one order in six without a quote.
INSERT INTO demo_deals (kind, code, seed, deal_id, org_id, opens)
SELECT kind, code, seed, pg_temp.id_of(seed), org_id, opens
  FROM demo_organisations o,
       LATERAL (VALUES ('quote', o.quotes - (SELECT count(*) FROM demo_deals d WHERE d.code = o.code)),
                       ('order', o.orders / 6)) AS kinds (kind, number),
       LATERAL generate_series(1, number) AS serial,
       LATERAL format('%s %s %s', code, kind, serial) AS seed;

UPDATE demo_deals
   SET status = (ARRAY['draft', 'sent', 'viewed', 'accepted', 'declined', 'expired'])
                [width_bucket(pg_temp.draw(seed || ' status', 100)::int, ARRAY[0, 8, 20, 28, 72, 86])]
 WHERE kind = 'quote' AND created_at IS NULL;

-- Few customers buy often: those at the top of the list. Some drafts do not know theirs yet, and some
-- orders without a quote were sold over the counter.
UPDATE demo_deals d
   SET customer_id = c.customer_id, currency = c.currency, vat = c.vat, abroad = c.abroad
  FROM demo_customers c
 WHERE d.created_at IS NULL AND c.code = d.code
   AND c.n = c.of * 9 / 10 * pg_temp.draw(seed || ' customer', 1000)
                           * pg_temp.draw(seed || ' customer', 1000) / 1000000
   AND NOT (coalesce(d.status, 'draft') = 'draft' AND pg_temp.chance(seed || ' nobody', 15));
UPDATE demo_deals d
   SET currency = o.currency, vat = o.vat
  FROM demo_organisations o
 WHERE d.currency IS NULL AND o.code = d.code;

-- One to forty lines, mostly few; the seventh deal of every seller has forty. One deal in eight has a
-- discount on the whole.
UPDATE demo_deals
   SET lines = CASE width_bucket(size, ARRAY[0, 300, 680, 900, 980, 995])
                   WHEN 1 THEN 1 + size % 2
                   WHEN 2 THEN 3 + size % 4
                   WHEN 3 THEN 7 + size % 8
                   WHEN 4 THEN 15 + size % 14
                   WHEN 5 THEN 29 + size % 11
                   ELSE 40 END,
       discount_bp = CASE WHEN pg_temp.chance(seed || ' discounted', 12)
                          THEN pg_temp.pick(seed || ' discount', ARRAY[100, 200, 250, 500])
                          ELSE 0 END
  FROM (SELECT deal_id, CASE WHEN seed LIKE '% 7' THEN 999
                             ELSE pg_temp.draw(seed || ' size', 1000) END::int AS size
          FROM demo_deals) AS sized
 WHERE sized.deal_id = demo_deals.deal_id AND created_at IS NULL;

-- What is open was written within a month of the last day, the rest within a year; business grows.
UPDATE demo_deals
   SET created_at = pg_temp.at_work(
           seed || ' created',
           '2026-06-30'::date - CASE status
               WHEN 'draft' THEN pg_temp.draw(seed || ' age', 31)
               WHEN 'sent' THEN pg_temp.draw_between(seed || ' age', 1, 30)
               WHEN 'viewed' THEN pg_temp.draw_between(seed || ' age', 1, 30)
               WHEN 'expired' THEN pg_temp.draw_between(seed || ' age', 75, 364)
               ELSE 12 + 353 * pg_temp.draw(seed || ' age', 1000) * pg_temp.draw(seed || ' age', 1000)
                             / 1000000 END::int, opens)
 WHERE created_at IS NULL;

-- Sent the same day or a few days later, valid for a month or two; decided before the validity ends,
-- and before the last day does.
UPDATE demo_deals
   SET sent_at = CASE pg_temp.draw(seed || ' waits', 4)
                     WHEN 0 THEN pg_temp.at_work(seed || ' sent', created_at::date + 1, opens)
                     WHEN 1 THEN pg_temp.at_work(seed || ' sent', created_at::date + 2, opens)
                     ELSE created_at + pg_temp.draw_between(seed || ' sent', 300, 9000)
                                       * interval '1 second' END
 WHERE kind = 'quote' AND status <> 'draft' AND updated_at IS NULL;
UPDATE demo_deals
   SET sent_at = created_at + interval '8 minutes'
 WHERE sent_at > '2026-06-30T15:00:00Z';
UPDATE demo_deals
   SET valid_until = coalesce(sent_at, created_at)::date
                     + pg_temp.pick(seed || ' valid', ARRAY[30, 30, 30, 45, 60])
 WHERE kind = 'quote' AND updated_at IS NULL
   AND NOT (status = 'draft' AND pg_temp.chance(seed || ' open end', 60));
UPDATE demo_deals
   SET decided_at = least(
           pg_temp.at_work(seed || ' decided',
                           sent_at::date
                           + pg_temp.draw_between(seed || ' thinks', 1,
                                                  least(24, '2026-06-28'::date - sent_at::date))::int,
                           opens),
           '2026-06-30T15:30:00Z')
 WHERE status IN ('accepted', 'declined') AND updated_at IS NULL;

-- A quote was last changed when its status was: when it was looked at, decided, or when the night's
-- work found it expired.
UPDATE demo_deals
   SET updated_at = CASE status
           WHEN 'draft' THEN created_at + pg_temp.draw(seed || ' edited', 5400) * interval '1 second'
           WHEN 'sent' THEN sent_at
           WHEN 'viewed' THEN sent_at + pg_temp.draw_between(seed || ' viewed', 40, 14400)
                                        * interval '1 second'
           WHEN 'expired' THEN (valid_until + 1)::timestamp AT TIME ZONE 'UTC'
                               + interval '5 minutes 0.25 seconds'
           ELSE decided_at END
 WHERE kind = 'quote' AND updated_at IS NULL;

-- Lines. Three quarters are products, and many a longer deal ends with the carriage. A single line is
-- something of substance.
INSERT INTO demo_lines (deal_id, position, seed, kind)
SELECT deal_id, position, line,
       CASE WHEN position = lines - 1 AND lines >= 3 AND pg_temp.chance(line || ' carriage', 45)
            THEN 'carriage'
            ELSE (ARRAY['product', 'configured', 'service', 'manual'])
                 [width_bucket(pg_temp.draw(line || ' kind', CASE lines WHEN 1 THEN 90 ELSE 100 END)::int,
                               ARRAY[0, 76, 87, 94])] END
  FROM demo_deals,
       LATERAL generate_series(0, lines - 1) AS position,
       LATERAL format('%s line %s', seed, position) AS line
 WHERE seed IS NOT NULL AND NOT EXISTS (SELECT FROM demo_lines l WHERE l.deal_id = demo_deals.deal_id);

-- The joins below need to know how large the tables are.
ANALYZE demo_deals, demo_lines, demo_products, demo_phrases, demo_organisations;

-- A deal's products are neighbours in the catalogue, each in it once.
UPDATE demo_lines l
   SET description = p.title
                     || CASE WHEN pg_temp.chance(l.seed || ' noted', 9)
                             THEN E'\n' || (SELECT pg_temp.fill_in(text, l.seed) FROM demo_phrases n
                                             WHERE n.code = d.code AND n.kind = 'note'
                                               AND n.n = pg_temp.draw(l.seed || ' note', n.of))
                             ELSE '' END,
       uom = p.uom, price = p.price,
       lead_time_days = CASE WHEN NOT pg_temp.chance(l.seed || ' no lead time', 8)
                             THEN p.lead_time_days END,
       discount_pct = CASE WHEN pg_temp.chance(l.seed || ' odd discount', 2)
                           THEN pg_temp.pick(l.seed || ' odd', ARRAY[33.3333, 12.25, 17.5])
                           ELSE pg_temp.pick(coalesce(d.customer_id::text, '') || ' terms',
                                             ARRAY[0, 0, 0, 0, 2.5, 5, 7.5, 10, 12.5, 15]) END
  FROM demo_deals d, demo_organisations o, demo_products p
 WHERE l.kind = 'product' AND l.description IS NULL AND d.deal_id = l.deal_id
   AND o.code = d.code AND p.code = d.code
   AND p.rank = (pg_temp.draw(d.seed || ' first product', o.products)
                 + l.position * pg_temp.draw_between(d.seed || ' step', 1, 2)) % o.products;

-- The phrases of a kind take turns in a deal.
UPDATE demo_lines l
   SET description = pg_temp.fill_in(text, l.seed), uom = p.uom,
       price = pg_temp.list_price(
           low + (high - low) * pg_temp.draw(l.seed || ' price', 1001) / 1000, o.currency),
       lead_time_days = pg_temp.draw_between(l.seed || ' lead', lead_low, lead_high),
       vat_exempt = exempt
  FROM demo_deals d, demo_organisations o, demo_phrases p,
       (SELECT seed, row_number() OVER (PARTITION BY deal_id, kind ORDER BY position) AS turn
          FROM demo_lines) AS turns
 WHERE l.kind <> 'product' AND l.description IS NULL AND d.deal_id = l.deal_id
   AND turns.seed = l.seed AND o.code = d.code AND p.code = d.code AND p.kind = l.kind
   AND p.n = (pg_temp.draw(d.seed || ' phrase', p.of) + turns.turn) % p.of;

UPDATE demo_lines l
   SET pounds = price / pg_temp.per_pound(o.currency)
  FROM demo_deals d
  JOIN demo_organisations o USING (code)
 WHERE d.deal_id = l.deal_id;

-- Cut goods by the quarter, hours and days by the half, charges once, packs a few; of single pieces
-- the more the cheaper they are.
UPDATE demo_lines l
   SET qty = CASE
           WHEN l.uom IS NULL THEN 1
           WHEN l.uom = 'KG' AND pounds < 2
               THEN pg_temp.draw_between(l.seed || ' qty', 1000, 6000) / 4.0
           WHEN l.uom IN ('M', 'm', 'L', 'KG') THEN pg_temp.draw_between(l.seed || ' qty', 2, 120) / 4.0
           WHEN l.uom IN ('h', 'DAY', 'J', '日') THEN pg_temp.draw_between(l.seed || ' qty', 1, 8) / 2.0
           WHEN l.kind = 'configured'
               THEN pg_temp.pick(l.seed || ' qty', ARRAY[1, 1, 2, 2, 4, 5, 6, 10, 12])
           WHEN l.uom IN ('BX', 'PK', 'BTE', 'SAC', 'BOX', '箱', '袋', 'SET', 'JEU', 'kmpl', 'PR', '組',
                          '式', '部')
               THEN pg_temp.pick(l.seed || ' qty', ARRAY[1, 1, 2, 2, 3, 4, 5, 6, 10, 20])
           WHEN pounds >= 400 THEN pg_temp.pick(l.seed || ' qty', ARRAY[1, 1, 1, 2, 4])
           WHEN pounds >= 60 THEN pg_temp.pick(l.seed || ' qty', ARRAY[1, 2, 2, 3, 4, 5, 6, 10])
           WHEN pounds >= 8 THEN pg_temp.pick(l.seed || ' qty', ARRAY[2, 3, 5, 5, 6, 10, 10, 12, 20, 25])
           ELSE pg_temp.pick(l.seed || ' qty', ARRAY[10, 20, 25, 30, 50, 50, 100, 200, 500]) END,
       unit_price_minor = pg_temp.minor(
           CASE WHEN d.currency = o.currency THEN l.price
                ELSE pg_temp.list_price(pounds * pg_temp.per_pound(d.currency), d.currency) END,
           d.currency),
       vat_exempt = l.vat_exempt OR d.abroad
  FROM demo_deals d
  JOIN demo_organisations o USING (code)
 WHERE d.deal_id = l.deal_id AND l.qty IS NULL;

-- A line's amount is rounded to the minor unit, half away from zero. The discount on the whole lowers
-- what is taxed in proportion.
CREATE TEMP TABLE demo_totals ON COMMIT DROP AS
SELECT deal_id, subtotal, discount,
       round(vat * (taxed - CASE WHEN discount = 0 THEN 0 ELSE round(discount * taxed / subtotal) END))
           ::bigint AS vat
  FROM (SELECT d.deal_id, d.vat, sum(amount) AS subtotal,
               coalesce(sum(amount) FILTER (WHERE NOT vat_exempt), 0) AS taxed,
               round(sum(amount) * d.discount_bp / 10000) AS discount
          FROM demo_deals d
          JOIN demo_lines l USING (deal_id),
               LATERAL round(l.qty * l.unit_price_minor * (100 - l.discount_pct) / 100) AS amount
         GROUP BY d.deal_id) AS sums;

-- Northfield counts on, so that the documented quote is Q-1024; the others begin each year with 1.
INSERT INTO quotes (org_id, quote_id, number, status, currency, subtotal_minor, discount_minor,
                    vat_minor, total_minor, valid_until, customer_id, sent_at, decided_at,
                    created_at, updated_at)
SELECT org_id, deal_id,
       CASE WHEN quote_prefix IS NOT NULL
            THEN quote_prefix || lpad((1024 + turn - documented)::text, 4, '0')
            ELSE format('Q-%s-%s', to_char(created_at, 'YY'),
                        lpad((turn_of_year + CASE WHEN created_at < '2026-01-01' THEN quotes / 2 ELSE 0 END)
                             ::text, 5, '0')) END,
       status, currency, subtotal, discount, vat_minor, subtotal - discount + vat_minor, valid_until,
       customer_id, sent_at, decided_at, created_at, updated_at
  FROM (SELECT d.*, o.quote_prefix, o.quotes, t.subtotal, t.discount, t.vat AS vat_minor,
               row_number() OVER sorted AS turn,
               row_number() OVER (PARTITION BY d.org_id, to_char(d.created_at, 'YY')
                                  ORDER BY d.created_at, d.deal_id) AS turn_of_year,
               count(*) FILTER (WHERE d.created_at < '2026-06-01T15:00:00Z') OVER (PARTITION BY d.org_id) + 1
                   AS documented
          FROM demo_deals d
          JOIN demo_totals t USING (deal_id)
          JOIN demo_organisations o USING (org_id)
         WHERE d.kind = 'quote'
        WINDOW sorted AS (PARTITION BY d.org_id ORDER BY d.created_at, d.deal_id)) AS numbered;

INSERT INTO quote_lines (org_id, quote_id, line_id, position, line_type, description, qty, uom,
                         unit_price_minor, discount_pct, vat_exempt, lead_time_days)
SELECT d.org_id, d.deal_id, pg_temp.id_of(format('quote line %s %s', d.deal_id, l.position)),
       l.position, CASE l.kind WHEN 'carriage' THEN 'service' ELSE l.kind END, l.description, l.qty, l.uom, l.unit_price_minor, l.discount_pct,
       l.vat_exempt, l.lead_time_days
  FROM demo_deals d
  JOIN demo_lines l USING (deal_id)
 WHERE d.kind = 'quote';
