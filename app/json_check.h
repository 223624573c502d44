/*
 * JSON in: the strict check that a body passes before json-c, which forgives too much, reads it.
 *
 * One pass, no copy, nothing decoded: the grammar of RFC 8259 and nothing beyond it, UTF-8 that is
 * well formed (Unicode 15, table 3-7), no NUL and no half of a surrogate pair in any string, no
 * member twice in an object (names are compared as they are after their escapes), at most 32
 * levels, integers that fit in 64 bits and decimals of a sane size. What has passed means the same
 * to every reader of JSON.
 */
#ifndef KABAIDO_JSON_CHECK_H
#define KABAIDO_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum {
    JSON_CHECK_DEPTH = 32,      /* levels of arrays and objects */
    JSON_CHECK_MEMBERS = 10000, /* members of one object */
    JSON_CHECK_DIGITS = 400,    /* characters of one number, and the size of its exponent */
};

enum json_fault_kind {
    JSON_MALFORMED, /* no JSON, or JSON that readers disagree about */
    JSON_UNFIT,     /* JSON, but with a number or an object that we do not take */
    JSON_NO_MEMORY,
};

/* What is wrong and where. */
struct json_fault {
    enum json_fault_kind kind;
    size_t line;      /* from 1; lines end with LF */
    size_t column;    /* from 1, in bytes */
    char path[256];   /* such as products[3].attrs.colour; "" for the document itself */
    char reason[160]; /* a clause in plain words */
};

/* False: fault says why, and is else unwritten. text need not end with NUL. */
bool json_check(const char *text, size_t size, struct json_fault *fault);

#endif
