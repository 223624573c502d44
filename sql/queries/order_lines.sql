-- An order's lines in order of position.
SELECT line_id AS id, position, line_type, description,
       trim_scale(qty) AS qty, uom, unit_price_minor,
       trim_scale(discount_pct) AS discount_pct, vat_exempt, lead_time_days
  FROM order_lines
 WHERE org_id = current_org_id() AND order_id = $1
 ORDER BY position;
