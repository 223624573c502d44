/* Reads a product as a client sends it. */
#include "product_row.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../json_check.h"
#include "../members.h"
#include "../money.h"
#include "../utf8.h"

enum {
    SKU_MOST = 100,  /* characters */
    LINE_MOST = 500, /* characters: the database's short_text */
    QUANTITY_DECIMALS = 4,
};

/* The database's quantity holds eleven digits before the point. */
static const int64_t quantity_most = 999999999999999;

static const char out_of_memory[] = "Something went wrong on our side.";

void product_row_refuse(struct product_row *row, struct arena *arena, const char *member,
                        const char *format, ...)
{
    va_list values;
    va_start(values, format);
    row->reason = arena_vprint(arena, format, values);
    va_end(values);
    row->reason = row->reason == NULL ? out_of_memory : row->reason;
    row->member = member;
}

static const char *kind_name(char kind)
{
    switch (kind) {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case '0':
        return "a number";
    case 't':
        return "a boolean";
    default:
        return "null";
    }
}

static bool is_blank(struct product_text line)
{
    for (size_t i = 0; i < line.length;) {
        size_t step = utf8_space(line.text + i, line.length - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

bool product_row_line(struct product_row *row, struct arena *arena, const char *member,
                      struct product_text line, size_t most)
{
    if (is_blank(line)) {
        product_row_refuse(row, arena, member, "'%s' is blank: it must say something.", member);
        return false;
    }
    for (size_t i = 0; i < line.length; i++) {
        unsigned char c = (unsigned char)line.text[i];
        if (c < 0x20 || c == 0x7F) {
            product_row_refuse(row, arena, member,
                               "'%s' holds the control character U+%04X: it must be one line.",
                               member, c);
            return false;
        }
    }
    size_t count = line.length <= most ? 0 : utf8_length(line.text, line.length);
    if (count > most) {
        product_row_refuse(row, arena, member, "'%s' has %zu characters: it may have %zu.", member,
                           count, most);
        return false;
    }
    return true;
}

/* --- Readers, one for each type of member: false when the row is refused --------------------- */

struct reader {
    struct product_row *row;
    struct arena *arena;
    const char *name;
    struct json_slice value;
};

static bool refuse_kind(const struct reader *reader, const char *wanted)
{
    product_row_refuse(reader->row, reader->arena, reader->name, "'%s' is %s: it must be %s.",
                       reader->name, kind_name(reader->value.kind), wanted);
    return false;
}

static bool read_string(const struct reader *reader, struct product_text *out)
{
    if (reader->value.kind != '"') {
        return refuse_kind(reader, "a string");
    }
    if (!json_slice_text(reader->arena, reader->value, &out->text, &out->length)) {
        product_row_refuse(reader->row, reader->arena, NULL, "%s", out_of_memory);
        return false;
    }
    return true;
}

static bool read_line(const struct reader *reader, struct product_text *out)
{
    return read_string(reader, out) &&
           product_row_line(reader->row, reader->arena, reader->name, *out, LINE_MOST);
}

static bool is_whole(struct json_slice number)
{
    return memchr(number.text, '.', number.length) == NULL &&
           memchr(number.text, 'e', number.length) == NULL &&
           memchr(number.text, 'E', number.length) == NULL;
}

static bool read_integer(const struct reader *reader, int64_t most, int64_t *out)
{
    if (reader->value.kind != '0') {
        return refuse_kind(reader, "a whole number");
    }
    /* Has passed json_check(): a whole number fits in 64 bits, and something that is none follows.
     */
    int64_t value = is_whole(reader->value) ? strtoll(reader->value.text, NULL, 10) : -1;
    if (value < 0 || value > most) {
        product_row_refuse(reader->row, reader->arena, reader->name,
                           "'%s' is %s: it must be a whole number from 0 to %lld.", reader->name,
                           member_shown(reader->arena, reader->value.text, reader->value.length),
                           (long long)most);
        return false;
    }
    *out = value;
    return true;
}

/* A decimal number, as a number or in a string. */
static bool read_decimal(const struct reader *reader, struct product_text *out)
{
    if (reader->value.kind == '0') {
        *out = (struct product_text){reader->value.text, reader->value.length};
        return true;
    }
    return reader->value.kind == '"' ? read_string(reader, out)
                                     : refuse_kind(reader, "a decimal number, or one in a string");
}

static bool read_quantity(const struct reader *reader, int64_t *out)
{
    struct product_text text;
    int64_t value = 0;
    if (!read_decimal(reader, &text)) {
        return false;
    }
    enum money_fault fault = money_read(text.text, text.length, QUANTITY_DECIMALS, &value);
    if (fault != MONEY_FINE || value < 0 || value > quantity_most) {
        product_row_refuse(reader->row, reader->arena, reader->name,
                           "'%s' is '%s': it must be a decimal number from 0 to 99999999999.9999 "
                           "with at most %d decimals.",
                           reader->name, member_shown(reader->arena, text.text, text.length),
                           QUANTITY_DECIMALS);
        return false;
    }
    *out = value;
    return true;
}

static bool read_currency(const struct reader *reader, struct product_text *out)
{
    if (!read_string(reader, out)) {
        return false;
    }
    if (money_exponent(out->text, out->length) < 0) {
        product_row_refuse(reader->row, reader->arena, reader->name,
                           "'%s' is '%s': it must be a code of ISO 4217, such as GBP.",
                           reader->name, member_shown(reader->arena, out->text, out->length));
        return false;
    }
    return true;
}

/* title and name are one thing under two names. */
static bool read_title(const struct reader *reader)
{
    struct product_row *row = reader->row;
    struct product_text title;
    if (reader->value.kind == 'n') {
        product_row_refuse(row, reader->arena, reader->name,
                           "'%s' is null: a product must have a title.", reader->name);
        return false;
    }
    if (!read_line(reader, &title)) {
        return false;
    }
    if ((row->sent & PRODUCT_TITLE) && (row->title.length != title.length ||
                                        memcmp(row->title.text, title.text, title.length) != 0)) {
        product_row_refuse(row, reader->arena, "name",
                           "'name' and 'title' differ: they are the same member; send one.");
        return false;
    }
    row->title = title;
    row->sent |= PRODUCT_TITLE;
    return true;
}

static bool read_attrs(const struct reader *reader)
{
    if (reader->value.kind != '{') {
        return refuse_kind(reader, "an object");
    }
    reader->row->attrs = reader->value;
    return true;
}

static bool read_sku(const struct reader *reader)
{
    return read_string(reader, &reader->row->sku) &&
           product_row_line(reader->row, reader->arena, reader->name, reader->row->sku, SKU_MOST);
}

static bool read_price(const struct reader *reader)
{
    reader->row->sent |= PRODUCT_PRICE;
    if (reader->value.kind == 'n') {
        reader->row->null |= PRODUCT_PRICE;
        return true;
    }
    reader->row->has_price = true;
    return read_decimal(reader, &reader->row->price);
}

static bool read_price_minor(const struct reader *reader)
{
    reader->row->sent |= PRODUCT_PRICE;
    if (reader->value.kind == 'n') {
        reader->row->null |= PRODUCT_PRICE;
        return true;
    }
    reader->row->has_price_minor = true;
    return read_integer(reader, INT64_MAX, &reader->row->price_minor);
}

/* Members of which null clears what is there. */
static bool read_clearable(const struct reader *reader, enum product_member bit)
{
    struct product_row *row = reader->row;
    int64_t days = 0;
    bool ok;
    row->sent |= bit;
    if (reader->value.kind == 'n') {
        row->null |= bit;
        return true;
    }
    switch (bit) {
    case PRODUCT_CATEGORY:
        return read_line(reader, &row->category);
    case PRODUCT_UOM:
        return read_line(reader, &row->uom);
    case PRODUCT_CURRENCY:
        return read_currency(reader, &row->currency);
    case PRODUCT_STOCK_QTY:
        return read_quantity(reader, &row->stock_qty);
    case PRODUCT_LEAD_TIME_DAYS:
        ok = read_integer(reader, INT32_MAX, &days);
        row->lead_time_days = (int32_t)days;
        return ok;
    case PRODUCT_EXTERNAL_ID:
        return read_line(reader, &row->external_id);
    case PRODUCT_SCHEMA_ID:
        return read_line(reader, &row->schema_id);
    case PRODUCT_ATTRS:
    default:
        return read_attrs(reader);
    }
}

enum known {
    UNKNOWN,
    SKU,
    TITLE,
    PRICE,
    PRICE_MINOR,
    READ_ONLY, /* what we print and nobody sets: a product that was read can be sent back */
    CLEARABLE,
};

static const struct {
    const char *name;
    enum known known;
    enum product_member bit;
} members[] = {
    {"sku",            SKU,         0                     },
    {"title",          TITLE,       0                     },
    {"name",           TITLE,       0                     },
    {"price",          PRICE,       0                     },
    {"price_minor",    PRICE_MINOR, 0                     },
    {"category",       CLEARABLE,   PRODUCT_CATEGORY      },
    {"uom",            CLEARABLE,   PRODUCT_UOM           },
    {"currency",       CLEARABLE,   PRODUCT_CURRENCY      },
    {"stock_qty",      CLEARABLE,   PRODUCT_STOCK_QTY     },
    {"lead_time_days", CLEARABLE,   PRODUCT_LEAD_TIME_DAYS},
    {"external_id",    CLEARABLE,   PRODUCT_EXTERNAL_ID   },
    {"schema_id",      CLEARABLE,   PRODUCT_SCHEMA_ID     },
    {"attrs",          CLEARABLE,   PRODUCT_ATTRS         },
    {"id",             READ_ONLY,   0                     },
    {"created_at",     READ_ONLY,   0                     },
    {"updated_at",     READ_ONLY,   0                     },
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(*members) };

/* The row of the table, or MEMBER_COUNT. */
static size_t find_member(const char *name, size_t length)
{
    size_t place = 0;
    while (place < MEMBER_COUNT && (strlen(members[place].name) != length ||
                                    memcmp(members[place].name, name, length) != 0)) {
        place++;
    }
    return place;
}

/* Reads one known member; false when the row is refused. */
static bool read_member(struct product_row *row, struct arena *arena, size_t place,
                        struct json_slice value)
{
    const struct reader reader = {row, arena, members[place].name, value};
    switch (members[place].known) {
    case SKU:
        return read_sku(&reader);
    case TITLE:
        return read_title(&reader);
    case PRICE:
        return read_price(&reader);
    case PRICE_MINOR:
        return read_price_minor(&reader);
    case CLEARABLE:
        return read_clearable(&reader, members[place].bit);
    case READ_ONLY:
    case UNKNOWN:
    default:
        return true;
    }
}

/* --- Unknown members: attributes ---------------------------------------------------------------
 */

/* How much room the unknown members take, and whether there are any. */
struct unknown {
    size_t kept; /* bytes of "name":value, each with what goes before it */
    size_t dropped;
};

static char *put(char *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* As they stand in the body: {"name":value,...} and ["name",...] of those that are null. */
static bool keep_unknown(struct product_row *row, struct arena *arena, struct json_slice element,
                         const struct unknown *unknown)
{
    char *extra = arena_alloc(arena, unknown->kept + 2);
    char *dropped = arena_alloc(arena, unknown->dropped + 2);
    if (extra == NULL || dropped == NULL) {
        return false;
    }
    char *extra_end = extra;
    char *dropped_end = dropped;
    struct json_walk walk = json_walk_begin(element);
    struct json_slice name;
    struct json_slice value;
    while (json_walk_member(&walk, &name, &value)) {
        const char *text;
        size_t length;
        if (!json_slice_text(arena, name, &text, &length)) {
            return false;
        }
        if (find_member(text, length) < MEMBER_COUNT) {
            continue;
        }
        if (value.kind == 'n') {
            *dropped_end = dropped_end == dropped ? '[' : ',';
            dropped_end = put(dropped_end + 1, name.text, name.length);
        } else {
            *extra_end = extra_end == extra ? '{' : ',';
            extra_end = put(extra_end + 1, name.text, name.length);
            *extra_end = ':';
            extra_end = put(extra_end + 1, value.text, value.length);
        }
    }
    if (extra_end != extra) {
        *extra_end++ = '}';
        row->extra = (struct product_text){extra, (size_t)(extra_end - extra)};
    }
    if (dropped_end != dropped) {
        *dropped_end++ = ']';
        row->dropped = (struct product_text){dropped, (size_t)(dropped_end - dropped)};
    }
    return true;
}

bool product_row_read(struct product_row *row, struct arena *arena, struct json_slice element)
{
    *row = (struct product_row){.reason = NULL};
    if (element.kind != '{') {
        product_row_refuse(row, arena, NULL, "The row is %s: it must be an object.",
                           kind_name(element.kind));
        return true;
    }
    struct unknown unknown = {0, 0};
    struct json_walk walk = json_walk_begin(element);
    struct json_slice name;
    struct json_slice value;
    while (json_walk_member(&walk, &name, &value)) {
        const char *text;
        size_t length;
        if (!json_slice_text(arena, name, &text, &length)) {
            return false;
        }
        size_t place = find_member(text, length);
        if (place == MEMBER_COUNT) {
            unknown.kept += value.kind == 'n' ? 0 : name.length + value.length + 2;
            unknown.dropped += value.kind == 'n' ? name.length + 1 : 0;
        } else if (!read_member(row, arena, place, value)) {
            return true;
        }
    }
    if (row->sku.text == NULL) {
        product_row_refuse(row, arena, "sku", "'sku' is missing: it is required.");
        return true;
    }
    return unknown.kept + unknown.dropped == 0 || keep_unknown(row, arena, element, &unknown);
}

/*
 * What JSON text can grow to when the database prints it: a space goes behind each comma and colon,
 * and a number with an exponent is written out, to no more digits than json_check() lets it have.
 */
static size_t printed_bound(const char *text, size_t length)
{
    size_t bound = 2 * length;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] == 'e' || text[i] == 'E') && text[i - 1] >= '0' && text[i - 1] <= '9') {
            bound += (size_t)2 * JSON_CHECK_DIGITS;
        }
    }
    return bound;
}

size_t product_row_attrs_bound(const struct product_row *row)
{
    size_t bound = 2; /* {} */
    if (row->exists && !(row->sent & PRODUCT_ATTRS)) {
        if (row->extra.text == NULL) {
            return 0; /* what is there does not grow */
        }
        bound += row->existing_attrs_size;
    }
    return bound + printed_bound(row->attrs.text, row->attrs.length) +
           printed_bound(row->extra.text, row->extra.length);
}

/* The price in major units; false when the row is refused. */
static bool convert_price(struct product_row *row, struct arena *arena, const char *currency,
                          size_t length, int64_t *minor)
{
    int exponent = money_exponent(currency, length);
    enum money_fault fault = money_read(row->price.text, row->price.length, exponent, minor);
    if (fault == MONEY_FINE && *minor >= 0) {
        return true;
    }
    const char *text = member_shown(arena, row->price.text, row->price.length);
    switch (fault) {
    case MONEY_NOT_A_NUMBER:
        product_row_refuse(row, arena, "price",
                           "'price' is '%s': it must be a decimal number in major units, such as "
                           "42.50.",
                           text);
        break;
    case MONEY_TOO_MANY_DECIMALS:
        product_row_refuse(row, arena, "price",
                           "'price' is '%s': it must have at most %d decimals, as %.*s has.", text,
                           exponent, (int)length, currency);
        break;
    case MONEY_TOO_LARGE:
        product_row_refuse(row, arena, "price",
                           "'price' is '%s': it must fit in 64 bits as minor units of %.*s.", text,
                           (int)length, currency);
        break;
    case MONEY_FINE:
    default:
        product_row_refuse(row, arena, "price", "'price' is '%s': it must not be negative.", text);
        break;
    }
    return false;
}

void product_row_price(struct product_row *row, struct arena *arena, const char *currency,
                       size_t length)
{
    int64_t minor = 0;
    if ((row->null & PRODUCT_PRICE) && (row->has_price || row->has_price_minor)) {
        product_row_refuse(row, arena, "price",
                           "One of 'price' and 'price_minor' is null and the other is not: send "
                           "one.");
        return;
    }
    if (!row->has_price || !convert_price(row, arena, currency, length, &minor)) {
        return;
    }
    if (row->has_price_minor && row->price_minor != minor) {
        product_row_refuse(row, arena, "price_minor",
                           "'price_minor' is %lld and 'price' is '%s', which is %lld in minor "
                           "units of %.*s: they differ; send one.",
                           (long long)row->price_minor,
                           member_shown(arena, row->price.text, row->price.length),
                           (long long)minor, (int)length, currency);
        return;
    }
    row->price_minor = minor;
}
