/* The token of an Authorization header: what is a Bearer credential and what is not. */
#include "authenticate.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void a_bearer_token_is_taken_from_its_header(void **state)
{
    static const struct {
        const char *header;
        const char *token; /* NULL: none */
    } cases[] = {
        {"Bearer abc",             "abc"            },
        {"bearer abc",             "abc"            },
        {"BEARER abc",             "abc"            },
        {"bEaReR abc",             "abc"            },
        {"Bearer    abc",          "abc"            },
        {"Bearer abc ",            "abc"            },
        {"Bearer abc \t ",         "abc"            },
        {"Bearer abc def",         "abc def"        }, /* which the form of a key then refuses */
        {"Bearer abc, Bearer def", "abc, Bearer def"},
        {"Bearer \xC3\xA9",        "\xC3\xA9"       },
        {"Bearer ",                ""               },
        {"Bearer",                 NULL             },
        {"Bearerabc",              NULL             },
        {"Bearer\tabc",            NULL             },
        {" Bearer abc",            NULL             },
        {"Basic abc",              NULL             },
        {"Bear abc",               NULL             },
        {"abc",                    NULL             },
        {"",                       NULL             },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = 0;
        const char *token = authenticate_bearer_token(cases[i].header, &length);
        const char *expected = cases[i].token;
        if ((token == NULL) != (expected == NULL) ||
            (token != NULL &&
             (length != strlen(expected) || memcmp(token, expected, length) != 0))) {
            fail_msg("'%s' gives '%.*s'", cases[i].header, (int)length, token ? token : "(none)");
        }
    }
}

static void a_long_header_is_read_to_its_end(void **state)
{
    static char header[16 * 1024];
    size_t length = 0;
    (void)state;
    memset(header, 'a', sizeof(header) - 1);
    snprintf(header, sizeof("Bearer "), "Bearer ");
    header[7] = 'a';
    assert_ptr_equal(authenticate_bearer_token(header, &length), header + 7);
    assert_int_equal(length, sizeof(header) - 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_token_is_taken_from_its_header),
        cmocka_unit_test(a_long_header_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
