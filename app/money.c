/* Reads amounts of money digit by digit. */
#include "money.h"

#include <string.h>

/*
 * Decimals by currency: the codes of the database's iso_currency (sql/deploy/tenancy.sql), two
 * decimals unless they stand in another row. tests/sql holds the two lists together.
 */
static const struct {
    int exponent;
    const char *codes; /* each followed by a space */
} currencies[] = {
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF "                               },
    {3, "BHD IQD JOD KWD LYD OMR TND "                                                                   },
    {2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR "
        "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
        "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
        "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW "},
};

int money_exponent(const char *code, size_t length)
{
    if (length != MONEY_CODE_LENGTH) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(currencies) / sizeof(*currencies); i++) {
        for (const char *at = currencies[i].codes; *at != '\0'; at += MONEY_CODE_LENGTH + 1) {
            if (memcmp(at, code, MONEY_CODE_LENGTH) == 0) {
                return currencies[i].exponent;
            }
        }
    }
    return -1;
}

/* A decimal number taken apart: sign, digits with a point somewhere among them, power of ten. */
struct decimal {
    bool negative;
    const char *whole;
    size_t whole_length;
    const char *fraction;
    size_t fraction_length;
    int power;
};

static size_t digits(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && text[count] >= '0' && text[count] <= '9') {
        count++;
    }
    return count;
}

/* The grammar of a JSON number (RFC 8259, section 6), with at most four digits of exponent. */
static bool take_apart(const char *text, size_t length, struct decimal *decimal)
{
    const char *end = text + length;
    *decimal = (struct decimal){.negative = length > 0 && text[0] == '-'};
    text += decimal->negative;
    decimal->whole = text;
    decimal->whole_length = digits(text, (size_t)(end - text));
    if (decimal->whole_length == 0 || (decimal->whole_length > 1 && text[0] == '0')) {
        return false;
    }
    text += decimal->whole_length;
    if (text < end && *text == '.') {
        decimal->fraction = ++text;
        decimal->fraction_length = digits(text, (size_t)(end - text));
        if (decimal->fraction_length == 0) {
            return false;
        }
        text += decimal->fraction_length;
    }
    if (text < end && (*text == 'e' || *text == 'E')) {
        text++;
        bool down = text < end && *text == '-';
        text += text < end && (*text == '-' || *text == '+');
        size_t count = digits(text, (size_t)(end - text));
        if (count == 0 || count > 4) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            decimal->power = decimal->power * 10 + (text[i] - '0');
        }
        decimal->power = down ? -decimal->power : decimal->power;
        text += count;
    }
    return text == end;
}

static int digit_at(const struct decimal *decimal, size_t place)
{
    return (place < decimal->whole_length ? decimal->whole[place]
                                          : decimal->fraction[place - decimal->whole_length]) -
           '0';
}

enum money_fault money_read(const char *text, size_t length, int exponent, int64_t *minor)
{
    struct decimal decimal;
    if (!take_apart(text, length, &decimal)) {
        return MONEY_NOT_A_NUMBER;
    }
    size_t count = decimal.whole_length + decimal.fraction_length;
    /* How many of the digits stand before the minor unit's point; may be fewer than 0 or more. */
    long before = (long)decimal.whole_length + decimal.power + exponent;
    uint64_t value = 0;
    bool too_large = false;
    bool nonzero = false;
    for (size_t i = 0; i < count; i++) {
        int digit = digit_at(&decimal, i);
        nonzero = nonzero || digit != 0;
        if ((long)i >= before) {
            if (digit != 0) {
                return MONEY_TOO_MANY_DECIMALS;
            }
            continue;
        }
        too_large = too_large || value > (UINT64_MAX - 9) / 10;
        value = too_large ? value : value * 10 + (uint64_t)digit;
    }
    for (long i = (long)count; i < before && nonzero && !too_large; i++) {
        too_large = value > (UINT64_MAX - 9) / 10;
        value = too_large ? value : value * 10;
    }
    uint64_t most = (uint64_t)INT64_MAX;
    if (too_large || value > most) {
        return MONEY_TOO_LARGE;
    }
    *minor = decimal.negative ? -(int64_t)value : (int64_t)value;
    return MONEY_FINE;
}
