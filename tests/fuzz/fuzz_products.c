/*
 * The body of POST /products/bulk, row by row to the columns of the statements that write. The
 * first byte chooses the flags and what the organisation is, the second which SKUs are there
 * already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulk_answer.h"
#include "database.h"
#include "fuzz.h"
#include "handler.h"
#include "money.h"
#include "resources/product_row.h"

enum { LIMIT = 20, PRODUCTS = 17 };

/* The columns of products_insert.sql and products_update.sql. */
enum {
    SKU,
    TITLE,
    CATEGORY,
    UOM,
    PRICE,
    CURRENCY,
    STOCK,
    LEAD_TIME,
    EXTERNAL_ID,
    SCHEMA_ID,
    ATTRS,
    EXTRA,
    DROPPED,
    SENT,
    COLUMNS
};

enum { MOST_WRITTEN = 4096 };

static struct {
    unsigned there; /* of the SKUs those that are there */
    bool limited;
    size_t fresh; /* rows that were inserted */
    size_t written;
    struct {
        char *text;
        size_t length;
    } skus[MOST_WRITTEN];
} shop;

static bool is_there(const char *sku, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += (unsigned char)sku[i];
    }
    return (shop.there >> (sum % 8) & 1) != 0;
}

static void set_integer(struct db_result *result, int column, size_t value)
{
    char text[24];
    database_set(result, column, text, (size_t)snprintf(text, sizeof(text), "%zu", value));
}

static struct db_result *find_existing(const struct db_call *call)
{
    static const struct database_column columns[] = {
        {"place",      DB_INTEGER, NULL },
        {"currency",   DB_TEXT,    "JPY"},
        {"attrs_size", DB_INTEGER, "2"  },
    };
    struct db_result *result = database_result(columns, 3);
    struct database_elements skus = database_elements(call, 0);
    const char *sku;
    size_t length;
    for (size_t place = 1; database_next(&skus, &sku, &length); place++) {
        if (sku != NULL && is_there(sku, length)) {
            database_row(result);
            set_integer(result, 0, place);
        }
    }
    return result;
}

/* Every other of the rows that may have too long attributes has them. */
static struct db_result *measure_attrs(const struct db_call *call)
{
    static const struct database_column columns[] = {
        {"place", DB_INTEGER, NULL   },
        {"size",  DB_INTEGER, "20000"},
    };
    struct db_result *result = database_result(columns, 2);
    struct database_elements places = database_elements(call, 0);
    const char *place;
    size_t length;
    for (size_t i = 0; database_next(&places, &place, &length); i++) {
        const unsigned char *bytes = (const unsigned char *)place;
        if (i % 2 == 1) {
            database_row(result);
            set_integer(result, 0, (size_t)bytes[2] << 8 | bytes[3]);
        }
    }
    return result;
}

static void check_row(const struct product_text *row, bool fresh)
{
    const unsigned char *sent = (const unsigned char *)row[SENT].text;
    unsigned bits = (unsigned)sent[2] << 8 | sent[3];
    MUST(row[SKU].text != NULL && row[SKU].length > 0 && row[SKU].length <= 400);
    MUST(row[TITLE].text != NULL || !fresh);
    MUST((row[TITLE].text != NULL) == ((bits & PRODUCT_TITLE) != 0));
    MUST(row[PRICE].text == NULL || (row[PRICE].text[0] & 0x80) == 0);
    MUST(row[CURRENCY].text != NULL &&
         money_exponent(row[CURRENCY].text, row[CURRENCY].length) >= 0);
    MUST(row[STOCK].text == NULL || (row[STOCK].text[0] & 0x80) == 0);
    MUST(row[LEAD_TIME].text == NULL || (row[LEAD_TIME].text[0] & 0x80) == 0);
    for (int i = ATTRS; i <= DROPPED; i++) {
        MUST(row[i].text == NULL || fuzz_is_json(row[i].text, row[i].length));
        MUST(row[i].text == NULL || row[i].text[0] == (i == DROPPED ? '[' : '{'));
    }
    MUST(is_there(row[SKU].text, row[SKU].length) == !fresh);
}

/* Columns of one length; SKUs that no other row has. */
static void take_rows(const struct db_call *call, bool fresh)
{
    struct database_elements columns[COLUMNS];
    struct product_text row[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = database_elements(call, i);
        MUST(columns[i].left > 0 && columns[i].left == columns[0].left);
    }
    while (database_next(&columns[0], &row[0].text, &row[0].length)) {
        for (int i = 1; i < COLUMNS; i++) {
            MUST(database_next(&columns[i], &row[i].text, &row[i].length));
        }
        check_row(row, fresh);
        for (size_t i = 0; i < shop.written; i++) {
            MUST(shop.skus[i].length != row[SKU].length ||
                 memcmp(shop.skus[i].text, row[SKU].text, row[SKU].length) != 0);
        }
        MUST(shop.written < MOST_WRITTEN);
        char *sku = malloc(row[SKU].length);
        MUST(sku != NULL);
        memcpy(sku, row[SKU].text, row[SKU].length);
        shop.skus[shop.written].text = sku;
        shop.skus[shop.written++].length = row[SKU].length;
        shop.fresh += fresh;
    }
}

static struct db_result *answer(const struct db_call *call)
{
    static const struct database_column organisation[] = {
        {"currency",      DB_TEXT,    "KWD"},
        {"product_limit", DB_INTEGER, NULL },
    };
    static const struct database_column count[] = {
        {"count", DB_INTEGER, NULL}
    };
    struct db_result *result = NULL;
    switch (call->query) {
    case QUERY_PRODUCTS_LIMIT:
        result = database_result(organisation, 2);
        database_row(result);
        if (shop.limited) {
            set_integer(result, 1, LIMIT);
        }
        return result;
    case QUERY_PRODUCTS_COUNT:
        result = database_result(count, 1);
        database_row(result);
        set_integer(result, 0, PRODUCTS);
        return result;
    case QUERY_PRODUCTS_EXISTING:
        return find_existing(call);
    case QUERY_PRODUCTS_ATTRS:
        return measure_attrs(call);
    case QUERY_PRODUCTS_INSERT:
    case QUERY_PRODUCTS_UPDATE:
        take_rows(call, call->query == QUERY_PRODUCTS_INSERT);
        return NULL;
    default:
        MUST(call->query == QUERY_CHANGE_CLOCK_TAKE);
        return NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const uris[] = {
        "/api/v1/products/bulk", "/api/v1/products/bulk?dry_run=true",
        "/api/v1/products/bulk?strict=true", "/api/v1/products/bulk?dry_run=true&strict=true"};
    struct fuzz_input input = {data, size};
    struct handler handler;
    unsigned choice = fuzz_byte(&input);
    shop.there = fuzz_byte(&input);
    shop.limited = (choice & 4) != 0;
    shop.written = 0;
    shop.fresh = 0;
    database_reset();
    database.answer = answer;
    database.fail_at = choice >> 5;
    database.failure = choice & 8 ? DB_REJECTED : DB_UNAVAILABLE;
    if (handler_perform(&handler, uris[choice & 3], (const char *)input.at, input.left)) {
        bulk_answer_check(&handler, "products", shop.written);
        MUST(!shop.limited || shop.fresh <= LIMIT - PRODUCTS);
    }
    handler_free(&handler);
    for (size_t i = 0; i < shop.written; i++) {
        free(shop.skus[i].text);
    }
    return 0;
}
