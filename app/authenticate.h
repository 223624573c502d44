/*
 * Who is asking: from the Authorization header to a credential whose whole secret was proved
 * (RFC 6750). Whether that credential is still good for anything is admit.h's question.
 */
#ifndef KABAIDO_AUTHENTICATE_H
#define KABAIDO_AUTHENTICATE_H

#include <stdbool.h>

#include "reply.h"
#include "request.h"

struct worker;

/*
 * Exactly one Authorization header: with several, two parties could each believe another one
 * (RFC 9110, section 5.3: the field is no list). A request that the web server refused as malformed
 * for just that reason is answered like any other wrong credentials.
 */
bool authenticate_one_header(const struct request *request, struct reply *reply);

/* Sets request->credential; on failure the reply is a 401 with its challenge, or a 503. */
bool authenticate(struct worker *worker, struct request *request, struct reply *reply);

/* 401 with the challenge for credentials that came but are not accepted. Returns false. */
bool authenticate_refuse(struct reply *reply, enum error error);

/*
 * The token of an Authorization header of the Bearer scheme (RFC 9110, section 11.4: the scheme is
 * case-insensitive, followed by spaces). NULL when it is of another scheme or malformed.
 */
const char *authenticate_bearer_token(const char *header, size_t *length);

#endif
