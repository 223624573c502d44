-- Deploy kabaido:search to pg
-- Products and customers by a part of their text.
--
-- Row security keeps LIKE from using an index, as it is not leakproof. So the search is done by
-- functions of kabaido_definer, which may pass row security; each tests the organisation itself,
-- and tells the worker no more than which records were found.
--
-- No index serves "the first hundred, by SKU, that contain a term": a trigram index finds all that
-- contain it in no order, which is slow when they are many; a walk along the SKUs finds them in
-- order, which is slow when they are few. So both, each where it is good (products_search below).

BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- --- Text ----------------------------------------------------------------------------------------

-- Text without regard to case: equal for two texts that differ in nothing else. By Unicode's own
-- mappings and not by those of the database's locale. To upper case and back, since sigma, dotless
-- i and others have several lower cases; and three that do not come back the same: a sigma at a
-- word's end, I with a dot, capital sharp s. ASCII alone is four times as fast.
CREATE FUNCTION search_fold(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN octet_length(p_text) = char_length(p_text)
           THEN lower(p_text COLLATE "C") COLLATE "default"
           ELSE replace(replace(replace(lower(upper(p_text COLLATE "und-x-icu")),
                                        U&'\03C2', U&'\03C3'),
                                U&'i\0307', 'i'),
                        U&'\00DF', 'ss') COLLATE "default"
           END;

-- A pattern for LIKE that finds the term anywhere and takes each of its characters literally.
CREATE FUNCTION search_pattern(p_term text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '%' || replace(replace(replace(search_fold(p_term), '\', '\\'), '%', '\%'), '_', '\_')
               || '%';

-- Whether the trigram index can tell much about a term: three characters in a row of which at
-- least two neighbours are letters or digits. '1/2' has none, and is found by walking.
CREATE FUNCTION search_has_trigrams(p_term text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN p_term ~ '[[:alnum:]]{3}|[[:alnum:]]{2}[^[:alnum:]]|[^[:alnum:]][[:alnum:]]{2}';

-- Those who write a record evaluate its generated columns.
GRANT EXECUTE ON FUNCTION search_fold(text), search_pattern(text), search_has_trigrams(text)
   TO kabaido_definer, kabaido_worker, kabaido_application;

-- --- What is searched ----------------------------------------------------------------------------

-- The parts of a record stand in lines: no part holds a line feed and no term does, so that nothing
-- is found across two parts. search_text stands in the index that is walked, where an entry has
-- room for 2,700 bytes, and folding may make three of one; the few texts that would not fit for
-- certain stand in search_long, and search_text is null. COLLATE "C" compares bytes: for whole
-- characters that is the same, and faster.

ALTER TABLE products
    ADD COLUMN search_text text COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN octet_length(title) + octet_length(sku) + coalesce(octet_length(category), 0) <= 700
             THEN search_fold(title || E'\n' || sku || coalesce(E'\n' || category, '')) END) STORED,
    ADD COLUMN search_long text COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN octet_length(title) + octet_length(sku) + coalesce(octet_length(category), 0) > 700
             THEN search_fold(title || E'\n' || sku || coalesce(E'\n' || category, '')) END) STORED;

ALTER TABLE customers
    ADD COLUMN search_text text COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN octet_length(company) + coalesce(octet_length(email), 0) <= 700
             THEN search_fold(company || coalesce(E'\n' || email, '')) END) STORED,
    ADD COLUMN search_long text COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN octet_length(company) + coalesce(octet_length(email), 0) > 700
             THEN search_fold(company || coalesce(E'\n' || email, '')) END) STORED;

-- The indexes that give the lists their order carry the text along: a walk then reads the index
-- alone, a fifth of what it would cost to look at each row.
ALTER TABLE products
    DROP CONSTRAINT products_sku_unique,
    ADD CONSTRAINT products_sku_unique UNIQUE (org_id, sku) INCLUDE (search_text);
DROP INDEX customers_newest;
CREATE INDEX customers_newest ON customers (org_id, created_at, customer_id) INCLUDE (search_text);

CREATE INDEX products_search ON products USING gin (org_id, search_text gin_trgm_ops);
CREATE INDEX products_search_long ON products USING gin (org_id, search_long gin_trgm_ops)
    WHERE search_long IS NOT NULL;
CREATE INDEX customers_search ON customers USING gin (org_id, search_text gin_trgm_ops);
CREATE INDEX customers_search_long ON customers USING gin (org_id, search_long gin_trgm_ops)
    WHERE search_long IS NOT NULL;

-- A walk has to look at the rows of pages that were changed since the last vacuum.
ALTER TABLE products SET (autovacuum_vacuum_scale_factor = 0.05,
                          autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE customers SET (autovacuum_vacuum_scale_factor = 0.05,
                           autovacuum_vacuum_insert_scale_factor = 0.05);

-- --- Products, by SKU ----------------------------------------------------------------------------

-- Those that match the pattern among the next p_steps products after p_after, at most p_rows.
CREATE FUNCTION products_walk(p_org_id uuid, p_category text, p_after text, p_pattern text,
                              p_steps integer, p_rows integer)
    RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF p_category IS NULL THEN
        RETURN QUERY
        SELECT w.sku
          FROM (SELECT p.sku, p.search_text
                  FROM products p
                 WHERE p.org_id = p_org_id AND p.sku > p_after
                 ORDER BY p.sku
                 LIMIT p_steps) AS w
         WHERE CASE WHEN w.search_text IS NOT NULL THEN w.search_text LIKE p_pattern
                    ELSE EXISTS (SELECT FROM products l
                                  WHERE l.org_id = p_org_id AND l.sku = w.sku
                                    AND l.search_long LIKE p_pattern) END
         ORDER BY w.sku
         LIMIT p_rows;
    ELSE
        RETURN QUERY
        SELECT w.sku
          FROM (SELECT p.sku, coalesce(p.search_text, p.search_long) AS text
                  FROM products p
                 WHERE p.org_id = p_org_id AND p.category = p_category AND p.sku > p_after
                 ORDER BY p.sku
                 LIMIT p_steps) AS w
         WHERE w.text LIKE p_pattern
         ORDER BY w.sku
         LIMIT p_rows;
    END IF;
END
$$;

-- Where such a walk arrives: the SKU after p_steps products, null if there are fewer.
CREATE FUNCTION products_step(p_org_id uuid, p_category text, p_after text, p_steps integer)
    RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF p_category IS NULL THEN
        RETURN (SELECT p.sku
                  FROM products p
                 WHERE p.org_id = p_org_id AND p.sku > p_after
                 ORDER BY p.sku OFFSET p_steps - 1 LIMIT 1);
    END IF;
    RETURN (SELECT p.sku
              FROM products p
             WHERE p.org_id = p_org_id AND p.category = p_category AND p.sku > p_after
             ORDER BY p.sku OFFSET p_steps - 1 LIMIT 1);
END
$$;

-- Any p_most of the products that match the pattern, by the trigram index and nothing else: the
-- planner must not be tempted to walk here as well.
CREATE FUNCTION products_containing(p_org_id uuid, p_pattern text, p_most integer)
    RETURNS TABLE (sku text, category text)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
    SET max_parallel_workers_per_gather = 0
AS $$
BEGIN
    RETURN QUERY
    SELECT p.sku, p.category::text
      FROM products p
     WHERE p.org_id = p_org_id AND (p.search_text LIKE p_pattern OR p.search_long LIKE p_pattern)
     LIMIT p_most;
END
$$;

-- The first p_rows products after p_after, by SKU, whose title, SKU or category contains the term.
--
-- The walk begins with a few steps, and goes on for as long as the page seems to fill. If it does
-- not, the trigram index is asked: unless it knows too many products, they are sorted, and the page
-- is whole. What remains are terms of very many products of which few are here, and terms in which
-- there are no trigrams. For those the walk goes on, so many steps and no further: the page may then
-- be short, and ends with a row that is not listed but says after which SKU the next page begins.
CREATE FUNCTION products_search(p_term text, p_category text, p_after text, p_rows integer)
    RETURNS TABLE (sku text, listed boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    many    CONSTANT integer := 60000; -- to look at them takes about as long as the last walk
    -- Within a category the walk cannot read the index alone.
    few     CONSTANT integer := CASE WHEN p_category IS NULL THEN 2000 ELSE 400 END;
    org     CONSTANT uuid := current_org_id();
    pattern CONSTANT text := search_pattern(p_term);
    reached text := p_after;
    missing integer := p_rows;
    steps   integer;
    known   integer;
    found   text[];
BEGIN
    FOREACH steps IN ARRAY ARRAY[few, few * 9] LOOP
        found := ARRAY(SELECT products_walk(org, p_category, reached, pattern, steps, missing));
        RETURN QUERY SELECT f, true FROM unnest(found) AS f;
        missing := missing - cardinality(found);
        IF missing = 0 THEN
            RETURN;
        END IF;
        reached := products_step(org, p_category, reached, steps);
        IF reached IS NULL THEN
            RETURN;
        END IF;
        EXIT WHEN cardinality(found) * 9 < missing;
    END LOOP;

    IF search_has_trigrams(search_fold(p_term)) THEN
        SELECT count(*),
               array_agg(c.sku ORDER BY c.sku COLLATE "C")
                   FILTER (WHERE c.sku COLLATE "C" > reached
                             AND (p_category IS NULL OR c.category = p_category))
          INTO known, found
          FROM products_containing(org, pattern, many) AS c;
        IF known < many THEN
            RETURN QUERY SELECT f, true FROM unnest(found[:missing]) AS f;
            RETURN;
        END IF;
    END IF;

    steps := few * 90;
    found := ARRAY(SELECT products_walk(org, p_category, reached, pattern, steps, missing));
    RETURN QUERY SELECT f, true FROM unnest(found) AS f;
    IF cardinality(found) < missing THEN
        RETURN QUERY SELECT s, false
                       FROM products_step(org, p_category, reached, steps) AS s
                      WHERE s IS NOT NULL;
    END IF;
END
$$;

-- --- Customers, newest first ---------------------------------------------------------------------

-- The same from one customer, or from a position that none has, to older ones.

CREATE FUNCTION customers_walk(p_org_id uuid, p_before_at timestamptz, p_before_id uuid,
                               p_pattern text, p_steps integer, p_rows integer)
    RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT w.customer_id
      FROM (SELECT c.created_at, c.customer_id, c.search_text
              FROM customers c
             WHERE c.org_id = p_org_id
               AND (c.created_at, c.customer_id) < (p_before_at, p_before_id)
             ORDER BY c.created_at DESC, c.customer_id DESC
             LIMIT p_steps) AS w
     WHERE CASE WHEN w.search_text IS NOT NULL THEN w.search_text LIKE p_pattern
                ELSE EXISTS (SELECT FROM customers l
                              WHERE l.org_id = p_org_id AND l.customer_id = w.customer_id
                                AND l.search_long LIKE p_pattern) END
     ORDER BY w.created_at DESC, w.customer_id DESC
     LIMIT p_rows;
END
$$;

CREATE FUNCTION customers_step(IN p_org_id uuid, IN p_before_at timestamptz, IN p_before_id uuid,
                               IN p_steps integer, OUT at timestamptz, OUT id uuid)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT c.created_at, c.customer_id
      INTO at, id
      FROM customers c
     WHERE c.org_id = p_org_id AND (c.created_at, c.customer_id) < (p_before_at, p_before_id)
     ORDER BY c.created_at DESC, c.customer_id DESC OFFSET p_steps - 1 LIMIT 1;
END
$$;

CREATE FUNCTION customers_containing(p_org_id uuid, p_pattern text, p_most integer)
    RETURNS TABLE (at timestamptz, id uuid)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
    SET max_parallel_workers_per_gather = 0
AS $$
BEGIN
    RETURN QUERY
    SELECT c.created_at::timestamptz, c.customer_id
      FROM customers c
     WHERE c.org_id = p_org_id AND (c.search_text LIKE p_pattern OR c.search_long LIKE p_pattern)
     LIMIT p_most;
END
$$;

-- The first p_rows customers before a position, newest first, whose company or e-mail address
-- contains the term, as products_search().
CREATE FUNCTION customers_search(p_term text, p_before_at timestamptz, p_before_id uuid,
                                 p_rows integer)
    RETURNS TABLE (customer_id uuid, listed boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    many       CONSTANT integer := 60000;
    few        CONSTANT integer := 2000;
    org        CONSTANT uuid := current_org_id();
    pattern    CONSTANT text := search_pattern(p_term);
    reached_at timestamptz := p_before_at;
    reached_id uuid := p_before_id;
    missing    integer := p_rows;
    steps      integer;
    known      integer;
    found      uuid[];
BEGIN
    FOREACH steps IN ARRAY ARRAY[few, few * 9] LOOP
        found := ARRAY(SELECT customers_walk(org, reached_at, reached_id, pattern, steps, missing));
        RETURN QUERY SELECT f, true FROM unnest(found) AS f;
        missing := missing - cardinality(found);
        IF missing = 0 THEN
            RETURN;
        END IF;
        SELECT s.at, s.id
          INTO reached_at, reached_id
          FROM customers_step(org, reached_at, reached_id, steps) AS s;
        IF reached_id IS NULL THEN
            RETURN;
        END IF;
        EXIT WHEN cardinality(found) * 9 < missing;
    END LOOP;

    IF search_has_trigrams(search_fold(p_term)) THEN
        SELECT count(*),
               array_agg(c.id ORDER BY c.at DESC, c.id DESC)
                   FILTER (WHERE (c.at, c.id) < (reached_at, reached_id))
          INTO known, found
          FROM customers_containing(org, pattern, many) AS c;
        IF known < many THEN
            RETURN QUERY SELECT f, true FROM unnest(found[:missing]) AS f;
            RETURN;
        END IF;
    END IF;

    steps := few * 90;
    found := ARRAY(SELECT customers_walk(org, reached_at, reached_id, pattern, steps, missing));
    RETURN QUERY SELECT f, true FROM unnest(found) AS f;
    IF cardinality(found) < missing THEN
        RETURN QUERY SELECT s.id, false
                       FROM customers_step(org, reached_at, reached_id, steps) AS s
                      WHERE s.id IS NOT NULL;
    END IF;
END
$$;

-- --- Whose they are ------------------------------------------------------------------------------

-- No more of a record than the search needs.
GRANT SELECT (org_id, sku, category, search_text, search_long) ON products TO kabaido_definer;
GRANT SELECT (org_id, customer_id, created_at, search_text, search_long) ON customers
   TO kabaido_definer;

REVOKE EXECUTE ON FUNCTION
    products_walk(uuid, text, text, text, integer, integer),
    products_step(uuid, text, text, integer), products_containing(uuid, text, integer),
    products_search(text, text, text, integer),
    customers_walk(uuid, timestamptz, uuid, text, integer, integer),
    customers_step(uuid, timestamptz, uuid, integer), customers_containing(uuid, text, integer),
    customers_search(text, timestamptz, uuid, integer)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    products_search(text, text, text, integer), customers_search(text, timestamptz, uuid, integer)
    TO kabaido_worker, kabaido_application;

-- A function's new owner must be able to create in its schema, for as long as that takes.
GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION products_walk(uuid, text, text, text, integer, integer) OWNER TO kabaido_definer;
ALTER FUNCTION products_step(uuid, text, text, integer) OWNER TO kabaido_definer;
ALTER FUNCTION products_containing(uuid, text, integer) OWNER TO kabaido_definer;
ALTER FUNCTION products_search(text, text, text, integer) OWNER TO kabaido_definer;
ALTER FUNCTION customers_walk(uuid, timestamptz, uuid, text, integer, integer)
    OWNER TO kabaido_definer;
ALTER FUNCTION customers_step(uuid, timestamptz, uuid, integer) OWNER TO kabaido_definer;
ALTER FUNCTION customers_containing(uuid, text, integer) OWNER TO kabaido_definer;
ALTER FUNCTION customers_search(text, timestamptz, uuid, integer) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

COMMIT;
