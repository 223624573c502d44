-- Deploy kabaido:requests to pg
-- Requests for quotation: threads and their messages.

BEGIN;

CREATE TABLE requests (
    org_id       uuid NOT NULL CONSTRAINT requests_org REFERENCES organisations,
    request_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    title        short_text NOT NULL,
    status       text COLLATE "C" NOT NULL DEFAULT 'open'
        CONSTRAINT requests_status_known CHECK (status IN ('open', 'answered', 'closed')),
    customer_id  uuid,
    external_ref short_text,
    source       text COLLATE "C" NOT NULL
        CONSTRAINT requests_source_known CHECK (source IN ('api', 'email', 'web', 'phone')),
    created_at   moment NOT NULL DEFAULT now(),
    updated_at   moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, request_id),
    CONSTRAINT requests_customer FOREIGN KEY (org_id, customer_id) REFERENCES customers
);
CREATE INDEX requests_of_customer ON requests (org_id, customer_id);
COMMENT ON TABLE requests IS 'Threads in which a customer asks for prices';

CREATE TABLE messages (
    org_id     uuid NOT NULL,
    request_id uuid NOT NULL,
    message_id uuid NOT NULL DEFAULT gen_random_uuid(),
    position   integer NOT NULL
        CONSTRAINT messages_position_not_negative CHECK (position >= 0),
    author     text COLLATE "C" NOT NULL
        CONSTRAINT messages_author_known CHECK (author IN ('customer', 'team', 'system')),
    body       text NOT NULL
        CONSTRAINT messages_body_1_to_20000_characters
        CHECK (char_length(body) BETWEEN 1 AND 20000),
    created_at moment NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, request_id, position),
    CONSTRAINT messages_message_id_unique UNIQUE (org_id, message_id),
    CONSTRAINT messages_request FOREIGN KEY (org_id, request_id) REFERENCES requests
        ON DELETE CASCADE
);
COMMENT ON TABLE messages IS 'What was said in a request, by position from 0, oldest first';

ALTER TABLE requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE requests FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON requests USING (org_id = current_org_id());

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON messages USING (org_id = current_org_id());

GRANT SELECT, INSERT ON requests, messages TO kabaido_worker;
GRANT SELECT, INSERT, UPDATE ON requests, messages TO kabaido_application;

COMMIT;
