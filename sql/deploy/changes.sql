-- Deploy kabaido:changes to pg
-- updated_at in the order in which changes were committed, so that a synchronisation that asks for
-- what came after its last position cannot miss one; and the indexes of the lists.
--
-- With updated_at = now(), a transaction that began early and commits late puts a change behind a
-- reader that has passed that moment. Here the first change of a transaction takes the
-- organisation's clock and holds it until the commit: the next one to change something waits for
-- it, and gets a later moment, whatever the server's own clock does. The clock is taken before the
-- statement locks any row, so two writers of an organisation cannot deadlock over its records,
-- unless one of them locks rows by itself (SELECT ... FOR UPDATE) before its first change.

BEGIN;

CREATE TABLE change_clock (
    org_id uuid PRIMARY KEY CONSTRAINT change_clock_org REFERENCES organisations,
    at     timestamptz NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE change_clock IS 'The moment of the latest change of each organisation''s records';

ALTER TABLE change_clock ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_clock FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON change_clock USING (org_id = current_org_id());
GRANT SELECT, INSERT, UPDATE ON change_clock TO kabaido_worker, kabaido_application;

-- The moment of this transaction's changes in an organisation: taken once, and remembered until the
-- transaction ends in a setting that says whose it is.
CREATE FUNCTION change_time(p_org_id uuid) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    mark  text := p_org_id || ' ' || pg_current_xact_id() || ' ';
    known text := current_setting('kabaido.change_time', true);
    taken timestamptz;
BEGIN
    IF starts_with(known, mark) THEN
        RETURN substr(known, length(mark) + 1)::timestamptz;
    END IF;
    INSERT INTO change_clock AS c (org_id, at) VALUES (p_org_id, clock_timestamp())
        ON CONFLICT (org_id) DO UPDATE
           SET at = greatest(clock_timestamp(), c.at + interval '1 microsecond')
    RETURNING at INTO taken;
    PERFORM set_config('kabaido.change_time', mark || taken, true);
    RETURN taken;
END
$$;
GRANT EXECUTE ON FUNCTION change_time(uuid) TO kabaido_worker, kabaido_application;

-- Takes the clock for whole statements, whose rows are locked after this and before the triggers of
-- each row. Where no organisation is set (an operator's session) those take it.
CREATE FUNCTION take_change_clock() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_org_id() IS NOT NULL THEN
        PERFORM change_time(current_org_id());
    END IF;
    RETURN NULL;
END
$$;

-- Sets updated_at, and created_at of a new row unless it is given, whatever the writer says: a
-- writer's own clock is ahead or behind. Only the owner's operators (kabaido_admin) may write other
-- moments, as an import of old records has to. created_at never changes: lists are walked by it.
CREATE FUNCTION stamp_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    before      timestamptz := CASE WHEN TG_OP = 'UPDATE' THEN OLD.updated_at ELSE now() END;
    is_operator boolean := pg_has_role(current_user, 'kabaido_owner', 'MEMBER');
BEGIN
    IF NOT is_operator OR NEW.updated_at IN (before, now()) THEN
        NEW.updated_at := change_time(NEW.org_id);
        IF TG_OP = 'INSERT' AND NEW.created_at = now() THEN
            NEW.created_at := NEW.updated_at;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NOT is_operator THEN
        NEW.created_at := OLD.created_at;
    END IF;
    RETURN NEW;
END
$$;

-- A changed line, contact or message is a change of the record that it belongs to, unless this very
-- transaction has written that already.
CREATE FUNCTION stamp_change_of_owner() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    part record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'quote_lines' THEN
            UPDATE quotes o SET updated_at = change_time(o.org_id)
             WHERE o.org_id = part.org_id AND o.quote_id = part.quote_id
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'order_lines' THEN
            UPDATE orders o SET updated_at = change_time(o.org_id)
             WHERE o.org_id = part.org_id AND o.order_id = part.order_id
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'contacts' THEN
            UPDATE customers o SET updated_at = change_time(o.org_id)
             WHERE o.org_id = part.org_id AND o.customer_id = part.customer_id
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'messages' THEN
            UPDATE requests o SET updated_at = change_time(o.org_id)
             WHERE o.org_id = part.org_id AND o.request_id = part.request_id
               AND o.xmin <> pg_current_xact_id()::xid;
    END CASE;
    RETURN NULL;
END
$$;
GRANT EXECUTE ON FUNCTION take_change_clock(), stamp_change(), stamp_change_of_owner()
   TO kabaido_worker, kabaido_application;

CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE ON customers
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE ON quotes
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE ON requests
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON quote_lines
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON contacts
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON messages
    FOR EACH STATEMENT EXECUTE FUNCTION take_change_clock();

CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION stamp_change();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON customers
    FOR EACH ROW EXECUTE FUNCTION stamp_change();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON quotes
    FOR EACH ROW EXECUTE FUNCTION stamp_change();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION stamp_change();
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON requests
    FOR EACH ROW EXECUTE FUNCTION stamp_change();

CREATE TRIGGER stamp_owner AFTER INSERT OR UPDATE OR DELETE ON quote_lines
    FOR EACH ROW EXECUTE FUNCTION stamp_change_of_owner();
CREATE TRIGGER stamp_owner AFTER INSERT OR UPDATE OR DELETE ON order_lines
    FOR EACH ROW EXECUTE FUNCTION stamp_change_of_owner();
CREATE TRIGGER stamp_owner AFTER INSERT OR UPDATE OR DELETE ON contacts
    FOR EACH ROW EXECUTE FUNCTION stamp_change_of_owner();
CREATE TRIGGER stamp_owner AFTER INSERT OR UPDATE OR DELETE ON messages
    FOR EACH ROW EXECUTE FUNCTION stamp_change_of_owner();

-- A message is a change of its request: who writes the one must be able to stamp the other.
GRANT UPDATE (updated_at) ON requests TO kabaido_worker;

-- Lists walk an index from where the last page ended. Products go by SKU, which is unique.
CREATE INDEX quotes_newest ON quotes (org_id, created_at, quote_id);
CREATE INDEX quotes_changed ON quotes (org_id, updated_at, quote_id);
CREATE INDEX orders_newest ON orders (org_id, created_at, order_id);
CREATE INDEX orders_changed ON orders (org_id, updated_at, order_id);
CREATE INDEX customers_newest ON customers (org_id, created_at, customer_id);
CREATE INDEX customers_changed ON customers (org_id, updated_at, customer_id);
CREATE INDEX requests_newest ON requests (org_id, created_at, request_id);
CREATE INDEX requests_changed ON requests (org_id, updated_at, request_id);
CREATE INDEX products_changed ON products (org_id, updated_at, product_id);
CREATE INDEX products_of_category ON products (org_id, category, sku);

COMMIT;
