/* Secrets from standard input: asked for without echo on a terminal, else simply read. */
#ifndef KABAIDO_TOOL_PROMPT_H
#define KABAIDO_TOOL_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

enum prompt_result {
    PROMPT_READ,
    PROMPT_TOO_LONG,    /* more than size - 1 bytes: nothing of it is kept */
    PROMPT_INTERRUPTED, /* by Ctrl-C or its like */
    PROMPT_BROKEN,      /* standard input cannot be read; see errno */
};

/*
 * Reads until the end of input, or of the line on a terminal; white space around the secret is
 * dropped. secret receives it with a NUL: cleanse it after use. Nothing passes through stdio.
 */
enum prompt_result prompt_secret(const char *question, char *secret, size_t size, size_t *length);

/* As prompt_secret(), of what is one line by itself: only the line's end is dropped. */
enum prompt_result prompt_password(const char *question, char *secret, size_t size, size_t *length);

/* True when somebody is asked: they may have mistyped what they could not see. */
bool prompt_is_answered_by_hand(void);

#endif
