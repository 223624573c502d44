/* From columns to members. The rows are this test's own: it defines what db.h keeps to itself. */
#include "json.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { MOST_COLUMNS = 8 };

struct column {
    const char *name;
    enum db_kind kind;
};

struct db_result {
    const struct column *columns;
    int column_count;
    int row_count;
    const char *values[3][MOST_COLUMNS]; /* NULL for SQL null */
};

/* The linker takes these and leaves db.c, and libpq with it, out. */
int db_rows(const struct db_result *result)
{
    return result->row_count;
}

int db_columns(const struct db_result *result)
{
    return result->column_count;
}

const char *db_column_name(const struct db_result *result, int column)
{
    return result->columns[column].name;
}

enum db_kind db_column_kind(const struct db_result *result, int column)
{
    return result->columns[column].kind;
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return result->values[row][column] == NULL;
}

const char *db_text(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? "" : result->values[row][column];
}

size_t db_length(const struct db_result *result, int row, int column)
{
    return strlen(db_text(result, row, column));
}

int64_t db_integer(const struct db_result *result, int row, int column)
{
    return strtoll(db_text(result, row, column), NULL, 10);
}

/* What rows say must be what a row by itself says; NULL when that is nothing. */
static void check_rows(const struct db_result *result, const char *row)
{
    char expected[256];
    size_t size = 0;
    struct json_object *rows = json_from_rows(result);
    const char *whole = json_text(rows, &size);
    if (row == NULL) {
        assert_null(whole);
        return;
    }
    snprintf(expected, sizeof(expected), "[%s]", row);
    assert_string_equal(whole, expected);
    assert_int_equal(size, strlen(expected));
    json_object_put(rows);
}

/* A result of one column and one row as JSON, without {"a": and }. "(none)" when there is none. */
static const char *json_of(enum db_kind kind, const char *value)
{
    static char text[256];
    const struct column column = {"a", kind};
    const struct db_result result = {
        .columns = &column, .column_count = 1, .row_count = 1, .values = {{value}}};
    size_t size = 0;
    struct json_object *object = json_from_row(&result, 0);
    const char *whole = json_text(object, &size);
    check_rows(&result, whole);
    if (whole == NULL) {
        return "(none)";
    }
    assert_int_equal(size, strlen(whole));
    assert_memory_equal(whole, "{\"a\":", 5);
    snprintf(text, sizeof(text), "%.*s", (int)size - 6, whole + 5);
    json_object_put(object);
    return text;
}

static void a_column_becomes_json_by_its_type(void **state)
{
    static const struct {
        enum db_kind kind;
        const char *value;
        const char *json;
    } cases[] = {
        {DB_TEXT,      "plain",                                   "\"plain\""                         },
        {DB_TEXT,      "",                                        "\"\""                              },
        {DB_TEXT,      "a\"b\\c/d\n\x01",                         "\"a\\\"b\\\\c/d\\n\\u0001\""       },
        {DB_TEXT,      "\b\t\f\r\x0b\x1f\x7f",                    "\"\\b\\t\\f\\r\\u000b\\u001f\x7f\""},
        {DB_TEXT,      "\xC3\xA9\xF0\x9F\x94\xA9",                "\"\xC3\xA9\xF0\x9F\x94\xA9\""      },
        {DB_TEXT,      NULL,                                      "null"                              },
        {DB_INTEGER,   "58200",                                   "58200"                             },
        {DB_INTEGER,   "-1",                                      "-1"                                },
        {DB_INTEGER,   "9223372036854775807",                     "9223372036854775807"               },
        {DB_INTEGER,   "-9223372036854775808",                    "-9223372036854775808"              },
        {DB_INTEGER,   NULL,                                      "null"                              },
        {DB_BOOLEAN,   "t",                                       "true"                              },
        {DB_BOOLEAN,   "f",                                       "false"                             },
        {DB_DECIMAL,   "10",                                      "10"                                },
        {DB_DECIMAL,   "2.5",                                     "2.5"                               },
        {DB_DECIMAL,   "0.1",                                     "0.1"                               },
        {DB_DECIMAL,   "12345678901234567890.1234",               "12345678901234567890.1234"         },
        {DB_TIMESTAMP, "2026-06-02 10:30:00+00",                  "\"2026-06-02T10:30:00Z\""          },
        {DB_TIMESTAMP, "2026-06-02 10:30:00.5+00",                "\"2026-06-02T10:30:00.5Z\""        },
        {DB_TIMESTAMP, "2026-06-02 10:30:00.123456+00",           "\"2026-06-02T10:30:00.123456Z\""   },
        {DB_TIMESTAMP, NULL,                                      "null"                              },
        {DB_JSON,      "{\"b\": [1, 2.50, null], \"c\": \"d/\"}", "{\"b\":[1,2.50,null],\"c\":\"d/\"}"},
        {DB_JSON,      "{\"n\": 123456789012345678901234567890}",
         "{\"n\":123456789012345678901234567890}"                                                     },
        {DB_JSON,      "{\"s\": \"a \\\" b\\\\\", \"t\": 1}",     "{\"s\":\"a \\\" b\\\\\",\"t\":1}"  },
        {DB_JSON,      "null",                                    "null"                              },
        {DB_JSON,      "[]",                                      "[]"                                },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *json = json_of(cases[i].kind, cases[i].value);
        if (strcmp(json, cases[i].json) != 0) {
            fail_msg("%s gives %s, not %s", cases[i].value, json, cases[i].json);
        }
    }
}

/* A wrong answer would be worse than none. */
static void what_cannot_be_said_gives_nothing(void **state)
{
    (void)state;
    assert_string_equal(json_of(DB_TIMESTAMP, "infinity"), "(none)");
    assert_string_equal(json_of(DB_TIMESTAMP, "2026-06-02 10:30:00+01"), "(none)");
    assert_string_equal(json_of(DB_TIMESTAMP, "10000-06-02 10:30:00.123456789012345678+00"),
                        "(none)");
}

static const struct column two_columns[] = {
    {"id",   DB_INTEGER},
    {"name", DB_TEXT   }
};

static void members_keep_the_order_of_the_columns(void **state)
{
    const struct db_result result = {
        .columns = two_columns,
        .column_count = 2,
        .row_count = 2,
        .values = {{"1", "one"}, {"2", NULL}}
    };
    size_t size = 0;
    (void)state;
    struct json_object *rows = json_from_rows(&result);
    assert_string_equal(json_text(rows, &size),
                        "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":null}]");
    json_object_put(rows);
}

static void a_column_for_the_worker_is_no_member(void **state)
{
    static const struct column columns[] = {
        {"_listed", DB_BOOLEAN},
        {"id",      DB_INTEGER}
    };
    const struct db_result result = {
        .columns = columns, .column_count = 2, .row_count = 1, .values = {{"t", "1"}}};
    size_t size = 0;
    (void)state;
    struct json_object *row = json_from_row(&result, 0);
    assert_string_equal(json_text(row, &size), "{\"id\":1}");
    json_object_put(row);
}

static void no_rows_are_an_empty_array(void **state)
{
    const struct db_result result = {.columns = two_columns, .column_count = 2};
    size_t size = 0;
    (void)state;
    struct json_object *rows = json_from_rows(&result);
    assert_string_equal(json_text(rows, &size), "[]");
    json_object_put(rows);
}

static void members_are_added_and_owned(void **state)
{
    struct arena arena;
    size_t size = 0;
    (void)state;
    assert_true(arena_init(&arena, 1024, 4096));
    struct json_object *object = json_new_object(&arena);
    assert_ptr_equal(json_add_text(object, "a", "x"), object);
    assert_ptr_equal(json_add_text(object, "b", NULL), object);
    assert_ptr_equal(json_add_integer(object, "c", INT64_MIN), object);
    assert_ptr_equal(json_add(object, "d", json_new_array()), object);
    assert_ptr_equal(json_add_text(object, "a", "y"), object);
    assert_string_equal(json_text(object, &size),
                        "{\"a\":\"y\",\"b\":null,\"c\":-9223372036854775808,\"d\":[]}");
    arena_free(&arena);
}

static void a_chain_that_fails_ends_in_nothing(void **state)
{
    struct arena arena;
    size_t size = 0;
    (void)state;
    assert_true(arena_init(&arena, 1024, 4096));
    struct json_object *object = json_new_object(&arena);
    assert_null(json_add(object, "a", NULL));
    assert_null(json_add_text(json_add_integer(NULL, "b", 1), "c", "d"));
    assert_null(json_add(NULL, "e", json_new_array())); /* which is put away */
    assert_null(json_text(NULL, &size));
    assert_null(json_own(&arena, NULL));
    assert_string_equal(json_text(object, &size), "{}");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_becomes_json_by_its_type),
        cmocka_unit_test(what_cannot_be_said_gives_nothing),
        cmocka_unit_test(members_keep_the_order_of_the_columns),
        cmocka_unit_test(a_column_for_the_worker_is_no_member),
        cmocka_unit_test(no_rows_are_an_empty_array),
        cmocka_unit_test(members_are_added_and_owned),
        cmocka_unit_test(a_chain_that_fails_ends_in_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
