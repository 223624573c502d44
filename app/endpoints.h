/*
 * THE table of endpoints: a row for each operation, and all of its policy in that row. serve.c
 * enforces the policy in one place before any handler runs.
 */
#ifndef KABAIDO_ENDPOINTS_H
#define KABAIDO_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "db.h"
#include "reply.h"
#include "request.h"

struct worker;

enum { ENDPOINT_MAX_READS = 4 };

enum endpoint_flag {
    ENDPOINT_ANY_KEY = 1 << 0,   /* any valid key will do: the row names no scope */
    ENDPOINT_UNCOUNTED = 1 << 1, /* does not count against the key's limit */
    ENDPOINT_PUBLIC = 1 << 2, /* no key is asked for, so nothing counts: the row names no scope */
    ENDPOINT_OPERATIONS = 1 << 3, /* the operator's, on the loopback server alone: not of the API */

    /* Settings' own, which browsers call: no key opens them, and their cookie opens nothing else.
     */
    ENDPOINT_SIGN_IN = 1 << 4,      /* makes a session, so none is asked for */
    ENDPOINT_SESSION = 1 << 5,      /* a signed-in person's */
    ENDPOINT_MANAGES_KEYS = 1 << 6, /* with ENDPOINT_SESSION: an owner's or an admin's */
};

/* A query parameter that an operation takes. */
struct parameter_rule {
    const char *name;
    bool repeatable; /* may be given more than once: any of the values */
};

/* The statements that a read sends along with its admission, in one transaction with it. */
struct read_plan {
    struct db_call calls[ENDPOINT_MAX_READS];
    size_t count;
    const void *state; /* what plan() leaves for represent(); in the request's arena */
};

struct endpoint {
    /* METHOD_GET also serves HEAD. */
    enum method method;

    /* enum endpoint_flag, or-ed. */
    unsigned flags;

    /* Matched against the raw path; {id} stands for one segment that holds a UUID. */
    const char *path;

    /* What the key must hold; NULL only where a flag says who may call it. */
    const char *scope;

    /* Query parameters that the operation takes, ended by a row without a name. */
    const struct parameter_rule *parameters;

    /* Largest body in bytes; 0: the operation takes none. The web server has a limit as well. */
    size_t body_limit;

    /*
     * Reads the input and says which statements to run. False: the reply holds what is wrong with
     * the input, and is sent if the key is admitted. Runs before anything is known of the key's
     * rights, so it must not look anything up. NULL for a public read: what anybody may ask for
     * must not cost the database anything.
     */
    bool (*plan)(const struct request *request, struct read_plan *plan, struct reply *reply);

    /* Makes the reply from the statements' rows. Runs for an admitted key only, if not public. */
    bool (*represent)(const struct request *request, const struct read_plan *plan,
                      struct reply *reply);

    /*
     * Of a write, in place of plan and represent: does the work in the transaction that is open
     * (write.h), from the request's body, and makes the reply. What it did stands when it returns
     * true. It must have written nothing when it refuses. Runs for an admitted key or a signed-in
     * person only; signing in itself has no transaction open and makes its own.
     * Of an operator's row: makes the reply; no transaction is open, and nobody was admitted.
     */
    bool (*perform)(struct worker *worker, struct request *request, struct reply *reply);
};

extern const struct endpoint endpoints[];
extern const size_t endpoint_count;

/* The method's name for Allow and for listings. */
const char *endpoint_method_name(enum method method);

/* Whether it is for those who have a key. */
bool endpoint_takes_key(const struct endpoint *endpoint);

/*
 * Prints the table, one operation a line, tabs between: method, path, scope ("any-key", "public" or
 * "operations" where there is none; "sign-in", "session" or "session:manages-keys" in Settings),
 * "counted" or "uncounted", body limit in bytes, and the query parameters with commas between,
 * those that may be repeated with a "*" ("-" for none).
 */
void endpoints_print(FILE *out);

/*
 * True when every row is whole: a known scope or a flag that says why there is none, the method's
 * functions, no pair of rows for the same method and path. A worker does not start otherwise;
 * reason then names the row.
 */
bool endpoints_check(const struct endpoint *table, size_t count, char *reason, size_t size);

#endif
