-- Deploy kabaido:attrs_limit to pg
-- A product's attributes are a few facts, not a document: they come with every page of the list.

BEGIN;

ALTER TABLE products
    ADD CONSTRAINT products_attrs_at_most_16_kib CHECK (octet_length(attrs::text) <= 16384);

COMMIT;
