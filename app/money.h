/*
 * Money: integers of a currency's minor unit (ISO 4217), never a floating-point number.
 * GBP has two decimals, JPY none, KWD three: 58200 in GBP is 582.00.
 */
#ifndef KABAIDO_MONEY_H
#define KABAIDO_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MONEY_CODE_LENGTH = 3 };

/* Decimals of a currency's minor unit, 0 to 4; -1 for a code that is not one of ISO 4217's. */
int money_exponent(const char *code, size_t length);

enum money_fault {
    MONEY_FINE,
    MONEY_NOT_A_NUMBER,      /* not a decimal number as JSON writes them */
    MONEY_TOO_MANY_DECIMALS, /* more than the currency has, zeros at the end aside */
    MONEY_TOO_LARGE,         /* beyond 64 bits in minor units */
};

/*
 * Reads a decimal number in major units, such as 42.50 or 1e2, into minor units of a currency with
 * exponent decimals, exactly. minor stays as it was unless all is fine.
 */
enum money_fault money_read(const char *text, size_t length, int exponent, int64_t *minor);

#endif
