-- Deploy kabaido:audit to pg
-- Who did what when. Nobody has the right to change or remove a row.

BEGIN;

CREATE TABLE audit (
    org_id     uuid NOT NULL CONSTRAINT audit_org REFERENCES organisations,
    audit_id   bigint GENERATED ALWAYS AS IDENTITY,
    at         moment NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL,
    action     text COLLATE "C" NOT NULL
        CONSTRAINT audit_action_form CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    subject    text NOT NULL,
    details    jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT audit_details_is_an_object CHECK (jsonb_typeof(details) = 'object'),
    address    inet,
    PRIMARY KEY (org_id, audit_id)
);
COMMENT ON TABLE audit IS 'Append-only: nobody but the owner of the table holds UPDATE or DELETE';
COMMENT ON COLUMN audit.action IS 'noun.verb, such as key.create';
COMMENT ON COLUMN audit.subject IS 'What it was done to: a key''s prefix, a user''s e-mail';

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON audit USING (org_id = current_org_id());
CREATE POLICY managed ON audit TO kabaido_tool USING (true);

GRANT SELECT, INSERT ON audit TO kabaido_tool;

COMMIT;
