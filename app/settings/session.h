/*
 * Who is signed in to Settings. A session is known by a token in a cookie: the organisation's id
 * and 32 bytes from a CSPRNG; the database keeps its SHA-256. Whether it is still good is asked of
 * the database with every request (session_admit), so signing out or disabling a person takes
 * effect at once, on every worker and host.
 *
 * No API key opens what a session opens, and no session opens anything else. Against requests that
 * another site makes a browser send (CSRF), the cookie is SameSite=Strict, and whatever changes
 * something must come with the Origin (RFC 6454) of our own page.
 */
#ifndef KABAIDO_SETTINGS_SESSION_H
#define KABAIDO_SETTINGS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../db.h"
#include "../reply.h"
#include "../request.h"
#include "../secret.h"

struct worker;

enum { SESSION_LIFE_SECONDS = 12 * 3600 }; /* and 30 minutes idle: sessions, session_admit() */

/* Lives in the request's arena. */
struct session {
    char org_id[REQUEST_UUID_LENGTH + 1];
    uint8_t token_hash[SECRET_DIGEST_SIZE];

    /* Set by session_judge(). */
    const char *user_id;
    const char *email;
    const char *role; /* owner, admin or member */
    bool integrations;
};

/* Serves a row of Settings: checks where it comes from and who asks, and does what the row says. */
void session_serve(struct worker *worker, struct request *request, struct reply *reply);

/* The statement that admits request->session, and what its row means; false: the reply is an error.
 */
struct db_call session_call(const struct request *request);
bool session_judge(struct request *request, const struct db_result *result, struct reply *reply);

/* A new token for somebody of this organisation: sets the cookie and request->session. */
bool session_make(struct request *request, const char *org_id, struct reply *reply);

/* The statement that writes request->session down for the person that the transaction is for. */
struct db_call session_open_call(const struct request *request);

/* Takes the cookie away. */
void session_forget(struct reply *reply);

/* A cookie's value in the request's arena, or NULL. */
const char *session_cookie(const struct request *request, const char *name);

/* The browser's address as PostgreSQL's inet reads it, or NULL. */
const char *session_address(const struct request *request);

/* A call that notes what the signed-in person did; details is a JSON object or NULL for none. */
struct db_call session_note(const struct request *request, const char *action, const char *subject,
                            const char *details);

#endif
