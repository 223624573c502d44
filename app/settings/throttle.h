/*
 * How often a password may be tried: buckets in the database, shared by all workers and hosts.
 *
 * Who guesses must be slowed down by account and by address; but a limit by account alone would let
 * anybody lock its owner out. So a browser that has signed in before carries a second cookie, which
 * says so and is signed, and is limited by itself alone: what others try does not touch it (OWASP,
 * "Slow Down Online Guessing Attacks with Device Cookies"). An address that has no account is
 * limited like any other.
 */
#ifndef KABAIDO_SETTINGS_THROTTLE_H
#define KABAIDO_SETTINGS_THROTTLE_H

#include <stdbool.h>

#include "../db.h"
#include "../reply.h"
#include "../request.h"

/* The buckets of one try, as the text of PostgreSQL's arrays. */
struct throttle {
    const char *buckets;
    const char *most;
    const char *every;
};

/* Which buckets a try for this e-mail drips into; false, and a 500, where memory is out. */
bool throttle_plan(const struct request *request, const char *email, struct throttle *throttle,
                   struct reply *reply);

/* The statements that try, and that take the try back; email must live as long as the call. */
struct db_call throttle_attempt(const struct throttle *throttle, const char *email);
struct db_call throttle_refund(const struct throttle *throttle);

/* Whether the try may go on; else the reply is a 429 that says when. */
bool throttle_judge(const struct db_result *attempt, struct reply *reply);

/* Lets the browser be known as one that has signed in with this e-mail. */
bool throttle_know(const struct request *request, const char *email, struct reply *reply);

#endif
