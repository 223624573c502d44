-- Revert kabaido:changes from pg

BEGIN;

DROP INDEX products_of_category;
DROP INDEX products_changed;
DROP INDEX requests_changed;
DROP INDEX requests_newest;
DROP INDEX customers_changed;
DROP INDEX customers_newest;
DROP INDEX orders_changed;
DROP INDEX orders_newest;
DROP INDEX quotes_changed;
DROP INDEX quotes_newest;
REVOKE UPDATE (updated_at) ON requests FROM kabaido_worker;
DROP TRIGGER stamp_owner ON messages;
DROP TRIGGER stamp_owner ON contacts;
DROP TRIGGER stamp_owner ON order_lines;
DROP TRIGGER stamp_owner ON quote_lines;
DROP TRIGGER take_clock ON messages;
DROP TRIGGER take_clock ON contacts;
DROP TRIGGER take_clock ON order_lines;
DROP TRIGGER take_clock ON quote_lines;
DROP TRIGGER take_clock ON requests;
DROP TRIGGER take_clock ON orders;
DROP TRIGGER take_clock ON quotes;
DROP TRIGGER take_clock ON customers;
DROP TRIGGER take_clock ON products;
DROP TRIGGER stamp ON requests;
DROP TRIGGER stamp ON orders;
DROP TRIGGER stamp ON quotes;
DROP TRIGGER stamp ON customers;
DROP TRIGGER stamp ON products;
DROP FUNCTION stamp_change_of_owner();
DROP FUNCTION stamp_change();
DROP FUNCTION take_change_clock();
DROP FUNCTION change_time(uuid);
DROP TABLE change_clock;

COMMIT;
