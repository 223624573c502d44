"""Rows that tests add to those of the demo."""

import uuid


def add_large_quote(stack, lines=500, text="x" * 9000):
    """A quote of the demo organisation with so many lines of this description; returns its id."""
    quote_id = str(uuid.uuid4())
    stack.sql("""INSERT INTO quotes (org_id, quote_id, number, currency, subtotal_minor,
                                     discount_minor, vat_minor, total_minor)
                 SELECT org_id, %s, 'Q-LARGE', 'JPY', 0, 0, 0, 0 FROM quotes WHERE quote_id = %s""",
              [quote_id, stack.quote_id])
    stack.sql("""INSERT INTO quote_lines (org_id, quote_id, position, line_type, description, qty,
                                          unit_price_minor)
                 SELECT org_id, quote_id, n, 'manual', %s, n / 7.0, n
                   FROM quotes, generate_series(0, %s - 1) AS n WHERE quote_id = %s""",
              [text, lines, quote_id])
    return quote_id


def remove_quote(stack, quote_id):
    stack.sql("DELETE FROM quotes WHERE quote_id = %s", [quote_id])
