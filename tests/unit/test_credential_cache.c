/* What a worker remembers of credentials, and what it forgets first. */
#include "credential_cache.h"

#include <string.h>

#include "unit.h"

static struct credential made(int number)
{
    struct credential credential = {.quota = number};
    for (int place = KEY_PUBLIC_ID_LENGTH - 1, rest = number; place >= 0; place--, rest /= 10) {
        credential.public_id[place] = (char)('0' + rest % 10);
    }
    return credential;
}

static void put(struct credential_cache *cache, int number)
{
    struct credential credential = made(number);
    credential_cache_put(cache, &credential);
}

static bool holds(struct credential_cache *cache, int number)
{
    struct credential expected = made(number);
    const struct credential *found = credential_cache_get(cache, expected.public_id);
    assert_true(found == NULL || found->quota == number);
    return found != NULL;
}

static void what_was_put_is_found(void **state)
{
    struct credential_cache cache;
    struct credential credential = made(7);
    (void)state;
    assert_true(credential_cache_init(&cache, 4));
    assert_null(credential_cache_get(&cache, credential.public_id));
    const struct credential *place = credential_cache_put(&cache, &credential);
    assert_ptr_not_equal(place, &credential);
    assert_ptr_equal(credential_cache_get(&cache, credential.public_id), place);
    assert_string_equal(place->public_id, "00000007");
    credential_cache_free(&cache);
}

static void putting_again_replaces(void **state)
{
    struct credential_cache cache;
    struct credential credential = made(7);
    (void)state;
    assert_true(credential_cache_init(&cache, 4));
    struct credential *first = credential_cache_put(&cache, &credential);
    credential.quota = 8;
    assert_ptr_equal(credential_cache_put(&cache, &credential), first);
    assert_int_equal(first->quota, 8);
    credential_cache_free(&cache);
}

/* With four entries there is one set, so the order of use is the whole rule. */
static void the_least_recently_used_goes_first(void **state)
{
    struct credential_cache cache;
    (void)state;
    assert_true(credential_cache_init(&cache, 4));
    for (int i = 1; i <= 4; i++) {
        put(&cache, i);
    }
    assert_true(holds(&cache, 1)); /* and is thereby used */
    put(&cache, 5);
    assert_false(holds(&cache, 2));
    assert_true(holds(&cache, 1) && holds(&cache, 3) && holds(&cache, 4) && holds(&cache, 5));
    put(&cache, 6); /* 1 was looked at before 3, 4 and 5 */
    assert_false(holds(&cache, 1));
    credential_cache_free(&cache);
}

static void sizes_are_rounded_up_to_whole_sets(void **state)
{
    static const struct {
        size_t entries;
        size_t sets;
    } sizes[] = {
        {1,    1   },
        {4,    1   },
        {5,    2   },
        {8,    2   },
        {9,    4   },
        {4096, 1024},
        {4097, 2048}
    };
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct credential_cache cache;
        assert_true(credential_cache_init(&cache, sizes[i].entries));
        assert_int_equal(cache.sets, sizes[i].sets);
        credential_cache_free(&cache);
    }
}

/* A bad hash would crowd a few sets and lose much of what fits. */
static void credentials_spread_over_the_sets(void **state)
{
    enum { ENTRIES = 4096 };
    struct credential_cache cache;
    int found = 0;
    (void)state;
    assert_true(credential_cache_init(&cache, ENTRIES));
    for (int i = 0; i < ENTRIES / 2; i++) {
        put(&cache, i);
    }
    for (int i = 0; i < ENTRIES / 2; i++) {
        found += holds(&cache, i);
    }
    assert_in_range(found, ENTRIES / 2 * 9 / 10, ENTRIES / 2);
    credential_cache_free(&cache);
}

static void freeing_twice_is_fine(void **state)
{
    struct credential_cache cache;
    (void)state;
    assert_true(credential_cache_init(&cache, 4));
    credential_cache_free(&cache);
    credential_cache_free(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(putting_again_replaces),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(sizes_are_rounded_up_to_whole_sets),
        cmocka_unit_test(credentials_spread_over_the_sets),
        cmocka_unit_test(freeing_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
