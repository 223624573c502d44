/* Well-formed UTF-8 (Unicode 15, table 3-7): no shorter forms, no surrogates, up to U+10FFFF. */
#ifndef KABAIDO_UTF8_H
#define KABAIDO_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes of the sequence at text, of which left bytes are there; 0: it is not one, or NUL.
 */
size_t utf8_sequence(const char *text, size_t left);

/* True when the bytes are well formed and contain no NUL. */
bool utf8_valid(const char *text, size_t length);

#endif
