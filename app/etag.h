/* Entity tags (RFC 9110, section 8.8.3): a client that has the answer already need not load it
 * again. */
#ifndef KABAIDO_ETAG_H
#define KABAIDO_ETAG_H

#include "reply.h"
#include "request.h"

/*
 * Gives the answer a weak tag, made of its body: the same for every key that sees the same, and
 * with or without compression. Where If-None-Match has it, the answer becomes an empty 304.
 */
void etag_apply(const struct request *request, struct reply *reply);

#endif
