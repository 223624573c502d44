-- Verify kabaido:quotes on pg

BEGIN;

SELECT org_id, quote_id, number, status, currency, subtotal_minor, discount_minor, vat_minor,
       total_minor, valid_until, customer_id, sent_at, decided_at, created_at, updated_at
  FROM quotes WHERE false;
SELECT org_id, quote_id, line_id, position, line_type, description, qty, uom, unit_price_minor,
       discount_pct, vat_exempt, lead_time_days FROM quote_lines WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('quotes'::regclass, 'quote_lines'::regclass);

ROLLBACK;
