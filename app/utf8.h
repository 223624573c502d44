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

/*
 * Length in bytes of the white space (Unicode's property White_Space) at text, of which left bytes
 * are there; 0: it is something else.
 */
size_t utf8_space(const char *text, size_t left);

/* How many of the first most bytes of well-formed text can be kept without cutting a character. */
size_t utf8_cut(const char *text, size_t length, size_t most);

/* Characters (code points) of well-formed text. */
size_t utf8_length(const char *text, size_t length);

/* Bytes of the first most characters of well-formed text; length when there are no more. */
size_t utf8_first(const char *text, size_t length, size_t most);

#endif
