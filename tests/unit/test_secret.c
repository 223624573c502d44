/* Digests, comparison, randomness, and that a failing generator is noticed. */
#include "secret.h"

#include <openssl/rand.h>
#include <string.h>

#include "base62.h"
#include "unit.h"

/* The linker puts this in RAND_bytes()'s place (see the Makefile). */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker chose them */
int __real_RAND_bytes(unsigned char *bytes, int size);
int __wrap_RAND_bytes(unsigned char *bytes, int size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static int calls_before_failure = -1; /* -1: never fails */
static const uint8_t *script;         /* 64 bytes to give instead of random ones, or NULL */

int __wrap_RAND_bytes(unsigned char *bytes, int size)
{
    if (calls_before_failure == 0) {
        return 0;
    }
    calls_before_failure -= calls_before_failure > 0;
    if (script != NULL) {
        assert_int_equal(size, 64);
        memcpy(bytes, script, 64);
        return 1;
    }
    return __real_RAND_bytes(bytes, size);
}

/* sha256sum of sixteen bytes 0x00 to 0x0f and "abc". */
static void the_digest_is_sha256_of_salt_and_text(void **state)
{
    static const uint8_t expected[SECRET_DIGEST_SIZE] = {
        0xf9, 0xb2, 0x34, 0xfe, 0x36, 0x38, 0xbd, 0xd7, 0x67, 0x15, 0x03,
        0xb8, 0x1b, 0xda, 0x6e, 0x24, 0x9f, 0x96, 0xae, 0xa7, 0xe0, 0xd8,
        0xca, 0x75, 0x8c, 0x8f, 0x5a, 0xb1, 0x30, 0x96, 0xde, 0x90};
    uint8_t salt[SECRET_SALT_SIZE];
    uint8_t digest[SECRET_DIGEST_SIZE] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(salt); i++) {
        salt[i] = (uint8_t)i;
    }
    /* Again and again: the context is used anew each time. */
    for (int i = 0; i < 3; i++) {
        memset(digest, 0, sizeof(digest));
        assert_true(secret_digest(salt, "abc", 3, digest));
        assert_memory_equal(digest, expected, sizeof(expected));
    }
    salt[0] = 1;
    assert_true(secret_digest(salt, "abc", 3, digest));
    assert_memory_not_equal(digest, expected, sizeof(expected));
}

static void equal_means_every_byte(void **state)
{
    uint8_t one[SECRET_DIGEST_SIZE] = {0};
    uint8_t other[SECRET_DIGEST_SIZE] = {0};
    (void)state;
    assert_true(secret_equal(one, other, sizeof(one)));
    for (size_t i = 0; i < sizeof(one); i++) {
        other[i] ^= 0x80;
        assert_false(secret_equal(one, other, sizeof(one)));
        other[i] ^= 0x80;
    }
}

static void cleansing_leaves_zeros(void **state)
{
    char memory[64];
    static const char zeros[sizeof(memory)];
    (void)state;
    memset(memory, 'x', sizeof(memory));
    secret_cleanse(memory, sizeof(memory));
    assert_memory_equal(memory, zeros, sizeof(memory));
}

/* Each digit comes up 20,000 times give or take 140: more than six times that is no chance. */
static void random_digits_are_base62_and_evenly_spread(void **state)
{
    enum { ROUNDS = 620, LENGTH = 2000, EXPECTED = ROUNDS * LENGTH / BASE62, SPREAD = 850 };
    static char text[LENGTH + 1];
    int counts[256] = {0};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        assert_true(secret_random_base62(text, LENGTH));
        assert_int_equal(strlen(text), LENGTH);
        assert_int_equal(strspn(text, BASE62_DIGITS), LENGTH);
        for (const char *c = text; *c != '\0'; c++) {
            counts[(unsigned char)*c]++;
        }
    }
    for (const char *digit = BASE62_DIGITS; *digit != '\0'; digit++) {
        assert_in_range(counts[(unsigned char)*digit], EXPECTED - SPREAD, EXPECTED + SPREAD);
    }
}

/* 248 and above, modulo 62, would give the digits 0 to 7 once more often than the others. */
static void bytes_that_would_favour_a_digit_are_passed_over(void **state)
{
    uint8_t bytes[64];
    char text[3];
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(248 + i % 8);
    }
    bytes[40] = 247;
    bytes[7] = 62;
    script = bytes;
    assert_true(secret_random_base62(text, 2));
    script = NULL;
    assert_string_equal(text, "z0");
}

static void a_failing_generator_is_reported(void **state)
{
    char text[201];
    uint8_t bytes[16];
    (void)state;
    calls_before_failure = 0;
    assert_false(secret_random_bytes(bytes, sizeof(bytes)));
    assert_false(secret_random_base62(text, 200));
    calls_before_failure = 1; /* fails when it is asked for more */
    assert_false(secret_random_base62(text, 200));
    calls_before_failure = -1;
    assert_true(secret_random_base62(text, 200));
    assert_true(secret_random_base62(text, 0));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_sha256_of_salt_and_text),
        cmocka_unit_test(equal_means_every_byte),
        cmocka_unit_test(cleansing_leaves_zeros),
        cmocka_unit_test(random_digits_are_base62_and_evenly_spread),
        cmocka_unit_test(bytes_that_would_favour_a_digit_are_passed_over),
        cmocka_unit_test(a_failing_generator_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
