/* The closed set of scopes. */
#include "scope.h"

#include <string.h>

const struct scope scopes[SCOPE_COUNT] = {
    {"products:read",   "List and search products"                 },
    {"products:write",  "Bulk upsert products"                     },
    {"quotes:read",     "List quotes and read one with lines"      },
    {"quotes:write",    "Reserved for quote writes"                },
    {"orders:read",     "List orders and read one with lines"      },
    {"customers:read",  "List customers and read one with contacts"},
    {"customers:write", "Upsert customers"                         },
    {"requests:read",   "List request threads and read messages"   },
    {"requests:write",  "Open requests from text"                  },
};

bool scope_exists(const char *name)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (strcmp(scopes[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}
