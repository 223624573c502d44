-- Deploy kabaido:tenancy to pg
-- Plans, organisations, the domains that columns share, and the setting that says whose rows a
-- transaction sees.

BEGIN;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public
   TO kabaido_definer, kabaido_worker, kabaido_tool, kabaido_application;

-- A function is nobody's until it is granted.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The active codes of ISO 4217 that have a minor unit or are whole by nature; funds, metals and
-- test codes are no prices. tests/sql holds the list against Debian's iso-codes.
CREATE DOMAIN iso_currency AS text COLLATE "C"
    CONSTRAINT iso_currency_is_iso_4217 CHECK (VALUE IN (
    'AED','AFN','ALL','AMD','ANG','AOA','ARS','AUD','AWG','AZN','BAM','BBD','BDT','BGN','BHD','BIF',
    'BMD','BND','BOB','BRL','BSD','BTN','BWP','BYN','BZD','CAD','CDF','CHF','CLP','CNY','COP','CRC',
    'CUP','CVE','CZK','DJF','DKK','DOP','DZD','EGP','ERN','ETB','EUR','FJD','FKP','GBP','GEL','GHS',
    'GIP','GMD','GNF','GTQ','GYD','HKD','HNL','HTG','HUF','IDR','ILS','INR','IQD','IRR','ISK','JMD',
    'JOD','JPY','KES','KGS','KHR','KMF','KPW','KRW','KWD','KYD','KZT','LAK','LBP','LKR','LRD','LSL',
    'LYD','MAD','MDL','MGA','MKD','MMK','MNT','MOP','MRU','MUR','MVR','MWK','MXN','MYR','MZN','NAD',
    'NGN','NIO','NOK','NPR','NZD','OMR','PAB','PEN','PGK','PHP','PKR','PLN','PYG','QAR','RON','RSD',
    'RUB','RWF','SAR','SBD','SCR','SDG','SEK','SGD','SHP','SLE','SOS','SRD','SSP','STN','SVC','SYP',
    'SZL','THB','TJS','TMT','TND','TOP','TRY','TTD','TWD','TZS','UAH','UGX','USD','UYU','UZS','VED',
    'VES','VND','VUV','WST','XAF','XCD','XOF','XPF','YER','ZAR','ZMW'));

-- RFC 3339 has four digits for the year and no infinity.
CREATE DOMAIN moment AS timestamptz
    CONSTRAINT moment_has_four_digit_year CHECK (VALUE >= '0001-01-01T00:00:00Z' AND
                                                 VALUE < '10000-01-01T00:00:00Z');
CREATE DOMAIN calendar_date AS date
    CONSTRAINT calendar_date_has_four_digit_year CHECK (VALUE BETWEEN '0001-01-01' AND '9999-12-31');

-- numeric knows NaN, which sorts above every number and which JSON cannot say.
CREATE DOMAIN quantity AS numeric(15, 4)
    CONSTRAINT quantity_is_not_negative CHECK (VALUE >= 0 AND VALUE <> 'NaN');
CREATE DOMAIN percentage AS numeric(7, 4)
    CONSTRAINT percentage_is_0_to_100 CHECK (VALUE BETWEEN 0 AND 100);

-- One line that a person can read.
CREATE DOMAIN short_text AS text
    CONSTRAINT short_text_is_1_to_500_characters CHECK (char_length(VALUE) BETWEEN 1 AND 500)
    CONSTRAINT short_text_has_no_control_characters CHECK (VALUE !~ '[\x01-\x1f\x7f]');

CREATE TABLE plans (
    plan          text COLLATE "C" PRIMARY KEY,
    integrations  boolean NOT NULL,
    product_limit integer CONSTRAINT plans_product_limit_positive CHECK (product_limit > 0)
);
COMMENT ON TABLE plans IS 'What an organisation pays for; product_limit null: as many as it likes';

INSERT INTO plans (plan, integrations, product_limit)
VALUES ('free', false, 1000), ('team', true, 100000), ('business', true, NULL);

CREATE TABLE organisations (
    org_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       short_text NOT NULL CONSTRAINT organisations_name_unique UNIQUE,
    plan       text COLLATE "C" NOT NULL CONSTRAINT organisations_plan_known REFERENCES plans,
    currency   iso_currency NOT NULL DEFAULT 'GBP',
    created_at moment NOT NULL DEFAULT now()
);
COMMENT ON TABLE organisations IS 'The tenants; every other tenant table begins its keys with org_id';

-- Whose rows this transaction sees: set by admit() for an admitted key, and by whoever writes with
-- SQL. Null, and therefore no rows, where nothing is set.
CREATE FUNCTION current_org_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('kabaido.org_id', true), '')::uuid;
GRANT EXECUTE ON FUNCTION current_org_id() TO PUBLIC;

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON organisations USING (org_id = current_org_id());
CREATE POLICY managed ON organisations TO kabaido_tool USING (true);

GRANT SELECT ON plans, organisations TO kabaido_definer, kabaido_worker, kabaido_tool,
                                        kabaido_application;
GRANT INSERT, UPDATE (name, plan, currency) ON organisations TO kabaido_tool;

COMMIT;
