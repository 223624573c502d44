-- A quote's head. Column names are the members' names, in the order of the published page.
SELECT quote_id AS id, number, status, currency,
       subtotal_minor, discount_minor, vat_minor, total_minor,
       valid_until, customer_id, sent_at, decided_at, created_at, updated_at
  FROM quotes
 WHERE org_id = current_org_id() AND quote_id = $1;
