/*
 * The scopes that a key can carry, as the published documentation lists them ("API keys and
 * scopes"). The database holds the same closed set (api_keys_scopes_known).
 */
#ifndef KABAIDO_SCOPE_H
#define KABAIDO_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

enum { SCOPE_COUNT = 9 };

/* One row a scope: its name and what it allows, for lists and forms. */
extern const struct scope {
    const char *name;
    const char *allows;
} scopes[SCOPE_COUNT];

bool scope_exists(const char *name);

#endif
