/*
 * Memory that runs out at every single allocation in turn: of an arena, of a document and of an
 * error. The linker puts the functions here in the allocators' place (see the Makefile); json-c's
 * own allocations are out of its reach, so its constructors stand for them.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json.h"
#include "reply.h"
#include "unit.h"

enum { KEEP = 65536, MOST = 1048576 };

static int left = -1; /* allocations that still succeed; -1: all */
static bool once;     /* after that only one fails, else all do */

static bool spent(void)
{
    if (left != 0) {
        left -= left > 0;
        return false;
    }
    left = once ? -1 : 0;
    return true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker chose them */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
struct json_object *__real_json_object_new_object(void);
struct json_object *__wrap_json_object_new_object(void);
struct json_object *__real_json_object_new_string(const char *text);
struct json_object *__wrap_json_object_new_string(const char *text);
struct json_object *__real_json_object_new_int64(int64_t number);
struct json_object *__wrap_json_object_new_int64(int64_t number);
int __real_json_object_object_add(struct json_object *object, const char *member,
                                  struct json_object *value);
int __wrap_json_object_object_add(struct json_object *object, const char *member,
                                  struct json_object *value);
const char *__real_json_object_to_json_string_length(struct json_object *object, int flags,
                                                     size_t *size);
const char *__wrap_json_object_to_json_string_length(struct json_object *object, int flags,
                                                     size_t *size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

void *__wrap_malloc(size_t size)
{
    return spent() ? NULL : __real_malloc(size);
}

struct json_object *__wrap_json_object_new_object(void)
{
    return spent() ? NULL : __real_json_object_new_object();
}

struct json_object *__wrap_json_object_new_string(const char *text)
{
    return spent() ? NULL : __real_json_object_new_string(text);
}

struct json_object *__wrap_json_object_new_int64(int64_t number)
{
    return spent() ? NULL : __real_json_object_new_int64(number);
}

int __wrap_json_object_object_add(struct json_object *object, const char *member,
                                  struct json_object *value)
{
    return spent() ? -1 : __real_json_object_object_add(object, member, value);
}

const char *__wrap_json_object_to_json_string_length(struct json_object *object, int flags,
                                                     size_t *size)
{
    return spent() ? NULL : __real_json_object_to_json_string_length(object, flags, size);
}

static int released;

static void release(void *object)
{
    (void)object;
    released++;
}

static void an_arena_reports_what_it_cannot_have(void **state)
{
    struct arena arena;
    (void)state;
    left = 0;
    assert_false(arena_init(&arena, 1024, MOST));
    arena_free(&arena);
    left = 1;
    assert_true(arena_init(&arena, 1024, MOST));
    assert_non_null(arena_alloc(&arena, 1000));
    assert_null(arena_alloc(&arena, 100)); /* needs a second block */
    assert_null(arena_copy(&arena, "text", 200));
    assert_null(arena_print(&arena, "%200s", ""));
    left = 1;
    assert_non_null(arena_alloc(&arena, 100));
    left = -1;
    arena_free(&arena);
}

static void what_cannot_be_owned_is_released(void **state)
{
    struct arena arena;
    int object;
    (void)state;
    left = 1;
    released = 0;
    assert_true(arena_init(&arena, 16, MOST));
    assert_null(arena_own(&arena, &object, release)); /* needs a second block */
    assert_int_equal(released, 1);
    left = -1;
    arena_free(&arena);
    assert_int_equal(released, 1);
}

/* One document, as a resource makes it. */
static void answer(struct reply *reply, struct arena *arena)
{
    struct json_object *object = json_new_object(arena);
    object = json_add_text(object, "name", "value");
    object = json_add_text(object, "nothing", NULL);
    object = json_add_integer(object, "number", 1);
    reply_json(reply, 200, object);
}

static void fail_with_field(struct reply *reply, struct arena *arena)
{
    (void)arena;
    reply_error(reply, ERROR_INVALID_PARAMETER, "limit", "'%s' is wrong.", "x");
}

/* Runs step with 0, 1, 2 ... allocations until it needs no more. Returns how many it needed. */
static int starve(void (*step)(struct reply *, struct arena *), const char *whole, int status)
{
    for (int allocations = 0; allocations < 100; allocations++) {
        struct arena arena;
        struct reply reply;
        left = -1;
        assert_true(arena_init(&arena, KEEP, MOST));
        reply_init(&reply, &arena, "r-1");
        left = allocations;
        step(&reply, &arena);
        bool enough = left > 0;
        left = -1;
        assert_non_null(reply.body);
        assert_int_equal(reply.body_size, strlen(reply.body));
        if (reply.status == status) {
            assert_string_equal(reply.body, whole);
        } else {
            assert_int_equal(reply.status, 500);
            assert_non_null(strstr(reply.body, "\"code\":\"internal\""));
        }
        arena_free(&arena);
        if (enough) {
            assert_int_equal(reply.status, status);
            return allocations;
        }
    }
    fail_msg("it never has enough");
    return 0;
}

static void a_document_is_whole_or_an_error(void **state)
{
    static const char document[] = "{\"name\":\"value\",\"nothing\":null,\"number\":1}";
    (void)state;
    once = false;
    assert_true(starve(answer, document, 200) > 5);
    once = true;
    assert_true(starve(answer, document, 200) > 5);
    once = false;
}

static void an_error_is_whole_or_the_last_resort(void **state)
{
    (void)state;
    assert_true(starve(fail_with_field,
                       "{\"error\":\"'x' is wrong.\",\"code\":\"invalid_parameter\","
                       "\"field\":\"limit\",\"request_id\":\"r-1\"}",
                       422) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_reports_what_it_cannot_have),
        cmocka_unit_test(what_cannot_be_owned_is_released),
        cmocka_unit_test(a_document_is_whole_or_an_error),
        cmocka_unit_test(an_error_is_whole_or_the_last_resort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
