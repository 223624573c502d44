/* RFC 3339, read strictly into what PostgreSQL takes. */
#include "moment.h"

#include <string.h>

#include "unit.h"

static void a_moment_is_read(void **state)
{
    static const struct {
        const char *text;
        const char *read;
    } cases[] = {
        {"2026-06-02T10:30:00Z",             "2026-06-02T10:30:00Z"            },
        {"2026-06-02t10:30:00z",             "2026-06-02T10:30:00Z"            },
        {"2026-06-02T10:30:00.5Z",           "2026-06-02T10:30:00.5Z"          },
        {"2026-06-02T10:30:00.123456Z",      "2026-06-02T10:30:00.123456Z"     },
        {"2026-06-02T10:30:00.9999999999Z",  "2026-06-02T10:30:00.999999Z"     },
        {"2026-06-02T10:30:00+02:00",        "2026-06-02T10:30:00+02:00"       },
        {"2026-06-02T10:30:00 02:00",        "2026-06-02T10:30:00+02:00"       },
        {"2026-06-02T10:30:00-15:59",        "2026-06-02T10:30:00-15:59"       },
        {"2026-06-02T10:30:00.000001-00:00", "2026-06-02T10:30:00.000001-00:00"},
        {"2024-02-29T00:00:00Z",             "2024-02-29T00:00:00Z"            },
        {"2000-02-29T00:00:00Z",             "2000-02-29T00:00:00Z"            },
        {"0001-01-01T00:00:00Z",             "0001-01-01T00:00:00Z"            },
        {"9999-12-31T23:59:59.999999+15:59", "9999-12-31T23:59:59.999999+15:59"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[MOMENT_SIZE];
        if (!moment_read(cases[i].text, out) || strcmp(out, cases[i].read) != 0) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void anything_else_is_not(void **state)
{
    static const char *const cases[] = {
        "",
        "now",
        "infinity",
        "2026-06-02",
        "2026-06-02T10:30Z",
        "2026-06-02T10:30:00",
        "2026-06-02 10:30:00Z",
        "2026-06-02T10:30:00ZZ",
        "2026-06-02T10:30:00Z ",
        " 2026-06-02T10:30:00Z",
        "2026-06-02T10:30:00.Z",
        "2026-06-02T10:30:00,5Z",
        "2026-06-02T10:30:00+2:00",
        "2026-06-02T10:30:00+0200",
        "2026-06-02T10:30:00+02",
        "2026-06-02T10:30:00+16:00",
        "2026-06-02T10:30:00+02:60",
        "2026-06-02T10:30:00+02:0",
        "2026-06-02T10:30:60Z",
        "2026-06-02T24:00:00Z",
        "2026-06-02T10:60:00Z",
        "2026-06-00T10:30:00Z",
        "2026-06-31T10:30:00Z",
        "2026-02-29T10:30:00Z",
        "1900-02-29T10:30:00Z",
        "2026-00-02T10:30:00Z",
        "2026-13-02T10:30:00Z",
        "0000-06-02T10:30:00Z",
        "-001-06-02T10:30:00Z",
        "12026-06-02T10:30:00Z",
        "2026-6-02T10:30:00Z",
        "2026-06-02T10:30:0\xC2\xB2Z",
        "1780396200",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[MOMENT_SIZE] = "as it was";
        if (moment_read(cases[i], out) || strcmp(out, "as it was") != 0) {
            fail_msg("%s", cases[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_read),
        cmocka_unit_test(anything_else_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
