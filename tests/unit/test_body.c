/* A request's body: its kind, its size, and what is said of one that is refused. */
#include "body.h"

#include <string.h>

#include "endpoints.h"
#include "fastcgi.h"
#include "unit.h"
#include "utf8.h"
#include "worker.h"

static struct arena arena;
static struct reply reply;
static const char *sent; /* by the client */

/* The linker takes this and leaves fastcgi.c, and libfcgi with it, out. */
bool fastcgi_read(struct fastcgi *fastcgi, char *bytes, size_t size)
{
    (void)fastcgi;
    size_t count = 0;
    for (; count < size && sent[count] != '\0'; count++) {
        bytes[count] = sent[count];
    }
    return count == size;
}

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

static bool read_body(const char *type, const char *encoding, const char *length, const char *body)
{
    static const struct endpoint endpoint = {.path = "/x", .body_limit = 20};
    const struct request_input input = {
        .content_type = type, .content_encoding = encoding, .content_length = length};
    struct request request = {.arena = &arena, .input = &input, .endpoint = &endpoint};
    struct worker worker = {.fastcgi = NULL};
    reply_init(&reply, &arena, "r-1");
    sent = body;
    return body_read(&worker, &request, &reply) && strcmp(request.body, body) == 0;
}

static void json_is_taken(void **state)
{
    (void)state;
    assert_true(read_body("application/json", NULL, "2", "{}"));
    assert_true(read_body("Application/JSON ; charset=utf-8", "", "2", "{}"));
    assert_true(read_body("application/json", "Identity", "02", "{}"));
}

static void another_kind_is_not(void **state)
{
    static const struct {
        const char *type;
        const char *encoding;
    } cases[] = {
        {NULL,                NULL      },
        {"",                  NULL      },
        {"text/json",         NULL      },
        {"application/jso",   NULL      },
        {"application/json5", NULL      },
        {"application/json",  "gzip"    },
        {"application/json",  "gz\xFFip"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(read_body(cases[i].type, cases[i].encoding, "2", "{}"));
        assert_int_equal(reply.status, 415);
        assert_true(utf8_valid(reply.body, reply.body_size));
    }
}

static void the_length_is_what_counts(void **state)
{
    static const struct {
        const char *length;
        const char *body;
        int status;
    } cases[] = {
        {"21",                   "{}",                   413},
        {"18446744073709551618", "{}",                   413}, /* 2 beyond 64 bits */
        {"3",                    "{}",                   400}, /* it ends sooner */
        {"1",                    "{}",                   400}, /* no more is read */
        {NULL,                   "{}",                   400},
        {"",                     "{}",                   400},
        {"-2",                   "{}",                   400},
        {"20",                   "99999999999999999999", 422},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(read_body("application/json", NULL, cases[i].length, cases[i].body));
        assert_int_equal(reply.status, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_kind_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_length_is_what_counts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
