-- Deploy kabaido:customer_match to pg
-- Finding a customer again by the e-mail that it has, whole or its domain, in any case.
--
-- Columns of their own, made by the database: row security keeps functions that are not leakproof
-- (lower() and split_part() are not) from the index, so what is looked for has to stand there.

BEGIN;

ALTER TABLE customers
    ADD COLUMN email_folded text COLLATE "C"
        GENERATED ALWAYS AS (lower(email COLLATE "und-x-icu")) STORED,
    ADD COLUMN email_domain text COLLATE "C"
        GENERATED ALWAYS AS (lower(split_part(email, '@', 2) COLLATE "und-x-icu")) STORED;
COMMENT ON COLUMN customers.email_folded IS 'email in lower case';
COMMENT ON COLUMN customers.email_domain IS 'what stands behind the @ of email, in lower case';

-- In the order in which a match prefers them: those without external_id, then the oldest.
CREATE INDEX customers_by_email
    ON customers (org_id, email_folded, (external_id IS NOT NULL), created_at, customer_id);
CREATE INDEX customers_by_domain
    ON customers (org_id, email_domain, (external_id IS NOT NULL), created_at, customer_id);

COMMIT;
