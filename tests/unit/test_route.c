/* From path and method to a row, on a table of this test's own. */
#include "route.h"

#include <string.h>

#include "endpoints.h"
#include "unit.h"

#define ID "7f0c0000-0000-0000-0000-0000000000ab"

/* Instead of the served table: the linker takes these and leaves endpoints.c out. */
/* clang-format 14 has no peace with rows of different lengths. */
/* clang-format off */
const struct endpoint endpoints[] = {
    {.method = METHOD_GET, .path = "/things"},
    {.method = METHOD_POST, .path = "/things"},
    {.method = METHOD_GET, .path = "/things/{id}"},
    {.method = METHOD_POST, .path = "/things/bulk"},
    {.method = METHOD_GET, .path = "/things/{id}/parts"},
    {.method = METHOD_GET, .path = "/health", .flags = ENDPOINT_OPERATIONS},
};
/* clang-format on */
const size_t endpoint_count = COUNT(endpoints);

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 4096, 65536) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static bool find(enum method method, const char *path, struct request *request, struct reply *reply)
{
    *request = (struct request){.arena = &arena, .method = method, .path = path};
    reply_init(reply, &arena, "");
    return route_find(request, reply);
}

static const char *header(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->headers[i].name, name) == 0) {
            return reply->headers[i].value;
        }
    }
    return NULL;
}

static void a_row_is_found_by_path_and_method(void **state)
{
    static const struct {
        enum method method;
        const char *path;
        size_t row;
    } cases[] = {
        {METHOD_GET,  "/things",              0},
        {METHOD_POST, "/things",              1},
        {METHOD_GET,  "/things/" ID,          2},
        {METHOD_GET,  "/things/anything",     2},
        {METHOD_POST, "/things/bulk",         3},
        {METHOD_GET,  "/things/bulk",         2},
        {METHOD_GET,  "/things/" ID "/parts", 4},
    };
    struct request request;
    struct reply reply;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!find(cases[i].method, cases[i].path, &request, &reply) ||
            request.endpoint != &endpoints[cases[i].row]) {
            fail_msg("%s", cases[i].path);
        }
    }
}

static void an_id_is_handed_on_in_lower_case(void **state)
{
    struct request request;
    struct reply reply;
    (void)state;
    assert_true(find(METHOD_GET, "/things/7F0C0000-0000-0000-0000-0000000000AB", &request, &reply));
    assert_string_equal(request.path_id, ID);
    assert_true(find(METHOD_GET, "/things/" ID "/parts", &request, &reply));
    assert_string_equal(request.path_id, ID);
    assert_true(find(METHOD_GET, "/things/7f0c", &request, &reply));
    assert_null(request.path_id);
}

/* Nothing is decoded or normalised, so nothing but the very path will do. */
static void other_paths_are_not_found(void **state)
{
    static const char *const paths[] = {
        "",         "/",         "/thing",           "/things/",          "/things/x/",
        "//things", "/things//", "/things//parts",   "/things/x/y",       "/things/./bulk",
        "/THINGS",  "/%74hings", "/things/x/parts/", "/things/../things", "things",
    };
    struct request request;
    struct reply reply;
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        if (find(METHOD_GET, paths[i], &request, &reply) || reply.status != 404) {
            fail_msg("%s is found, or answered %d", paths[i], reply.status);
        }
        assert_null(request.endpoint);
    }
}

static void another_method_is_told_which_there_are(void **state)
{
    struct request request;
    struct reply reply;
    (void)state;
    assert_false(find(METHOD_OTHER, "/things", &request, &reply));
    assert_int_equal(reply.status, 405);
    assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_false(find(METHOD_POST, "/things/" ID, &request, &reply));
    assert_int_equal(reply.status, 405);
    assert_string_equal(header(&reply, "Allow"), "GET, HEAD, OPTIONS");
    assert_false(find(METHOD_OTHER, "/things/bulk", &request, &reply));
    assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST, OPTIONS");
}

static void options_are_answered_without_a_body(void **state)
{
    struct request request;
    struct reply reply;
    (void)state;
    assert_false(find(METHOD_OPTIONS, "/things", &request, &reply));
    assert_int_equal(reply.status, 204);
    assert_null(reply.body);
    assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_false(find(METHOD_OPTIONS, "/nothing", &request, &reply));
    assert_int_equal(reply.status, 404);
}

/* Not even by its 405 does the API tell that the operator's rows are there, nor the other way. */
static void the_operators_rows_are_for_the_operator_alone(void **state)
{
    static const enum method methods[] = {METHOD_GET, METHOD_POST, METHOD_OPTIONS, METHOD_OTHER};
    struct request request;
    struct reply reply;
    (void)state;
    for (size_t i = 0; i < COUNT(methods); i++) {
        assert_false(find(methods[i], "/health", &request, &reply));
        assert_int_equal(reply.status, 404);
        assert_null(header(&reply, "Allow"));
        request = (struct request){
            .arena = &arena, .method = methods[i], .path = "/things", .operations = true};
        reply_init(&reply, &arena, "");
        assert_false(route_find(&request, &reply));
        assert_int_equal(reply.status, 404);
        assert_null(header(&reply, "Allow"));
    }
    request = (struct request){
        .arena = &arena, .method = METHOD_GET, .path = "/health", .operations = true};
    reply_init(&reply, &arena, "");
    assert_true(route_find(&request, &reply));
    assert_ptr_equal(request.endpoint, &endpoints[5]);
    request.method = METHOD_POST;
    assert_false(route_find(&request, &reply));
    assert_int_equal(reply.status, 405);
    assert_string_equal(header(&reply, "Allow"), "GET, HEAD, OPTIONS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_is_found_by_path_and_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_is_handed_on_in_lower_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_paths_are_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_method_is_told_which_there_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_operators_rows_are_for_the_operator_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(options_are_answered_without_a_body, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
