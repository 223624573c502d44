-- Deploy kabaido:orders to pg
-- Orders and their lines, written by the Kabaido application: see docs/database.md.

BEGIN;

CREATE TABLE orders (
    org_id         uuid NOT NULL CONSTRAINT orders_org REFERENCES organisations,
    order_id       uuid NOT NULL DEFAULT gen_random_uuid(),
    number         short_text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL DEFAULT 'confirmed'
        CONSTRAINT orders_status_known
        CHECK (status IN ('confirmed', 'in_progress', 'fulfilled', 'cancelled')),
    quote_id       uuid,
    po_reference   short_text,
    currency       iso_currency NOT NULL,
    subtotal_minor bigint NOT NULL,
    discount_minor bigint NOT NULL DEFAULT 0,
    vat_minor      bigint NOT NULL DEFAULT 0,
    total_minor    bigint NOT NULL,
    customer_id    uuid,
    created_at     moment NOT NULL DEFAULT now(),
    updated_at     moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, order_id),
    CONSTRAINT orders_number_unique UNIQUE (org_id, number),
    CONSTRAINT orders_quote FOREIGN KEY (org_id, quote_id) REFERENCES quotes,
    CONSTRAINT orders_customer FOREIGN KEY (org_id, customer_id) REFERENCES customers,
    CONSTRAINT orders_total_adds_up
        CHECK (total_minor = subtotal_minor - discount_minor + vat_minor)
);
CREATE INDEX orders_of_quote ON orders (org_id, quote_id);
CREATE INDEX orders_of_customer ON orders (org_id, customer_id, created_at, order_id);
COMMENT ON TABLE orders IS 'What customers bought; money in minor units of currency';

CREATE TABLE order_lines (
    org_id           uuid NOT NULL,
    order_id         uuid NOT NULL,
    line_id          uuid NOT NULL DEFAULT gen_random_uuid(),
    position         integer NOT NULL
        CONSTRAINT order_lines_position_not_negative CHECK (position >= 0),
    line_type        text COLLATE "C" NOT NULL
        CONSTRAINT order_lines_line_type_known
        CHECK (line_type IN ('product', 'configured', 'service', 'manual')),
    description      text NOT NULL
        CONSTRAINT order_lines_description_1_to_10000_characters
        CHECK (char_length(description) BETWEEN 1 AND 10000),
    qty              quantity NOT NULL,
    uom              short_text,
    unit_price_minor bigint NOT NULL,
    discount_pct     percentage NOT NULL DEFAULT 0,
    vat_exempt       boolean NOT NULL DEFAULT false,
    lead_time_days   integer
        CONSTRAINT order_lines_lead_time_not_negative CHECK (lead_time_days >= 0),
    PRIMARY KEY (org_id, line_id),
    -- Begins with what a read asks for, in the order in which it prints them. Deferrable, so that it
    -- is checked at the end of a statement: one UPDATE may make room for a line or change two round.
    CONSTRAINT order_lines_position_unique UNIQUE (org_id, order_id, position) DEFERRABLE,
    CONSTRAINT order_lines_order FOREIGN KEY (org_id, order_id) REFERENCES orders ON DELETE CASCADE
);
COMMENT ON TABLE order_lines IS 'What is in an order, by position from 0';

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (org_id = current_org_id());

ALTER TABLE order_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON order_lines USING (org_id = current_org_id());

GRANT SELECT ON orders, order_lines TO kabaido_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders, order_lines TO kabaido_application;

COMMIT;
