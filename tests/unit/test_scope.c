/* The closed set of scopes. */
#include "scope.h"

#include <string.h>

#include "unit.h"

/* As the published page lists them. */
static void the_published_scopes_are_all_there_are(void **state)
{
    static const char *const published[] = {
        "products:read",  "products:write",  "quotes:read",   "quotes:write",   "orders:read",
        "customers:read", "customers:write", "requests:read", "requests:write",
    };
    (void)state;
    assert_int_equal(COUNT(published), SCOPE_COUNT);
    for (size_t i = 0; i < COUNT(published); i++) {
        assert_true(scope_exists(published[i]));
        assert_string_equal(scopes[i].name, published[i]);
        assert_true(strlen(scopes[i].allows) > 0);
    }
}

static void nothing_else_is_a_scope(void **state)
{
    static const char *const wrong[] = {
        "",           "quotes",       "quotes:",     ":read",
        "quotes:rea", "quotes:read ", "Quotes:read", "orders:write",
        "*",          "all",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(scope_exists(wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_scopes_are_all_there_are),
        cmocka_unit_test(nothing_else_is_a_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
