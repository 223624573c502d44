-- Deploy kabaido:quotes to pg
-- Quotes and their lines, written by the Kabaido application: see docs/database.md.

BEGIN;

CREATE TABLE quotes (
    org_id         uuid NOT NULL CONSTRAINT quotes_org REFERENCES organisations,
    quote_id       uuid NOT NULL DEFAULT gen_random_uuid(),
    number         short_text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL DEFAULT 'draft'
        CONSTRAINT quotes_status_known
        CHECK (status IN ('draft', 'sent', 'viewed', 'accepted', 'declined', 'expired')),
    currency       iso_currency NOT NULL,
    subtotal_minor bigint NOT NULL,
    discount_minor bigint NOT NULL DEFAULT 0,
    vat_minor      bigint NOT NULL DEFAULT 0,
    total_minor    bigint NOT NULL,
    valid_until    calendar_date,
    customer_id    uuid,
    sent_at        moment,
    decided_at     moment,
    created_at     moment NOT NULL DEFAULT now(),
    updated_at     moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, quote_id),
    CONSTRAINT quotes_number_unique UNIQUE (org_id, number),
    CONSTRAINT quotes_customer FOREIGN KEY (org_id, customer_id) REFERENCES customers,
    CONSTRAINT quotes_total_adds_up
        CHECK (total_minor = subtotal_minor - discount_minor + vat_minor)
);
CREATE INDEX quotes_of_customer ON quotes (org_id, customer_id, created_at, quote_id);
COMMENT ON TABLE quotes IS 'Offers; money in minor units of currency';

CREATE TABLE quote_lines (
    org_id           uuid NOT NULL,
    quote_id         uuid NOT NULL,
    line_id          uuid NOT NULL DEFAULT gen_random_uuid(),
    position         integer NOT NULL
        CONSTRAINT quote_lines_position_not_negative CHECK (position >= 0),
    line_type        text COLLATE "C" NOT NULL
        CONSTRAINT quote_lines_line_type_known
        CHECK (line_type IN ('product', 'configured', 'service', 'manual')),
    description      text NOT NULL
        CONSTRAINT quote_lines_description_1_to_10000_characters
        CHECK (char_length(description) BETWEEN 1 AND 10000),
    qty              quantity NOT NULL,
    uom              short_text,
    unit_price_minor bigint NOT NULL,
    discount_pct     percentage NOT NULL DEFAULT 0,
    vat_exempt       boolean NOT NULL DEFAULT false,
    lead_time_days   integer
        CONSTRAINT quote_lines_lead_time_not_negative CHECK (lead_time_days >= 0),
    PRIMARY KEY (org_id, line_id),
    -- Begins with what a read asks for, in the order in which it prints them. Deferrable, so that it
    -- is checked at the end of a statement: one UPDATE may make room for a line or change two round.
    CONSTRAINT quote_lines_position_unique UNIQUE (org_id, quote_id, position) DEFERRABLE,
    CONSTRAINT quote_lines_quote FOREIGN KEY (org_id, quote_id) REFERENCES quotes ON DELETE CASCADE
);
COMMENT ON TABLE quote_lines IS 'What is in a quote, by position from 0';

ALTER TABLE quotes ENABLE ROW LEVEL SECURITY;
ALTER TABLE quotes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON quotes USING (org_id = current_org_id());

ALTER TABLE quote_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE quote_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON quote_lines USING (org_id = current_org_id());

GRANT SELECT ON quotes, quote_lines TO kabaido_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON quotes, quote_lines TO kabaido_application;

COMMIT;
