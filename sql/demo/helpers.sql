-- Functions that the demonstration data is made with; they and the demo_* tables live in the
-- session's temporary schema. A draw depends on its seed alone, so that adding a product changes no
-- customer.

-- A number from 0 to n - 1.
CREATE OR REPLACE FUNCTION pg_temp.draw(seed text, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN ('x' || left(encode(sha256(convert_to(seed, 'UTF8')), 'hex'), 12))::bit(48)::bigint % n;

CREATE OR REPLACE FUNCTION pg_temp.draw_between(seed text, low bigint, high bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN low + pg_temp.draw(seed, high - low + 1);

CREATE OR REPLACE FUNCTION pg_temp.pick(seed text, options anyarray) RETURNS anyelement
LANGUAGE sql IMMUTABLE AS
'SELECT options[1 + pg_temp.draw(seed, cardinality(options))]';

-- True in so many of a hundred cases.
CREATE OR REPLACE FUNCTION pg_temp.chance(seed text, percent bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN pg_temp.draw(seed, 100) < percent;

-- A UUID with the version and variant of a random one (RFC 9562).
CREATE OR REPLACE FUNCTION pg_temp.id_of(seed text) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN overlay(overlay(left(encode(sha256(convert_to(seed, 'UTF8')), 'hex'), 32)
                       PLACING '4' FROM 13)
               PLACING substr('89ab', 1 + pg_temp.draw(seed, 4)::int, 1) FROM 17)::uuid;

-- Digits of a currency's minor unit (ISO 4217), of those that are traded in here.
CREATE OR REPLACE FUNCTION pg_temp.exponent(currency text) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE currency WHEN 'JPY' THEN 0 WHEN 'KWD' THEN 3 ELSE 2 END;

CREATE OR REPLACE FUNCTION pg_temp.minor(major numeric, currency text) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN round(major * 10 ^ pg_temp.exponent(currency)::numeric)::bigint;

-- What one pound buys: to quote in another currency, and to tell dear from cheap.
CREATE OR REPLACE FUNCTION pg_temp.per_pound(currency text) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN CASE currency WHEN 'EUR' THEN 1.16 WHEN 'JPY' THEN 212 WHEN 'KWD' THEN 0.412 ELSE 1 END;

-- A price as a price list shows it: three significant digits below 100, whole tens or more above.
CREATE OR REPLACE FUNCTION pg_temp.list_price(major numeric, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE
RETURN greatest(
    round(major, least(pg_temp.exponent(currency),
                       2 - floor(log(greatest(major, 0.001)))::int)),
    10 ^ -pg_temp.exponent(currency)::numeric);

-- The day itself or, from a weekend, the Monday after it.
CREATE OR REPLACE FUNCTION pg_temp.workday(day date) RETURNS date LANGUAGE sql IMMUTABLE
RETURN day + CASE extract(isodow FROM day) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END;

-- A moment of an office's day that begins at an hour of UTC. Most came from a form, to the second;
-- some from a program.
CREATE OR REPLACE FUNCTION pg_temp.at_work(seed text, day date, opens integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE
RETURN pg_temp.workday(day)::timestamp AT TIME ZONE 'UTC'
       + opens * interval '1 hour'
       + pg_temp.draw(seed || ' second', 9 * 3600) * interval '1 second'
       + CASE WHEN pg_temp.chance(seed || ' fraction', 7)
              THEN pg_temp.draw(seed || ' microsecond', 1000000) * interval '1 microsecond'
              ELSE interval '0' END;

-- A name as it stands in a domain or an address.
CREATE OR REPLACE FUNCTION pg_temp.slug(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN trim(BOTH '-' FROM regexp_replace(
    lower(translate(replace(replace(replace(name, 'ß', 'ss'), 'œ', 'oe'), 'Œ', 'oe'),
                    'ÀÁÂÃÄÅÇÈÉÊËÍÎÏÑÓÔÕÖØÚÜŁŚŠŻŽŹÕàáâãäåąçčćèéêëęễíîïłñńóôõöøśšùúûüýżźž''’',
                    'AAAAAACEEEEIIINOOOOOUULSSZZZOaaaaaaaccceeeeeeiiilnnooooossuuuuyzzz') COLLATE "C"),
    '[^a-z0-9]+', '-', 'g'));
