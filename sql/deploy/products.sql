-- Deploy kabaido:products to pg
-- The catalogue.

BEGIN;

CREATE TABLE products (
    org_id         uuid NOT NULL CONSTRAINT products_org REFERENCES organisations,
    product_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    sku            text COLLATE "C" NOT NULL
        CONSTRAINT products_sku_1_to_100_characters CHECK (char_length(sku) BETWEEN 1 AND 100)
        CONSTRAINT products_sku_has_no_control_characters CHECK (sku !~ '[\x01-\x1f\x7f]'),
    title          short_text NOT NULL,
    category       short_text,
    uom            short_text,
    price_minor    bigint CONSTRAINT products_price_not_negative CHECK (price_minor >= 0),
    currency       iso_currency NOT NULL,
    stock_qty      quantity,
    lead_time_days integer CONSTRAINT products_lead_time_not_negative CHECK (lead_time_days >= 0),
    external_id    short_text,
    schema_id      short_text,
    attrs          jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT products_attrs_is_an_object CHECK (jsonb_typeof(attrs) = 'object'),
    created_at     moment NOT NULL DEFAULT now(),
    updated_at     moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, product_id),
    CONSTRAINT products_sku_unique UNIQUE (org_id, sku)
);
COMMENT ON TABLE products IS 'The catalogue, by SKU';

ALTER TABLE products ENABLE ROW LEVEL SECURITY;
ALTER TABLE products FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON products USING (org_id = current_org_id());

GRANT SELECT, INSERT, UPDATE ON products TO kabaido_worker;
GRANT SELECT, INSERT, UPDATE ON products TO kabaido_application;

COMMIT;
