-- Deploy kabaido:idempotency to pg
-- The first answer to each Idempotency-Key, kept for replay.

BEGIN;

CREATE TABLE idempotency (
    org_id          uuid NOT NULL,
    key_id          uuid NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL
        CONSTRAINT idempotency_key_1_to_255_characters
        CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
    request_digest  bytea NOT NULL
        CONSTRAINT idempotency_digest_32_bytes CHECK (length(request_digest) = 32),
    created_at      moment NOT NULL DEFAULT now(),
    status          smallint NOT NULL
        CONSTRAINT idempotency_status_is_http CHECK (status BETWEEN 200 AND 499),
    location        text,
    body            text NOT NULL,
    PRIMARY KEY (org_id, key_id, idempotency_key),
    CONSTRAINT idempotency_api_key FOREIGN KEY (org_id, key_id) REFERENCES api_keys
);
CREATE INDEX idempotency_by_age ON idempotency (org_id, created_at);
COMMENT ON TABLE idempotency IS 'Written in the transaction that did the work: both are there, or neither';

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency USING (org_id = current_org_id());

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO kabaido_worker;

COMMIT;
