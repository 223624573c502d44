-- Deploy kabaido:changes to pg
-- updated_at in the order in which changes were committed, so that a synchronisation that asks for
-- what came after its last position cannot miss one; and the indexes of the lists.
--
-- With updated_at = now(), a transaction that began early and commits late puts a change behind a
-- reader that has passed that moment. Here the first change of a transaction takes the
-- organisation's clock and holds it until the commit: the next one to change something waits for
-- it, and gets a later moment, whatever the server's own clock does. The clock is taken before the
-- statement locks any row, so two writers of an organisation cannot deadlock over its records,
-- unless one of them locks rows by itself (SELECT ... FOR UPDATE) before it has the clock.

BEGIN;

-- held_by tells a transaction its own clock from one that it has yet to take. An identifier means
-- nothing after a restore into another cluster, which is why change_time() looks at the moment too.
CREATE TABLE change_clock (
    org_id  uuid PRIMARY KEY CONSTRAINT change_clock_org REFERENCES organisations,
    at      moment NOT NULL,
    held_by xid8 NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE change_clock IS 'The moment of the latest change of each organisation''s records';

ALTER TABLE change_clock ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_clock FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON change_clock USING (org_id = current_org_id());
GRANT SELECT, INSERT, UPDATE ON change_clock TO kabaido_definer;

-- The moment of this transaction's changes in an organisation. The first call takes the clock, and
-- waits for whoever has it; the others look. Passes row security, since a migration of the owner's
-- stamps rows of every organisation; anybody else's session gets that of its own.
CREATE FUNCTION change_time(p_org_id uuid) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    taken timestamptz;
BEGIN
    IF p_org_id IS DISTINCT FROM current_org_id()
       AND NOT pg_has_role(session_user, 'kabaido_owner', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'the clock of another organisation';
    END IF;
    SELECT c.at INTO taken FROM change_clock c
     WHERE c.org_id = p_org_id AND c.held_by = pg_current_xact_id() AND c.at >= now();
    IF NOT FOUND THEN
        INSERT INTO change_clock AS c (org_id, at, held_by)
        VALUES (p_org_id, clock_timestamp(), pg_current_xact_id())
            ON CONFLICT (org_id) DO UPDATE
           SET at = greatest(clock_timestamp(), c.at + interval '1 microsecond'),
               held_by = excluded.held_by
        RETURNING c.at INTO taken;
    END IF;
    RETURN taken;
END
$$;
GRANT EXECUTE ON FUNCTION change_time(uuid) TO kabaido_worker, kabaido_application;

-- A function's new owner must be able to create in its schema, for as long as that takes.
GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION change_time(uuid) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

-- Takes the clock for whole statements, whose rows are locked after this and before the triggers of
-- each row. Where no organisation is set (an operator's session) those take it. A statement that a
-- trigger sends need not ask: the one that set off the trigger has done so.
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
    IF NOT is_operator AND (NEW.org_id = current_org_id()) IS NOT TRUE THEN
        RETURN NEW; -- which row security refuses next, in its own words
    END IF;
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

-- A changed line, contact or message is a change of the record that it belongs to, and one that is
-- moved a change of both, unless this very transaction has written that already.
CREATE FUNCTION stamp_change_of_owner() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'quote_lines' THEN
            UPDATE quotes o SET updated_at = change_time(o.org_id)
             WHERE o.org_id IN (OLD.org_id, NEW.org_id) AND o.quote_id IN (OLD.quote_id, NEW.quote_id)
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'order_lines' THEN
            UPDATE orders o SET updated_at = change_time(o.org_id)
             WHERE o.org_id IN (OLD.org_id, NEW.org_id) AND o.order_id IN (OLD.order_id, NEW.order_id)
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'contacts' THEN
            UPDATE customers o SET updated_at = change_time(o.org_id)
             WHERE o.org_id IN (OLD.org_id, NEW.org_id) AND o.customer_id IN (OLD.customer_id, NEW.customer_id)
               AND o.xmin <> pg_current_xact_id()::xid;
        WHEN 'messages' THEN
            UPDATE requests o SET updated_at = change_time(o.org_id)
             WHERE o.org_id IN (OLD.org_id, NEW.org_id) AND o.request_id IN (OLD.request_id, NEW.request_id)
               AND o.xmin <> pg_current_xact_id()::xid;
    END CASE;
    RETURN NULL;
END
$$;

CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON products
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON customers
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON quotes
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON orders
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON requests
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON quote_lines
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON order_lines
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON contacts
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();
CREATE TRIGGER take_clock BEFORE INSERT OR UPDATE OR DELETE ON messages
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION take_change_clock();

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
