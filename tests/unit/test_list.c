/* Which page is asked for, and what the page's answer is. The rows are this test's own. */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "unit.h"

/* A result of two columns: id, and a moment that lists go by. One that ends early has a third. */
struct db_result {
    int row_count;
    const char *moment; /* the name of the second column */
    bool ends_early;    /* the last row is not listed */
};

/* The linker takes these and leaves db.c, and libpq with it, out. */
int db_rows(const struct db_result *result)
{
    return result->row_count;
}

int db_columns(const struct db_result *result)
{
    return result->ends_early ? 3 : 2;
}

const char *db_column_name(const struct db_result *result, int column)
{
    const char *const names[] = {"id", result->moment, "_listed"};
    return names[column];
}

int db_column(const struct db_result *result, const char *name)
{
    int column = db_columns(result) - 1;
    while (column >= 0 && strcmp(db_column_name(result, column), name) != 0) {
        column--;
    }
    return column;
}

enum db_kind db_column_kind(const struct db_result *result, int column)
{
    static const enum db_kind kinds[] = {DB_TEXT, DB_TIMESTAMP, DB_BOOLEAN};
    (void)result;
    return kinds[column];
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    (void)result;
    (void)row;
    (void)column;
    return false;
}

const char *db_text(const struct db_result *result, int row, int column)
{
    static char text[2][40];
    if (column == 2) {
        return row + 1 == result->row_count ? "f" : "t";
    }
    if (column == 0) {
        snprintf(text[0], sizeof(text[0]), "00000000-0000-0000-0000-%012d", row);
    } else {
        snprintf(text[1], sizeof(text[1]), "2026-06-02 10:30:%02d.25+00", row);
    }
    return text[column];
}

size_t db_length(const struct db_result *result, int row, int column)
{
    return strlen(db_text(result, row, column));
}

int64_t db_integer(const struct db_result *result, int row, int column)
{
    (void)result;
    (void)row;
    (void)column;
    return 0;
}

static struct arena arena;
static struct request request;
static struct reply reply;

static char secret[] = "a secret of the deployment, 32 or more";
static const struct config config = {.cursor_secret = secret};
static char org_id[] = "0f0c0000-0000-0000-0000-000000000001";

static const struct parameter_rule parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"status",        true },
    {"customer_id",   false},
    {"updated_since", false},
    {NULL,            false},
};

static const struct endpoint quotes = {.path = "/api/v1/quotes", .parameters = parameters};
static const struct endpoint orders = {.path = "/api/v1/orders", .parameters = parameters};

static const struct list_rule rule = {
    .member = "quotes", .most = 200, .initial = 50, LIST_NEWEST_FIRST};

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 4096, 1 << 20) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct list *ask(const struct endpoint *endpoint, const char *query)
{
    const char *uri = arena_print(&arena, "%s?%s", endpoint->path, query);
    const struct request_input input = {.method = "GET", .uri = uri, .request_id = "r-1"};
    assert_true(request_parse(&request, &arena, &config, &input, &reply));
    request.endpoint = endpoint;
    request.org_id = org_id;
    return list_read(&request, &rule, &reply);
}

/* The cursor of the page that has just been represented. */
static const char *next_cursor(void)
{
    static const char name[] = "\"next_cursor\":\"";
    const char *cursor = strstr(reply.body, name);
    assert_non_null(cursor);
    cursor += sizeof(name) - 1;
    return arena_copy(&arena, cursor, strcspn(cursor, "\""));
}

static const char *cursor_of(const char *query, const char *moment)
{
    const struct db_result rows = {.row_count = 4, .moment = moment};
    const struct list *list = ask(&quotes, query);
    assert_non_null(list);
    assert_true(list_represent(&request, list, &rows, &reply));
    return next_cursor();
}

static void the_first_page_begins_before_everything(void **state)
{
    (void)state;
    const struct list *list = ask(&quotes, "");
    assert_false(list->by_change);
    assert_int_equal(list->limit, 50);
    assert_string_equal(list->fetch, "51");
    assert_string_equal(list->position[0], "infinity");
    assert_string_equal(list->position[1], "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

static void a_synchronisation_begins_with_the_moment_itself(void **state)
{
    (void)state;
    const struct list *list = ask(&quotes, "updated_since=2026-06-02T10:30:00Z&limit=3");
    assert_true(list->by_change);
    assert_string_equal(list->position[0], "2026-06-02T10:30:00Z");
    assert_string_equal(list->position[1], "00000000-0000-0000-0000-000000000000");
}

static void the_last_page_says_so(void **state)
{
    (void)state;
    for (int count = 0; count <= 3; count++) {
        const struct db_result rows = {.row_count = count, .moment = "created_at"};
        const struct list *list = ask(&quotes, "limit=3");
        assert_true(list_represent(&request, list, &rows, &reply));
        assert_non_null(strstr(reply.body, ",\"next_cursor\":null}"));
        assert_int_equal(strncmp(reply.body, "{\"quotes\":[", 11), 0);
    }
}

static void the_next_page_begins_after_the_last_row_that_was_shown(void **state)
{
    (void)state;
    const char *cursor = cursor_of("limit=3", "created_at");
    assert_null(strstr(reply.body, "000000000003")); /* fetched to see that there is more */
    const struct list *list = ask(&quotes, arena_print(&arena, "cursor=%s&limit=7", cursor));
    assert_string_equal(list->position[0], "2026-06-02 10:30:02.25+00");
    assert_string_equal(list->position[1], "00000000-0000-0000-0000-000000000002");
    assert_int_equal(list->limit, 7);

    cursor = cursor_of("limit=3&updated_since=2026-06-02T10:30:00Z", "updated_at");
    list =
        ask(&quotes, arena_print(&arena, "updated_since=2026-06-02T10:30:00Z&cursor=%s", cursor));
    assert_true(list->by_change);
    assert_string_equal(list->position[0], "2026-06-02 10:30:02.25+00");
}

/* A row that is not listed tells how far the statement has looked, and nothing else. */
static void a_page_that_ends_early_goes_on_where_it_ended(void **state)
{
    (void)state;
    for (int count = 1; count <= 4; count++) {
        const struct db_result rows = {
            .row_count = count, .moment = "created_at", .ends_early = true};
        assert_true(list_represent(&request, ask(&quotes, "limit=3"), &rows, &reply));
        assert_null(strstr(reply.body, "listed"));
        size_t shown = 0;
        for (const char *at = reply.body; (at = strstr(at, "\"id\"")) != NULL; at++) {
            shown++;
        }
        assert_int_equal(shown, count - 1);
        const struct list *list =
            ask(&quotes, arena_print(&arena, "limit=3&cursor=%s", next_cursor()));
        /* Of a full page that ends there as well, the last row that was shown. */
        const char *last =
            arena_print(&arena, "2026-06-02 10:30:%02d.25+00", count < 4 ? count - 1 : 2);
        assert_string_equal(list->position[0], last);
    }
}

/* A list by one text alone, such as products by SKU, which may hold spaces. */
static void a_position_may_be_one_text(void **state)
{
    static const struct list_rule by_text = {
        .member = "quotes", .most = 200, .initial = 50, .order = {"id"}, .first = {""}};
    const struct db_result rows = {.row_count = 4, .moment = "created_at"};
    (void)state;
    const struct list *list = ask(&quotes, "limit=3");
    const struct list one = {.rule = &by_text, .limit = 3, .binding = list->binding};
    assert_true(list_represent(&request, &one, &rows, &reply));
    const char *query = arena_print(&arena, "cursor=%s", next_cursor());
    ask(&quotes, query);
    list = list_read(&request, &by_text, &reply);
    assert_string_equal(list->position[0], "00000000-0000-0000-0000-000000000002");
    assert_null(list->position[1]);
    ask(&quotes, "");
    list = list_read(&request, &by_text, &reply);
    assert_string_equal(list->position[0], "");
}

static void a_cursor_is_bound_to_its_filters_however_they_are_ordered(void **state)
{
    (void)state;
    const char *cursor = cursor_of("status=sent&limit=3&customer_id=x", "created_at");
    assert_non_null(
        ask(&quotes, arena_print(&arena, "customer_id=x&cursor=%s&status=sent", cursor)));
    static const char *const others[] = {
        "",
        "status=sent",
        "customer_id=x",
        "status=viewed&customer_id=x",
        "status=sent&status=viewed&customer_id=x",
        "status=sent&customer_id=y",
        "status=sent&customer_id=x&updated_since=2026-06-02T10:30:00Z",
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_null(ask(&quotes, arena_print(&arena, "cursor=%s&%s", cursor, others[i])));
        assert_int_equal(reply.status, 400);
        assert_non_null(strstr(reply.body, "\"invalid_cursor\""));
        assert_non_null(strstr(reply.body, "\"field\":\"cursor\""));
    }
}

static void a_cursor_is_bound_to_its_endpoint_and_organisation(void **state)
{
    (void)state;
    const char *cursor = cursor_of("limit=3", "created_at");
    const char *query = arena_print(&arena, "cursor=%s", cursor);
    assert_non_null(ask(&quotes, query));
    assert_null(ask(&orders, query));
    org_id[35] = '2';
    assert_null(ask(&quotes, query));
    org_id[35] = '1';
    assert_null(ask(&quotes, "cursor="));
    assert_null(ask(&quotes, "cursor=abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_page_begins_before_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_synchronisation_begins_with_the_moment_itself, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_last_page_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_page_begins_after_the_last_row_that_was_shown,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_that_ends_early_goes_on_where_it_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_position_may_be_one_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cursor_is_bound_to_its_filters_however_they_are_ordered,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cursor_is_bound_to_its_endpoint_and_organisation, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
