/*
 * Bulk writes: many rows in a call, of which a bad one stops no other. The answer is
 * {"upserted": n, "errors": [{"index": i, "reason": "..."}]}, by index.
 *
 * ?dry_run=true checks everything, writes nothing and answers as if it had; ?strict=true takes all
 * rows or none: its refusal has the same errors, as many as BULK_ERRORS_MOST.
 */
#ifndef KABAIDO_BULK_H
#define KABAIDO_BULK_H

#include <stdbool.h>
#include <stddef.h>

#include "reply.h"
#include "request.h"

enum { BULK_ERRORS_MOST = 1000 }; /* rows that a refusal names; the sentence counts all */

struct bulk {
    const char *rows; /* the member of the body that holds the rows: "customers" */
    bool dry_run;
    bool strict;
    struct json_object *errors; /* an array, owned by the arena */
    size_t error_count;
    const char *first_field; /* of the first row at fault: "customers[3].email" */
    const char *first_reason;
};

/* Reads dry_run and strict. False: the reply holds the error. */
bool bulk_init(struct bulk *bulk, const char *rows, const struct request *request,
               struct reply *reply);

/* Records a row's fault; rows come in order. member: which it is, or NULL for the row itself. */
void bulk_refuse_row(struct bulk *bulk, struct arena *arena, size_t index, const char *member,
                     const char *reason);

/* To be asked before anything is written. False: strict, and a row is at fault; the reply is 422.
 */
bool bulk_may_write(const struct bulk *bulk, struct reply *reply);

/* The answer. */
bool bulk_represent(const struct bulk *bulk, size_t upserted, struct reply *reply);

#endif
