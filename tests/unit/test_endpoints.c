/* The check that refuses an endpoint table with a hole in its policy. */
#include "endpoints.h"

#include <string.h>

#include "unit.h"

static bool plan(const struct request *request, struct read_plan *reads, struct reply *reply)
{
    (void)request;
    (void)reads;
    (void)reply;
    return true;
}

static bool represent(const struct request *request, const struct read_plan *reads,
                      struct reply *reply)
{
    (void)request;
    (void)reads;
    (void)reply;
    return true;
}

static bool perform(struct worker *worker, struct request *request, struct reply *reply)
{
    (void)worker;
    (void)request;
    (void)reply;
    return true;
}

static const struct parameter_rule none[] = {
    {NULL, false}
};

/* A row without fault, of which each test spoils a copy. */
static const struct endpoint sound = {.method = METHOD_GET,
                                      .path = "/api/v1/things",
                                      .scope = "quotes:read",
                                      .parameters = none,
                                      .plan = plan,
                                      .represent = represent};

/* The same for a read that needs no key. */
static const struct endpoint open_to_all = {.method = METHOD_GET,
                                            .path = "/api/v1/things",
                                            .parameters = none,
                                            .flags = ENDPOINT_PUBLIC,
                                            .represent = represent};

static void assert_refused(const struct endpoint *table, size_t count, const char *fault)
{
    char reason[200] = "";
    assert_false(endpoints_check(table, count, reason, sizeof(reason)));
    if (strstr(reason, fault) == NULL) {
        fail_msg("the reason is '%s', not '%s'", reason, fault);
    }
}

static void the_served_table_is_sound(void **state)
{
    char reason[200] = "";
    (void)state;
    if (!endpoints_check(endpoints, endpoint_count, reason, sizeof(reason))) {
        fail_msg("%s", reason);
    }
    assert_true(endpoint_count > 0);
}

static void a_sound_row_passes(void **state)
{
    char reason[200] = "";
    struct endpoint any_key = sound;
    (void)state;
    any_key.scope = NULL;
    any_key.flags = ENDPOINT_ANY_KEY;
    assert_true(endpoints_check(&sound, 1, reason, sizeof(reason)));
    assert_true(endpoints_check(&any_key, 1, reason, sizeof(reason)));
    assert_true(endpoints_check(&open_to_all, 1, reason, sizeof(reason)));
}

static void a_row_needs_a_path(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.path = NULL;
    assert_refused(&row, 1, "has no path");
    row.path = "";
    assert_refused(&row, 1, "has no path");
    row.path = "api/v1/things";
    assert_refused(&row, 1, "has no path");
}

static void a_row_needs_a_method_that_is_served(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.method = METHOD_OPTIONS;
    assert_refused(&row, 1, "method that is not served");
    row.method = METHOD_OTHER;
    assert_refused(&row, 1, "method that is not served");
}

static void a_row_without_scope_must_say_so(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.scope = NULL;
    assert_refused(&row, 1, "/api/v1/things has no scope");
}

static void a_row_must_not_contradict_itself(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.flags = ENDPOINT_ANY_KEY;
    assert_refused(&row, 1, "has a scope and says that any key will do");
    row.flags = ENDPOINT_PUBLIC;
    assert_refused(&row, 1, "functions of its method");
    row = open_to_all;
    row.scope = "quotes:read";
    assert_refused(&row, 1, "has a scope and says that any key will do, or none");
    row = open_to_all;
    row.flags |= ENDPOINT_ANY_KEY;
    assert_refused(&row, 1, "says more than one thing about who may call it");
}

static void a_public_row_reads_without_the_database(void **state)
{
    struct endpoint row = open_to_all;
    (void)state;
    row.plan = plan;
    assert_refused(&row, 1, "functions of its method");
    row = open_to_all;
    row.represent = NULL;
    assert_refused(&row, 1, "functions of its method");
    row = open_to_all;
    row.method = METHOD_POST;
    row.body_limit = 1024;
    assert_refused(&row, 1, "functions of its method");
}

static void an_operators_row_has_its_own_function_and_no_key(void **state)
{
    char reason[200] = "";
    const struct endpoint operators = {.method = METHOD_GET,
                                       .path = "/health",
                                       .parameters = none,
                                       .flags = ENDPOINT_OPERATIONS,
                                       .perform = perform};
    struct endpoint row = operators;
    (void)state;
    assert_true(endpoints_check(&row, 1, reason, sizeof(reason)));
    assert_false(endpoint_takes_key(&row));
    assert_true(endpoint_takes_key(&sound));
    row.perform = NULL;
    assert_refused(&row, 1, "functions of its method");
    row = operators;
    row.plan = plan;
    assert_refused(&row, 1, "functions of its method");
    row = operators;
    row.scope = "quotes:read";
    assert_refused(&row, 1, "has a scope and says that any key will do, or none");
    row = operators;
    row.flags |= ENDPOINT_ANY_KEY;
    assert_refused(&row, 1, "says more than one thing about who may call it");
}

static void a_scope_must_exist(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.scope = "quotes:reads";
    assert_refused(&row, 1, "scope that does not exist");
}

static void a_row_needs_its_parameters(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.parameters = NULL;
    assert_refused(&row, 1, "lacks its parameters");
}

static void a_read_needs_both_its_functions_and_no_other(void **state)
{
    struct endpoint row = sound;
    (void)state;
    row.plan = NULL;
    assert_refused(&row, 1, "functions of its method");
    row = sound;
    row.represent = NULL;
    assert_refused(&row, 1, "functions of its method");
    row = sound;
    row.perform = perform;
    assert_refused(&row, 1, "functions of its method");
}

static void a_write_needs_its_function_and_a_body(void **state)
{
    char reason[200] = "";
    struct endpoint write = {.method = METHOD_POST,
                             .path = "/api/v1/things",
                             .scope = "quotes:write",
                             .parameters = none,
                             .body_limit = 1024,
                             .perform = perform};
    struct endpoint row = write;
    (void)state;
    assert_true(endpoints_check(&row, 1, reason, sizeof(reason)));
    row.perform = NULL;
    assert_refused(&row, 1, "functions of its method");
    row = write;
    row.plan = plan;
    assert_refused(&row, 1, "functions of its method");
    row = write;
    row.body_limit = 0;
    assert_refused(&row, 1, "body limit");
    row = sound;
    row.body_limit = 1024;
    assert_refused(&row, 1, "body limit");
}

static void a_method_and_path_stand_there_once(void **state)
{
    char reason[200] = "";
    struct endpoint rows[] = {sound, sound, sound};
    (void)state;
    rows[1].path = "/api/v1/others";
    rows[2] = (struct endpoint){.method = METHOD_POST,
                                .path = "/api/v1/things",
                                .scope = "quotes:write",
                                .parameters = none,
                                .body_limit = 1024,
                                .perform = perform};
    assert_true(endpoints_check(rows, 3, reason, sizeof(reason)));
    rows[2] = sound;
    assert_refused(rows, 3, "GET /api/v1/things is there twice");
}

static void a_fault_in_a_later_row_is_found(void **state)
{
    struct endpoint rows[] = {sound, sound};
    (void)state;
    rows[1].path = "/api/v1/others";
    rows[1].scope = NULL;
    assert_refused(rows, 2, "/api/v1/others");
}

static void a_short_buffer_is_not_overrun(void **state)
{
    char reason[8] = "1234567";
    struct endpoint row = sound;
    (void)state;
    row.scope = NULL;
    assert_false(endpoints_check(&row, 1, reason, 4));
    assert_int_equal(strlen(reason), 3);
    assert_string_equal(reason + 4, "567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_served_table_is_sound),
        cmocka_unit_test(a_sound_row_passes),
        cmocka_unit_test(a_row_needs_a_path),
        cmocka_unit_test(a_row_needs_a_method_that_is_served),
        cmocka_unit_test(a_row_without_scope_must_say_so),
        cmocka_unit_test(a_row_must_not_contradict_itself),
        cmocka_unit_test(a_public_row_reads_without_the_database),
        cmocka_unit_test(an_operators_row_has_its_own_function_and_no_key),
        cmocka_unit_test(a_scope_must_exist),
        cmocka_unit_test(a_row_needs_its_parameters),
        cmocka_unit_test(a_read_needs_both_its_functions_and_no_other),
        cmocka_unit_test(a_write_needs_its_function_and_a_body),
        cmocka_unit_test(a_method_and_path_stand_there_once),
        cmocka_unit_test(a_fault_in_a_later_row_is_found),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
