/* kabaido-api --check: is everything there that the workers need, and is it safe to serve. */
#ifndef KABAIDO_CHECK_H
#define KABAIDO_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "config.h"

/*
 * Prints a line for each item: "ok" and what was found, or "FAIL", what is wrong and what to do
 * about it. config is NULL when it could not be read, for the given reason. True when all is well.
 */
bool check_run(const struct config *config, const char *reason, FILE *out);

#endif
