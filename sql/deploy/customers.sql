-- Deploy kabaido:customers to pg
-- Customers and the people to talk to there.

BEGIN;

CREATE TABLE customers (
    org_id      uuid NOT NULL CONSTRAINT customers_org REFERENCES organisations,
    customer_id uuid NOT NULL DEFAULT gen_random_uuid(),
    company     short_text NOT NULL,
    email       short_text
        CONSTRAINT customers_email_has_a_domain CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    phone       short_text,
    external_id short_text COLLATE "C",
    created_at  moment NOT NULL DEFAULT now(),
    updated_at  moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, customer_id),
    CONSTRAINT customers_external_id_unique UNIQUE (org_id, external_id)
);
COMMENT ON TABLE customers IS 'The companies that an organisation sells to';

CREATE TABLE contacts (
    org_id      uuid NOT NULL,
    contact_id  uuid NOT NULL DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL,
    name        short_text,
    email       short_text
        CONSTRAINT contacts_email_has_a_domain CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    phone       short_text,
    is_primary  boolean NOT NULL DEFAULT false,
    created_at  moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, contact_id),
    CONSTRAINT contacts_customer FOREIGN KEY (org_id, customer_id) REFERENCES customers,
    CONSTRAINT contacts_can_be_reached CHECK (num_nonnulls(name, email, phone) > 0)
);
CREATE INDEX contacts_of_customer ON contacts (org_id, customer_id);
CREATE UNIQUE INDEX contacts_one_primary ON contacts (org_id, customer_id) WHERE is_primary;
COMMENT ON TABLE contacts IS 'People at a customer; at most one of them is the primary contact';

ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON customers USING (org_id = current_org_id());

ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON contacts USING (org_id = current_org_id());

GRANT SELECT, INSERT, UPDATE ON customers, contacts TO kabaido_worker;
GRANT SELECT, INSERT, UPDATE ON customers, contacts TO kabaido_application;

COMMIT;
