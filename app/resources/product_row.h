/*
 * A row of POST /products/bulk, read from the body without a tree. A row that is refused says why;
 * the rest of it is then not to be used. Texts and slices point into the body or the arena.
 */
#ifndef KABAIDO_RESOURCES_PRODUCT_ROW_H
#define KABAIDO_RESOURCES_PRODUCT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../arena.h"
#include "../json_slice.h"

enum {
    PRODUCT_ATTRS_MOST = 16 * 1024
}; /* bytes of a product's attributes, as the database prints */

/* Members that a row may have; the bits of product_row.sent and .null, and of $14 in the
 * statements. */
enum product_member {
    PRODUCT_TITLE = 1 << 0,
    PRODUCT_CATEGORY = 1 << 1,
    PRODUCT_UOM = 1 << 2,
    PRODUCT_PRICE = 1 << 3,
    PRODUCT_CURRENCY = 1 << 4,
    PRODUCT_STOCK_QTY = 1 << 5,
    PRODUCT_LEAD_TIME_DAYS = 1 << 6,
    PRODUCT_EXTERNAL_ID = 1 << 7,
    PRODUCT_SCHEMA_ID = 1 << 8,
    PRODUCT_ATTRS = 1 << 9,
};

struct product_text {
    const char *text;
    size_t length;
};

struct product_row {
    /* Why the row is refused, or NULL; and the member at fault, or NULL for the row itself. */
    const char *reason;
    const char *member;

    unsigned sent; /* which members came: the others leave what is there as it is */
    unsigned null; /* which of them came as null */

    struct product_text sku;
    struct product_text title;
    struct product_text category;
    struct product_text uom;
    struct product_text currency;
    struct product_text external_id;
    struct product_text schema_id;
    int64_t stock_qty; /* in ten-thousandths */
    int32_t lead_time_days;

    /*
     * The price as it came. In major units it can be read only once the currency is known, by
     * product_row_price(); then price_minor is the price.
     */
    struct product_text price;
    bool has_price;       /* "price" came, and not as null */
    bool has_price_minor; /* "price_minor" came, and not as null */
    int64_t price_minor;

    struct json_slice attrs;     /* an object */
    struct product_text extra;   /* unknown members, as a JSON object; NULL when there are none */
    struct product_text dropped; /* names of those that came as null, as a JSON array; or NULL */

    /* For whoever writes the row. */
    bool exists;
    const char *existing_currency; /* of the product that is there, or NULL */
    size_t existing_attrs_size; /* bytes of the attributes of that, as the database prints them */
};

/* Reads one element of the array. False: memory is out. */
bool product_row_read(struct product_row *row, struct arena *arena, struct json_slice element);

/* Gives the price in minor units of this currency, where one came; refuses the row otherwise. */
void product_row_price(struct product_row *row, struct arena *arena, const char *currency,
                       size_t length);

/*
 * No less than the bytes that the product's attributes will have as the database prints them, from
 * what came and what is there: beyond PRODUCT_ATTRS_MOST the database has to be asked.
 */
size_t product_row_attrs_bound(const struct product_row *row);

/* Refuses the row: a sentence that names the member, its value and the rule. */
void product_row_refuse(struct product_row *row, struct arena *arena, const char *member,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One line of text: not blank, at most most characters, no control characters. */
bool product_row_line(struct product_row *row, struct arena *arena, const char *member,
                      struct product_text line, size_t most);

#endif
