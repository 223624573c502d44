-- Orders: most are accepted quotes, with the customer, money and lines of these; some came by
-- telephone without one. The documented quote has its order.

-- ordered_at: when it was made.
CREATE TEMP TABLE demo_orders ON COMMIT DROP AS
SELECT pg_temp.id_of('order of ' || d.deal_id) AS order_id, d.*, o.order_prefix, o.orders,
       CASE kind WHEN 'order' THEN d.created_at
                 ELSE least(d.decided_at + pg_temp.draw_between(seed || ' ordered', 120, 9000)
                                           * interval '1 second',
                            '2026-06-30T16:00:00Z') END AS ordered_at
  FROM (SELECT *, row_number() OVER (PARTITION BY code
                                     ORDER BY kind = 'order' DESC, seed LIKE 'by hand%' DESC,
                                              pg_temp.draw(seed || ' becomes an order', 1000000),
                                              deal_id) AS turn
          FROM demo_deals
         WHERE kind = 'order' OR status = 'accepted') AS d
  JOIN demo_organisations o USING (code)
 WHERE d.turn <= o.orders;

-- The older an order the further it has come; some were cancelled on the way.
CREATE TEMP TABLE demo_order_states ON COMMIT DROP AS
SELECT order_id,
       CASE WHEN chance < 6 THEN 'cancelled'
            WHEN age >= 40 THEN CASE WHEN chance < 90 THEN 'fulfilled' ELSE 'in_progress' END
            WHEN age >= 15 THEN CASE WHEN chance < 50 THEN 'fulfilled'
                                     WHEN chance < 88 THEN 'in_progress' ELSE 'confirmed' END
            WHEN chance < 55 THEN 'confirmed'
            ELSE 'in_progress' END AS status
  FROM (SELECT order_id, '2026-06-30'::date - ordered_at::date AS age,
               pg_temp.draw(order_id || ' status', 100) AS chance
          FROM demo_orders) AS aged;

INSERT INTO orders (org_id, order_id, number, status, quote_id, po_reference, currency,
                    subtotal_minor, discount_minor, vat_minor, total_minor, customer_id, created_at,
                    updated_at)
SELECT org_id, order_id,
       CASE WHEN order_prefix IS NOT NULL THEN order_prefix || 2160 + turn_of_all
            ELSE format('O-%s-%s', to_char(ordered_at, 'YY'),
                        lpad((turn_of_year + CASE WHEN ordered_at < '2026-01-01' THEN orders / 2 ELSE 0 END)
                             ::text, 5, '0')) END,
       status, CASE kind WHEN 'quote' THEN deal_id END,
       CASE WHEN NOT pg_temp.chance(order_id || ' by word of mouth', 18)
            THEN CASE code
                WHEN 'northfield' THEN format('PO%s', 450000 + pg_temp.draw(order_id || ' po', 9000))
                WHEN 'brunel' THEN format('BC n° %s/%s', to_char(ordered_at, 'YYYY'),
                                          pg_temp.draw_between(order_id || ' po', 12, 980))
                WHEN 'aobagahara' THEN format('注文書%s-%s', to_char(ordered_at, 'YYMM'),
                                              lpad(pg_temp.draw(order_id || ' po', 900)::text, 4, '0'))
                WHEN 'masamir' THEN format('LPO/%s/%s', to_char(ordered_at, 'YYYY'),
                                           pg_temp.draw_between(order_id || ' po', 1001, 9999))
                ELSE format('telefon, %s', pg_temp.pick(order_id || ' caller',
                                                        ARRAY['Tõnu', 'Külli', 'Jüri'])) END END,
       currency, subtotal, discount, vat, subtotal - discount + vat, customer_id, ordered_at,
       least(ordered_at + CASE status
                 WHEN 'confirmed' THEN interval '0'
                 WHEN 'cancelled' THEN pg_temp.draw_between(order_id || ' off', 3600, 400000)
                                       * interval '1 second'
                 WHEN 'in_progress' THEN pg_temp.draw_between(order_id || ' on', 1800, 260000)
                                         * interval '1 second'
                 ELSE pg_temp.draw_between(order_id || ' out', 90000, 1900000) * interval '1 second' END,
             '2026-06-30T16:45:00Z')
  FROM (SELECT d.order_id, d.org_id, d.code, d.kind, d.deal_id, d.currency, d.customer_id,
               d.order_prefix, d.orders, d.ordered_at, s.status, t.subtotal, t.discount, t.vat,
               row_number() OVER (PARTITION BY d.org_id ORDER BY ordered_at, order_id) AS turn_of_all,
               row_number() OVER (PARTITION BY d.org_id, to_char(ordered_at, 'YY')
                                  ORDER BY ordered_at, order_id) AS turn_of_year
          FROM demo_orders d
          JOIN demo_order_states s USING (order_id)
          JOIN demo_totals t USING (deal_id)) AS numbered;

INSERT INTO order_lines (org_id, order_id, line_id, position, line_type, description, qty, uom,
                         unit_price_minor, discount_pct, vat_exempt, lead_time_days)
SELECT o.org_id, o.order_id, pg_temp.id_of(format('order line %s %s', o.order_id, l.position)),
       l.position, CASE l.kind WHEN 'carriage' THEN 'service' ELSE l.kind END, l.description, l.qty, l.uom, l.unit_price_minor, l.discount_pct,
       l.vat_exempt, l.lead_time_days
  FROM demo_orders o
  JOIN demo_lines l USING (deal_id);
