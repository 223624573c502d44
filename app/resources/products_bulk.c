/*
 * POST /products/bulk. The body is read row by row where it stands, without a tree, and written in
 * pieces of bounded size, so that the largest body costs little more than itself.
 *
 * The organisation's change clock is taken first: which SKUs are there, how many products there
 * are and what the plan allows then stay as they are until the call ends.
 */
#include "products_bulk.h"

#include <stdlib.h>
#include <string.h>

#include "../bulk.h"
#include "../json.h"
#include "../members.h"
#include "../pg_array.h"
#include "../worker.h"
#include "product_row.h"

enum {
    ROWS_MOST = 10000,
    SCHEMA_ID_MOST = 500,     /* characters */
    PIECE_ROWS = 2500,        /* rows of one statement, */
    PIECE_BYTES = 512 * 1024, /* and about how many bytes of them */
    TABLE_SIZE = 32768,       /* of the hash table of SKUs: a power of two beyond 2 x ROWS_MOST */
    COLUMNS = 14,             /* parameters of the two statements that write */
};

const struct parameter_rule products_bulk_parameters[] = {
    {"dry_run", false},
    {"strict",  false},
    {NULL,      false},
};

/* A call at work. */
struct call {
    struct worker *worker;
    struct request *request;
    struct reply *reply;
    struct bulk bulk;
    struct product_row *rows;
    size_t count;
    const char *currency; /* the organisation's */
    bool limited;         /* the plan has a product limit, */
    int64_t limit;        /* this one */
};

/* --- Reading -----------------------------------------------------------------------------------
 */

static bool refuse_body(struct reply *reply, const char *field, const char *message)
{
    return reply_error(reply, ERROR_INVALID_BODY, field, "%s", message);
}

static bool refuse_member(struct call *call, struct json_slice name)
{
    struct arena *arena = call->request->arena;
    const char *text;
    size_t length;
    if (!json_slice_text(arena, name, &text, &length)) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    const char *shown = member_shown(arena, text, length);
    return reply_error(call->reply, ERROR_INVALID_BODY, shown,
                       "'%s' is not a member here: there are products and schema_id.", shown);
}

/* schema_id of the body is that of every row which brings none of its own. */
static bool read_schema_id(struct call *call, struct json_slice value, struct product_text *out)
{
    struct product_row probe = {.reason = NULL};
    if (value.kind == 'n') {
        return true;
    }
    if (value.kind != '"') {
        return refuse_body(call->reply, "schema_id", "'schema_id' must be a string.");
    }
    if (!json_slice_text(call->request->arena, value, &out->text, &out->length)) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    return product_row_line(&probe, call->request->arena, "schema_id", *out, SCHEMA_ID_MOST) ||
           refuse_body(call->reply, "schema_id", probe.reason);
}

/* Finds the body's members; *products stays empty where there are none. */
static bool read_body(struct call *call, struct json_slice *products,
                      struct product_text *schema_id)
{
    struct json_slice body = json_slice_document(call->request->body);
    struct json_slice name;
    struct json_slice value;
    if (body.kind != '{') {
        return refuse_body(call->reply, NULL,
                           "The body must be an object with the member 'products'.");
    }
    struct json_walk walk = json_walk_begin(body);
    while (json_walk_member(&walk, &name, &value)) {
        if (json_slice_is(call->request->arena, name, "products")) {
            *products = value;
        } else if (!json_slice_is(call->request->arena, name, "schema_id")) {
            return refuse_member(call, name);
        } else if (!read_schema_id(call, value, schema_id)) {
            return false;
        }
    }
    return true;
}

static bool count_rows(struct call *call, struct json_slice products)
{
    struct json_slice element;
    if (products.kind == '[') {
        struct json_walk walk = json_walk_begin(products);
        while (json_walk_element(&walk, &element)) {
            call->count++;
        }
    }
    if (call->count == 0) {
        return refuse_body(call->reply, "products",
                           "'products' must be an array of 1 to 10000 products.");
    }
    if (call->count > ROWS_MOST) {
        return reply_error(call->reply, ERROR_TOO_MANY_ITEMS, "products",
                           "'products' has %zu rows: a call takes 1 to %d. Nothing was written.",
                           call->count, ROWS_MOST);
    }
    return true;
}

static bool read_rows(struct call *call)
{
    struct json_slice products = {.kind = 'n'};
    struct product_text schema_id = {NULL, 0};
    struct json_slice element;
    struct arena *arena = call->request->arena;
    if (!read_body(call, &products, &schema_id) || !count_rows(call, products)) {
        return false;
    }
    call->rows = arena_alloc(arena, call->count * sizeof(*call->rows));
    if (call->rows == NULL) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    struct json_walk walk = json_walk_begin(products);
    for (size_t i = 0; json_walk_element(&walk, &element); i++) {
        struct product_row *row = &call->rows[i];
        if (!product_row_read(row, arena, element)) {
            return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
        }
        if (schema_id.text != NULL && !(row->sent & PRODUCT_SCHEMA_ID)) {
            row->schema_id = schema_id;
            row->sent |= PRODUCT_SCHEMA_ID;
        }
    }
    return true;
}

/* --- Rows as columns ---------------------------------------------------------------------------
 */

static void columns_init(struct pg_array *columns, const enum pg_array_type *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pg_array_init(&columns[i], types[i]);
    }
}

static void columns_free(struct pg_array *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pg_array_free(&columns[i]);
    }
}

static size_t columns_size(const struct pg_array *columns, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += columns[i].size;
    }
    return size;
}

/* Runs the call's statement with the columns as its parameters, and empties them. */
static bool columns_send(struct call *call, struct pg_array *columns, size_t count,
                         struct db_call *statement)
{
    bool failed = false;
    statement->parameter_count = (int)count;
    for (size_t i = 0; i < count; i++) {
        pg_array_finish(&columns[i]);
        failed = failed || columns[i].failed;
        statement->parameters[i] = columns[i].bytes;
        statement->binary_size[i] = (int)columns[i].size;
    }
    if (failed) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (!worker_query(call->worker, statement, 1, call->reply)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        pg_array_clear(&columns[i]);
    }
    return true;
}

static void add_text(struct pg_array *column, struct product_text text)
{
    if (text.text == NULL) {
        pg_array_add_null(column);
    } else {
        pg_array_add_text(column, text.text, text.length);
    }
}

/* --- What is there -----------------------------------------------------------------------------
 */

/* Takes the clock, unless nothing is to be written, and learns about the organisation. */
static bool read_organisation(struct call *call)
{
    struct db_call calls[] = {{.query = QUERY_CHANGE_CLOCK_TAKE}, {.query = QUERY_PRODUCTS_LIMIT}};
    size_t first = call->bulk.dry_run ? 1 : 0;
    if (!worker_query(call->worker, calls + first, 2 - first, call->reply)) {
        return false;
    }
    const struct db_result *plan = calls[1].result;
    if (db_rows(plan) != 1) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    call->currency = db_text(plan, 0, db_column(plan, "currency"));
    call->limited = !db_is_null(plan, 0, db_column(plan, "product_limit"));
    call->limit = db_integer(plan, 0, db_column(plan, "product_limit"));
    return true;
}

/* Marks the rows whose products exist, with the currencies that those have. */
static bool find_existing(struct call *call)
{
    struct pg_array skus;
    pg_array_init(&skus, PG_ARRAY_TEXT);
    for (size_t i = 0; i < call->count; i++) {
        if (call->rows[i].reason == NULL) {
            pg_array_add_text(&skus, call->rows[i].sku.text, call->rows[i].sku.length);
        } else {
            pg_array_add_null(&skus); /* so that the place in the array is the row */
        }
    }
    pg_array_finish(&skus);
    struct db_call find = {.query = QUERY_PRODUCTS_EXISTING,
                           .parameter_count = 1,
                           .parameters = {skus.bytes},
                           .binary_size = {(int)skus.size}};
    bool ok = skus.failed ? reply_error(call->reply, ERROR_INTERNAL, NULL, NULL)
                          : worker_query(call->worker, &find, 1, call->reply);
    pg_array_free(&skus);
    if (!ok) {
        return false;
    }
    int place = db_column(find.result, "place");
    int currency = db_column(find.result, "currency");
    int attrs_size = db_column(find.result, "attrs_size");
    for (int i = 0; i < db_rows(find.result); i++) {
        struct product_row *row = &call->rows[db_integer(find.result, i, place) - 1];
        row->exists = true;
        row->existing_currency = db_text(find.result, i, currency);
        row->existing_attrs_size = (size_t)db_integer(find.result, i, attrs_size);
    }
    return true;
}

/* --- What can be told of a row only now --------------------------------------------------------
 */

/* The currency of the row's price: its own, else that of the product, else the organisation's. */
static struct product_text currency_of(const struct call *call, const struct product_row *row)
{
    const char *code = call->currency;
    if (row->currency.text != NULL) {
        return row->currency;
    }
    if (row->exists && !(row->sent & PRODUCT_CURRENCY)) {
        code = row->existing_currency;
    }
    return (struct product_text){code, strlen(code)};
}

static void finish_rows(struct call *call)
{
    struct arena *arena = call->request->arena;
    for (size_t i = 0; i < call->count; i++) {
        struct product_row *row = &call->rows[i];
        if (row->reason != NULL) {
            continue;
        }
        if (!row->exists && !(row->sent & PRODUCT_TITLE)) {
            product_row_refuse(row, arena, "title",
                               "'title' is missing: a new product must have one ('name' is the "
                               "same).");
            continue;
        }
        row->currency = currency_of(call, row);
        product_row_price(row, arena, row->currency.text, row->currency.length);
    }
}

/* Some rows' attributes, the columns of products_attrs.sql. */
enum { ATTRS_PLACE, ATTRS_SKU, ATTRS_ATTRS, ATTRS_EXTRA, ATTRS_DROPPED, ATTRS_SENT, ATTRS_COLUMNS };

static void attrs_add(struct pg_array *columns, size_t place, const struct product_row *row)
{
    pg_array_add_int4(&columns[ATTRS_PLACE], (int32_t)place);
    add_text(&columns[ATTRS_SKU], row->sku);
    add_text(&columns[ATTRS_ATTRS], (struct product_text){row->attrs.text, row->attrs.length});
    add_text(&columns[ATTRS_EXTRA], row->extra);
    add_text(&columns[ATTRS_DROPPED], row->dropped);
    pg_array_add_int4(&columns[ATTRS_SENT], (int32_t)row->sent);
}

/* Sends what the columns hold, empties them, and refuses the rows that the database names. */
static bool attrs_ask(struct call *call, struct pg_array *columns)
{
    struct db_call ask = {.query = QUERY_PRODUCTS_ATTRS};
    if (!columns_send(call, columns, ATTRS_COLUMNS, &ask)) {
        return false;
    }
    int place = db_column(ask.result, "place");
    int size = db_column(ask.result, "size");
    for (int i = 0; i < db_rows(ask.result); i++) {
        product_row_refuse(&call->rows[db_integer(ask.result, i, place)], call->request->arena,
                           "attrs",
                           "'attrs' would be %lld bytes long as JSON, with the members that become "
                           "part of it: it must be at most %d.",
                           (long long)db_integer(ask.result, i, size), PRODUCT_ATTRS_MOST);
    }
    return true;
}

/* Refuses the rows whose products would have too long attributes; asks of few, or of none. */
static bool refuse_long_attrs(struct call *call)
{
    static const enum pg_array_type types[ATTRS_COLUMNS] = {
        PG_ARRAY_INT4, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_INT4};
    struct pg_array columns[ATTRS_COLUMNS];
    size_t waiting = 0;
    bool ok = true;
    columns_init(columns, types, ATTRS_COLUMNS);
    for (size_t i = 0; i < call->count && ok; i++) {
        const struct product_row *row = &call->rows[i];
        if (row->reason == NULL && product_row_attrs_bound(row) > PRODUCT_ATTRS_MOST) {
            attrs_add(columns, i, row);
            waiting++;
        }
        if (waiting > 0 &&
            (columns_size(columns, ATTRS_COLUMNS) >= PIECE_BYTES || i + 1 == call->count)) {
            ok = attrs_ask(call, columns);
            waiting = 0;
        }
    }
    columns_free(columns, ATTRS_COLUMNS);
    return ok;
}

static uint64_t hash_of(struct product_text text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < text.length; i++) {
        hash = (hash ^ (unsigned char)text.text[i]) * 0x100000001b3U;
    }
    return hash ^ hash >> 32;
}

/* Of the rows with the same SKU the last wins: each earlier one is refused. */
static bool refuse_repeated(struct call *call)
{
    struct arena *arena = call->request->arena;
    uint16_t *table = arena_alloc(arena, TABLE_SIZE * sizeof(*table)); /* row + 1; 0: free */
    if (table == NULL) {
        return reply_error(call->reply, ERROR_INTERNAL, NULL, NULL);
    }
    memset(table, 0, TABLE_SIZE * sizeof(*table));
    for (size_t i = call->count; i-- > 0;) {
        struct product_row *row = &call->rows[i];
        if (row->reason != NULL) {
            continue;
        }
        uint64_t slot = hash_of(row->sku) & (TABLE_SIZE - 1);
        while (table[slot] != 0) {
            const struct product_row *later = &call->rows[table[slot] - 1];
            if (later->sku.length == row->sku.length &&
                memcmp(later->sku.text, row->sku.text, row->sku.length) == 0) {
                break;
            }
            slot = (slot + 1) & (TABLE_SIZE - 1);
        }
        if (table[slot] != 0) {
            product_row_refuse(row, arena, "sku",
                               "'sku' is that of row %d as well: that row, the last, was taken.",
                               table[slot] - 1);
        } else {
            table[slot] = (uint16_t)(i + 1);
        }
    }
    return true;
}

static void account(struct call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        if (call->rows[i].reason != NULL) {
            bulk_refuse_row(&call->bulk, call->request->arena, i, call->rows[i].member,
                            call->rows[i].reason);
        }
    }
}

/* Counts only as far as it matters. */
static bool within_limit(struct call *call)
{
    int64_t fresh = 0;
    for (size_t i = 0; i < call->count; i++) {
        fresh += call->rows[i].reason == NULL && !call->rows[i].exists;
    }
    if (!call->limited || fresh == 0) {
        return true;
    }
    struct db_call count = {.query = QUERY_PRODUCTS_COUNT};
    if (!worker_query(call->worker, &count, 1, call->reply)) {
        return false;
    }
    int64_t products = db_integer(count.result, 0, 0) + fresh;
    if (products <= call->limit) {
        return true;
    }
    return reply_error_counts(
        call->reply, ERROR_PLAN_PRODUCT_LIMIT,
        arena_print(call->request->arena,
                    "The organisation's plan includes %lld products, and there would be %lld. "
                    "Nothing was written.",
                    (long long)call->limit, (long long)products),
        "limit", call->limit, "products", products);
}

/* --- Writing -----------------------------------------------------------------------------------
 */

/* The columns of one statement, in the order of its parameters. */
struct piece {
    struct pg_array columns[COLUMNS];
    int32_t rows;
};

static void piece_init(struct piece *piece)
{
    static const enum pg_array_type types[COLUMNS] = {
        PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_INT8,
        PG_ARRAY_TEXT, PG_ARRAY_INT8, PG_ARRAY_INT4, PG_ARRAY_TEXT, PG_ARRAY_TEXT,
        PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_TEXT, PG_ARRAY_INT4,
    };
    piece->rows = 0;
    columns_init(piece->columns, types, COLUMNS);
}

static void piece_add(struct piece *piece, const struct product_row *row)
{
    struct pg_array *column = piece->columns;
    add_text(column++, row->sku);
    add_text(column++, row->title);
    add_text(column++, row->category);
    add_text(column++, row->uom);
    if (row->has_price || row->has_price_minor) {
        pg_array_add_int8(column++, row->price_minor);
    } else {
        pg_array_add_null(column++);
    }
    add_text(column++, row->currency);
    if ((row->sent & ~row->null) & PRODUCT_STOCK_QTY) {
        pg_array_add_int8(column++, row->stock_qty);
    } else {
        pg_array_add_null(column++);
    }
    if ((row->sent & ~row->null) & PRODUCT_LEAD_TIME_DAYS) {
        pg_array_add_int4(column++, row->lead_time_days);
    } else {
        pg_array_add_null(column++);
    }
    add_text(column++, row->external_id);
    add_text(column++, row->schema_id);
    add_text(column++, (struct product_text){row->attrs.text, row->attrs.length});
    add_text(column++, row->extra);
    add_text(column++, row->dropped);
    pg_array_add_int4(column++, (int32_t)row->sent);
    piece->rows++;
}

/* Sends what the piece holds and empties it. */
static bool piece_write(struct call *call, struct piece *piece, enum query query)
{
    struct db_call write = {.query = query};
    if (piece->rows == 0) {
        return true;
    }
    piece->rows = 0;
    return columns_send(call, piece->columns, COLUMNS, &write);
}

/* Writes the good rows of products that exist, or of those that do not. */
static bool write_rows(struct call *call, bool exist, enum query query)
{
    struct piece piece;
    bool ok = true;
    piece_init(&piece);
    for (size_t i = 0; i < call->count && ok; i++) {
        const struct product_row *row = &call->rows[i];
        if (row->reason != NULL || row->exists != exist) {
            continue;
        }
        piece_add(&piece, row);
        if (piece.rows == PIECE_ROWS || columns_size(piece.columns, COLUMNS) >= PIECE_BYTES) {
            ok = piece_write(call, &piece, query);
        }
    }
    ok = ok && piece_write(call, &piece, query);
    columns_free(piece.columns, COLUMNS);
    return ok;
}

bool products_bulk_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct call call = {.worker = worker, .request = request, .reply = reply};
    /* clang-format off */
    bool ready = bulk_init(&call.bulk, "products", request, reply) &&
                 read_rows(&call) &&
                 read_organisation(&call) &&
                 find_existing(&call);
    /* clang-format on */
    if (!ready) {
        return false;
    }
    finish_rows(&call);
    if (!refuse_long_attrs(&call) || !refuse_repeated(&call)) {
        return false;
    }
    account(&call);
    if (!bulk_may_write(&call.bulk, reply) || !within_limit(&call)) {
        return false;
    }
    if (!call.bulk.dry_run && (!write_rows(&call, false, QUERY_PRODUCTS_INSERT) ||
                               !write_rows(&call, true, QUERY_PRODUCTS_UPDATE))) {
        return false;
    }
    return bulk_represent(&call.bulk, call.count - call.bulk.error_count, reply);
}
