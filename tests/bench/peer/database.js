// The pool, and the API's own statements, prepared by name.

import { readFileSync } from "node:fs";
import pg from "pg";

// As the API prints them: integers as numbers (ours are below 2^53), decimals as numbers, dates as they
// are, and moments by RFC 3339 with their microseconds.
const { builtins } = pg.types;
pg.types.setTypeParser(builtins.INT8, Number);
pg.types.setTypeParser(builtins.NUMERIC, Number);
pg.types.setTypeParser(builtins.DATE, (text) => text);
pg.types.setTypeParser(builtins.TIMESTAMPTZ, (text) => text.replace(" ", "T").replace("+00", "Z"));

export const pool = new pg.Pool({
  max: Number(process.env.PEER_CONNECTIONS),
  pipeline: process.env.PEER_PIPELINE === "1",
  options: "-c timezone=UTC -c datestyle=ISO,YMD",
});

function statement(name) {
  const file = new URL(`../../../sql/queries/${name}.sql`, import.meta.url);
  const text = readFileSync(file, "utf8");
  return (...values) => ({ name, text, values });
}

export const credentialFind = statement("credential_find");
export const admit = statement("admit");
export const quoteRead = statement("quote_read");
export const quoteLines = statement("quote_lines");
export const productsList = statement("products_list");

// Everything in one go: a row of JSON would have to be taken apart once more.
const upsert = `
  INSERT INTO products AS p (org_id, sku, title, category, uom, price_minor, currency, stock_qty,
                             lead_time_days, attrs)
  SELECT current_org_id(), r.sku, r.title, r.category, r.uom, r.price_minor, r.currency, r.stock_qty,
         r.lead_time_days, r.attrs
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                $7::numeric[], $8::integer[], $9::jsonb[])
         AS r (sku, title, category, uom, price_minor, currency, stock_qty, lead_time_days, attrs)
      ON CONFLICT (org_id, sku) DO UPDATE
     SET title = excluded.title, category = excluded.category, uom = excluded.uom,
         price_minor = excluded.price_minor, currency = excluded.currency,
         stock_qty = excluded.stock_qty, lead_time_days = excluded.lead_time_days,
         attrs = excluded.attrs
   WHERE (p.title, p.category, p.uom, p.price_minor, p.currency, p.stock_qty, p.lead_time_days,
          p.attrs)
         IS DISTINCT FROM
         (excluded.title, excluded.category, excluded.uom, excluded.price_minor, excluded.currency,
          excluded.stock_qty, excluded.lead_time_days, excluded.attrs)`;

export function productsUpsert(rows) {
  const columns = Array.from({ length: 9 }, () => new Array(rows.length));
  rows.forEach((row, i) => {
    columns[0][i] = row.sku;
    columns[1][i] = row.title;
    columns[2][i] = row.category ?? null;
    columns[3][i] = row.uom ?? null;
    columns[4][i] = row.price_minor ?? null;
    columns[5][i] = row.currency;
    columns[6][i] = row.stock_qty ?? null;
    columns[7][i] = row.lead_time_days ?? null;
    columns[8][i] = JSON.stringify(row.attrs ?? {});
  });
  return { name: "products_upsert", text: upsert, values: columns };
}

// Runs queries in a transaction, without waiting for one before the next is queued.
export async function transaction(...queries) {
  const client = await pool.connect();
  try {
    const results = await Promise.all(
      ["BEGIN", ...queries, "COMMIT"].map((query) => client.query(query)));
    client.release();
    return results.slice(1, -1);
  } catch (error) {
    client.release(error); // which closes the connection, and with it the transaction
    throw error;
  }
}
