/* Gives a body to an operation that writes, in a transaction on the database of database.h. */
#ifndef KABAIDO_FUZZ_HANDLER_H
#define KABAIDO_FUZZ_HANDLER_H

#include <stdbool.h>
#include <stddef.h>

#include "reply.h"
#include "request.h"
#include "worker.h"

struct handler {
    struct worker worker;
    struct request_input input;
    struct request request;
    struct reply reply;
    bool ok;                  /* what the operation returned */
    struct json_object *body; /* as json-c reads it, and the answer; to be looked into */
    struct json_object *answer;
};

/*
 * POST uri with this body. False when json_check() or the query refuses it already; else the reply
 * is what the operation made, and has been looked at: JSON, and of a status that goes with ok.
 */
bool handler_perform(struct handler *handler, const char *uri, const char *body, size_t size);

/* To be called whatever it returned. */
void handler_free(struct handler *handler);

#endif
