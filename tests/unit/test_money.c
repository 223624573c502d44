/* Amounts of money: digits in, integers of the minor unit out. */
#include "money.h"

#include <string.h>

#include "unit.h"

enum { UNTOUCHED = 77 };

static void amounts_are_exact(void **state)
{
    static const struct {
        const char *text;
        int exponent;
        int64_t minor;
    } cases[] = {
        {"42.50",                     2, 4250            },
        {"0.1",                       2, 10              },
        {"1e2",                       2, 10000           },
        {"1E+2",                      2, 10000           },
        {"1e-2",                      2, 1               },
        {"12.5e1",                    2, 12500           },
        {"0.29",                      2, 29              },
        {"1.10",                      2, 110             },
        {"1.1000000000000000000",     2, 110             },
        {"0",                         2, 0               },
        {"0.00",                      0, 0               },
        {"-0",                        2, 0               },
        {"0e400",                     2, 0               },
        {"-1.5",                      2, -150            },
        {"1500",                      0, 1500            },
        {"1500.0",                    0, 1500            },
        {"1.555",                     3, 1555            },
        {"92233720368547758.07",      2, INT64_MAX       },
        {"9223372036854775807",       0, INT64_MAX       },
        {"-9223372036854775807",      0, -INT64_MAX      },
        {"9007199254740993",          0, 9007199254740993}, /* no double holds it */
        {"0.00000000000000000001e20", 2, 100             },
        {"100e-2",                    0, 1               },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t minor = UNTOUCHED;
        enum money_fault fault =
            money_read(cases[i].text, strlen(cases[i].text), cases[i].exponent, &minor);
        if (fault != MONEY_FINE || minor != cases[i].minor) {
            fail_msg("%s gives %lld, fault %d", cases[i].text, (long long)minor, (int)fault);
        }
    }
}

static void what_is_no_amount_is_told_apart(void **state)
{
    static const struct {
        const char *text;
        int exponent;
        enum money_fault fault;
    } cases[] = {
        {"1,50",                 2, MONEY_NOT_A_NUMBER     },
        {"",                     2, MONEY_NOT_A_NUMBER     },
        {"-",                    2, MONEY_NOT_A_NUMBER     },
        {".5",                   2, MONEY_NOT_A_NUMBER     },
        {"5.",                   2, MONEY_NOT_A_NUMBER     },
        {"01",                   2, MONEY_NOT_A_NUMBER     },
        {"+1",                   2, MONEY_NOT_A_NUMBER     },
        {" 1",                   2, MONEY_NOT_A_NUMBER     },
        {"1 ",                   2, MONEY_NOT_A_NUMBER     },
        {"1e",                   2, MONEY_NOT_A_NUMBER     },
        {"1e+",                  2, MONEY_NOT_A_NUMBER     },
        {"1e99999",              2, MONEY_NOT_A_NUMBER     },
        {"0x10",                 2, MONEY_NOT_A_NUMBER     },
        {"NaN",                  2, MONEY_NOT_A_NUMBER     },
        {"GBP 1",                2, MONEY_NOT_A_NUMBER     },
        {"1.5",                  0, MONEY_TOO_MANY_DECIMALS},
        {"1.555",                2, MONEY_TOO_MANY_DECIMALS},
        {"1.5555",               3, MONEY_TOO_MANY_DECIMALS},
        {"1e-3",                 2, MONEY_TOO_MANY_DECIMALS},
        {"0.001",                2, MONEY_TOO_MANY_DECIMALS},
        {"92233720368547758.08", 2, MONEY_TOO_LARGE        },
        {"9223372036854775808",  0, MONEY_TOO_LARGE        },
        {"9999999999999999999",  2, MONEY_TOO_LARGE        },
        {"1e400",                2, MONEY_TOO_LARGE        },
        {"1e9999",               2, MONEY_TOO_LARGE        },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t minor = UNTOUCHED;
        enum money_fault fault =
            money_read(cases[i].text, strlen(cases[i].text), cases[i].exponent, &minor);
        if (fault != cases[i].fault || minor != UNTOUCHED) {
            fail_msg("'%s' gives %lld, fault %d", cases[i].text, (long long)minor, (int)fault);
        }
    }
}

/* Only as many bytes as are given: a slice of a body has no NUL behind it. */
static void what_follows_is_not_read(void **state)
{
    int64_t minor = UNTOUCHED;
    (void)state;
    assert_int_equal(money_read("42.5099", 5, 2, &minor), MONEY_FINE);
    assert_int_equal(minor, 4250);
    assert_int_equal(money_read("42.", 2, 2, &minor), MONEY_FINE);
    assert_int_equal(minor, 4200);
}

static void currencies_have_their_decimals(void **state)
{
    (void)state;
    assert_int_equal(money_exponent("GBP", 3), 2);
    assert_int_equal(money_exponent("ZMW", 3), 2);
    assert_int_equal(money_exponent("JPY", 3), 0);
    assert_int_equal(money_exponent("KWD", 3), 3);
    assert_int_equal(money_exponent("gbp", 3), -1);
    assert_int_equal(money_exponent("GB", 2), -1);
    assert_int_equal(money_exponent("GBPX", 4), -1);
    assert_int_equal(money_exponent("BP ", 3), -1);
    assert_int_equal(money_exponent("XXX", 3), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_exact),
        cmocka_unit_test(what_is_no_amount_is_told_apart),
        cmocka_unit_test(what_follows_is_not_read),
        cmocka_unit_test(currencies_have_their_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
