/* scrypt, which passwords are taken, and what is told about a stored one. */
#include "password.h"

#include <string.h>
#include <time.h>

#include "unit.h"

#define EMAIL "ada.lovelace@northfield.example"

/* RFC 7914, section 12, but for the vector that takes a gigabyte. */
static void scrypt_computes_the_vectors_of_its_rfc(void **state)
{
    static const struct {
        const char *text;
        const char *salt;
        struct secret_cost cost;
        uint8_t key[64];
    } vectors[] = {
        {"",              "", {16, 1, 1},    {0x77, 0xd6, 0x57, 0x62, 0x38, 0x65, 0x7b, 0x20, 0x3b, 0x19, 0xca,
                              0x42, 0xc1, 0x8a, 0x04, 0x97, 0xf1, 0x6b, 0x48, 0x44, 0xe3, 0x07,
                              0x4a, 0xe8, 0xdf, 0xdf, 0xfa, 0x3f, 0xed, 0xe2, 0x14, 0x42, 0xfc,
                              0xd0, 0x06, 0x9d, 0xed, 0x09, 0x48, 0xf8, 0x32, 0x6a, 0x75, 0x3a,
                              0x0f, 0xc8, 0x1f, 0x17, 0xe8, 0xd3, 0xe0, 0xfb, 0x2e, 0x0d, 0x36,
                              0x28, 0xcf, 0x35, 0xe2, 0x0c, 0x38, 0xd1, 0x89, 0x06}},
        {"password",
         "NaCl",              {1024, 8, 16},
         {0xfd, 0xba, 0xbe, 0x1c, 0x9d, 0x34, 0x72, 0x00, 0x78, 0x56, 0xe7, 0x19, 0x0d,
          0x01, 0xe9, 0xfe, 0x7c, 0x6a, 0xd7, 0xcb, 0xc8, 0x23, 0x78, 0x30, 0xe7, 0x73,
          0x76, 0x63, 0x4b, 0x37, 0x31, 0x62, 0x2e, 0xaf, 0x30, 0xd9, 0x2e, 0x22, 0xa3,
          0x88, 0x6f, 0xf1, 0x09, 0x27, 0x9d, 0x98, 0x30, 0xda, 0xc7, 0x27, 0xaf, 0xb9,
          0x4a, 0x83, 0xee, 0x6d, 0x83, 0x60, 0xcb, 0xdf, 0xa2, 0xcc, 0x06, 0x40}                                           },
        {"pleaseletmein",
         "SodiumChloride",    {16384, 8, 1},
         {0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48, 0x46, 0x1c, 0x06, 0xcd, 0x81,
          0xfd, 0x38, 0xeb, 0xfd, 0xa8, 0xfb, 0xba, 0x90, 0x4f, 0x8e, 0x3e, 0xa9, 0xb5,
          0x43, 0xf6, 0x54, 0x5d, 0xa1, 0xf2, 0xd5, 0x43, 0x29, 0x55, 0x61, 0x3f, 0x0f,
          0xcf, 0x62, 0xd4, 0x97, 0x05, 0x24, 0x2a, 0x9a, 0xf9, 0xe6, 0x1e, 0x85, 0xdc,
          0x0d, 0x65, 0x1e, 0x40, 0xdf, 0xcf, 0x01, 0x7b, 0x45, 0x57, 0x58, 0x87}                                           },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t key[64] = {0};
        assert_true(secret_scrypt(vectors[i].text, strlen(vectors[i].text),
                                  (const uint8_t *)vectors[i].salt, strlen(vectors[i].salt),
                                  &vectors[i].cost, key, sizeof(key)));
        assert_memory_equal(key, vectors[i].key, sizeof(key));
    }
}

/* A row that somebody spoilt must not take the host's memory, nor be taken for a wrong password. */
static void impossible_parameters_are_no_wrong_password(void **state)
{
    static const struct secret_cost costs[] = {
        {0,       8,          1         },
        {1,       8,          1         },
        {32767,   8,          3         },
        {32768,   0,          3         },
        {32768,   8,          0         },
        {1 << 20, 8,          1         },
        {1 << 30, 8,          1         },
        {16384,   8,          UINT32_MAX},
        {16384,   UINT32_MAX, 1         },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(costs); i++) {
        struct password_hash stored = {.cost = costs[i]};
        assert_int_equal(password_verify("a word of passing", 17, &stored), PASSWORD_BROKEN);
    }
}

static void a_password_is_known_again_and_no_other(void **state)
{
    static const char text[] = "correct horse battery staple";
    struct password_hash one;
    struct password_hash other;
    (void)state;
    assert_true(password_hash_new(text, strlen(text), &one));
    assert_true(password_hash_new(text, strlen(text), &other));
    assert_memory_equal(&one.cost, &password_cost, sizeof(one.cost));
    assert_memory_not_equal(one.salt, other.salt, sizeof(one.salt));
    assert_memory_not_equal(one.hash, other.hash, sizeof(one.hash));
    assert_int_equal(password_verify(text, strlen(text), &one), PASSWORD_RIGHT);
    assert_int_equal(password_verify(text, strlen(text) - 1, &one), PASSWORD_WRONG);
    assert_int_equal(password_verify("Correct horse battery staple", strlen(text), &one),
                     PASSWORD_WRONG);
    assert_int_equal(password_verify("", 0, &one), PASSWORD_WRONG);
    one.hash[31] ^= 1;
    assert_int_equal(password_verify(text, strlen(text), &one), PASSWORD_WRONG);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void nobody_takes_as_long_as_somebody(void **state)
{
    static const char text[] = "correct horse battery staple";
    struct password_hash stored;
    (void)state;
    assert_true(password_hash_new(text, strlen(text), &stored));
    double start = processor_seconds();
    assert_int_equal(password_verify(text, strlen(text), &stored), PASSWORD_RIGHT);
    double somebody = processor_seconds() - start;
    start = processor_seconds();
    assert_int_equal(password_verify(text, strlen(text), NULL), PASSWORD_WRONG);
    double nobody = processor_seconds() - start;
    /* Other processes share the caches: only a work that was left out is as far off as this. */
    assert_true(nobody > somebody / 3 && nobody < somebody * 3);
}

static void a_hash_below_the_cost_of_today_is_weak(void **state)
{
    static const struct {
        struct secret_cost cost;
        bool weak;
    } cases[] = {
        {{16384, 8, 1},   true }, /* the least that the database takes */
        {{16384, 8, 6},   true }, /* as long, with less memory */
        {{32768, 8, 1},   true },
        {{32768, 8, 2},   true },
        {{32768, 8, 3},   false},
        {{65536, 8, 2},   false},
        {{131072, 8, 1},  false},
        {{131072, 16, 3}, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct password_hash stored = {.cost = cases[i].cost};
        assert_int_equal(password_is_weak(&stored), cases[i].weak);
    }
}

static void a_password_that_breaks_a_rule_is_refused_by_it(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *rule; /* NULL: it will do */
    } cases[] = {
        {"",                                                 0,  "be at least 12 characters long"  },
        {"elevenchars",                                      11, "be at least 12 characters long"  },
        {"twelve chars",                                     12, NULL                              },
        {"            ",                                     12, NULL                              }, /* who wants to */
        {"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 12,
         "be at least 12 characters long"                                                          }, /* six of them */
        {"pass\0word pass word",                             19, "hold no control characters"      },
        {"pass\tword pass word",                             19, "hold no control characters"      },
        {"pass\x7Fword pass word",                           19, "hold no control characters"      },
        {"pass\xC2\x85word pass word",                       20, "hold no control characters"      },
        {"pass\xC2\xA0word pass word",                       20, NULL                              },
        {"pass\xFFword pass word",                           19, "be UTF-8"                        },
        {"pass word pass word\xC2",                          20, "be UTF-8"                        },
        {"pass word \xED\xA0\x80 and more",                  22, "be UTF-8"                        },
        {EMAIL,                                              31, "not be the e-mail address itself"},
        {"Ada.Lovelace@Northfield.example",                  31, "not be the e-mail address itself"},
        {EMAIL "1",                                          32, NULL                              },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *fault = password_fault(cases[i].text, cases[i].length, EMAIL);
        if (cases[i].rule == NULL) {
            assert_null(fault);
        } else {
            assert_non_null(fault);
            assert_string_equal(fault, cases[i].rule);
        }
    }
}

static void a_password_has_a_greatest_length(void **state)
{
    char text[PASSWORD_MOST + 1];
    (void)state;
    memset(text, 'x', sizeof(text));
    assert_null(password_fault(text, PASSWORD_MOST, EMAIL));
    assert_string_equal(password_fault(text, PASSWORD_MOST + 1, EMAIL),
                        "be at most 1024 bytes long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrypt_computes_the_vectors_of_its_rfc),
        cmocka_unit_test(impossible_parameters_are_no_wrong_password),
        cmocka_unit_test(a_password_is_known_again_and_no_other),
        cmocka_unit_test(nobody_takes_as_long_as_somebody),
        cmocka_unit_test(a_hash_below_the_cost_of_today_is_weak),
        cmocka_unit_test(a_password_that_breaks_a_rule_is_refused_by_it),
        cmocka_unit_test(a_password_has_a_greatest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
