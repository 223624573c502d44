/* Moments in time as clients write them (RFC 3339, section 5.6, date-time). */
#ifndef KABAIDO_MOMENT_H
#define KABAIDO_MOMENT_H

#include <stdbool.h>

enum { MOMENT_SIZE = 40 };

/*
 * Reads a date-time into the form that PostgreSQL takes: seconds cut to six digits of fraction,
 * 'T' and 'Z' in upper case. A space before a numeric offset counts as '+': a query's '+' that was
 * not encoded arrives as one. False, and out unwritten, for anything else, days that a month does
 * not have and leap seconds included.
 */
bool moment_read(const char *text, char out[MOMENT_SIZE]);

#endif
