-- Verify kabaido:orders on pg

BEGIN;

SELECT org_id, order_id, number, status, quote_id, po_reference, currency, subtotal_minor,
       discount_minor, vat_minor, total_minor, customer_id, created_at, updated_at
  FROM orders WHERE false;
SELECT org_id, order_id, line_id, position, line_type, description, qty, uom, unit_price_minor,
       discount_pct, vat_exempt, lead_time_days FROM order_lines WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('orders'::regclass, 'order_lines'::regclass);

ROLLBACK;
