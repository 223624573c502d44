-- An order's head. Column names are the members' names, in the order of the published page.
SELECT order_id AS id, number, status, quote_id, po_reference, currency,
       subtotal_minor, discount_minor, vat_minor, total_minor,
       customer_id, created_at, updated_at
  FROM orders
 WHERE org_id = current_org_id() AND order_id = $1;
