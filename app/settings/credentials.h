/* What a person types to sign in or to change the password, read without ever repeating it. */
#ifndef KABAIDO_SETTINGS_CREDENTIALS_H
#define KABAIDO_SETTINGS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "../db.h"
#include "../password.h"
#include "../reply.h"
#include "../request.h"

struct json_object;
struct worker;

/* A password, where json-c keeps it. Overwritten by credentials_forget(). */
struct typed {
    const char *text;
    size_t length;
};

/* Reads a member that must be text from 1 to PASSWORD_MOST bytes; its errors do not quote it. */
bool credentials_read(const struct request *request, struct json_object *body, const char *member,
                      struct typed *typed, struct reply *reply);

/* Overwrites what was typed, also where it came in. */
void credentials_forget(const struct request *request, const struct typed *typed);

/*
 * Whether a password may be hashed now (share.h); else the reply is a 503. share_return() follows
 * in either case.
 */
bool credentials_may_hash(const struct worker *worker, struct reply *reply);

/* Whom an attempt (throttle_attempt) found. */
struct found {
    bool exists;
    bool disabled;
    const char *org_id;
    const char *user_id;
    const char *email;
    struct password_hash stored;
};

/* False, and a 500, when the row is not one that we could have written. */
bool credentials_found(const struct db_result *attempt, struct found *found, struct reply *reply);

/*
 * The statement to begin with in the transaction that follows a right password: it fails, to be
 * tried again, when the person has another by now.
 */
struct db_call credentials_hold(const struct found *found);

/* The statement that stores a hash for the signed-in person; costs are text of 12 bytes each. */
struct db_call credentials_store(const struct password_hash *hash, char costs[3][12]);

#endif
