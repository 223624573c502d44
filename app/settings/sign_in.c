/* Signs a person in. */
#include "sign_in.h"

#include <json-c/json.h>
#include <string.h>

#include "../members.h"
#include "../share.h"
#include "../worker.h"
#include "credentials.h"
#include "session.h"
#include "signed_in.h"
#include "throttle.h"

enum { EMAIL_MOST = 500 }; /* bytes: the column's short_text */

/* No organisation has it: what is noted there is noted nowhere, with the same work. */
static const char nobody[] = "00000000-0000-0000-0000-000000000000";

static bool read_email(const struct request *request, struct json_object *body, const char **email,
                       struct reply *reply)
{
    struct member_fault fault = {NULL, NULL};
    const struct members members = {request->arena, body, &fault};
    struct member_text text;
    static const char *const known[] = {"email", "password", NULL};
    if (!members_known(&members, known) || !member_line(&members, "email", &text) ||
        !member_required(&members, "email", &text)) {
        return members_reply(&fault, NULL, reply);
    }
    *email = text.value;
    return text.length <= EMAIL_MOST ||
           reply_error(reply, ERROR_INVALID_BODY, "email", "'email' must have at most %d bytes.",
                       EMAIL_MOST);
}

/* Notes it where somebody can see it: in the organisation of the person, if there is one. */
static bool fail(struct worker *worker, const struct request *request, const struct found *found,
                 struct reply *reply)
{
    struct db_call calls[] = {
        {.query = QUERY_SETTINGS_SESSION_ENTER,
         .parameter_count = 2,
         .parameters = {found->exists ? found->org_id : nobody, NULL}                   },
        {.query = QUERY_SETTINGS_SIGN_IN_FAILED,
         .parameter_count = 2,
         .parameters = {found->exists ? found->email : nobody, session_address(request)}},
    };
    return worker_query(worker, calls, 2, reply) &&
           reply_error(reply, ERROR_SIGN_IN_FAILED, NULL, NULL);
}

/* Everything in one transaction: the session, its note, the try taken back, a hash of today's cost.
 */
static bool open_session(struct worker *worker, struct request *request, const struct found *found,
                         const struct throttle *throttle, const struct typed *typed,
                         struct reply *reply)
{
    struct password_hash fresh;
    char costs[3][12]; /* cppcheck-suppress variableScope ; the call below keeps pointers to it */
    bool weak =
        password_is_weak(&found->stored) && password_hash_new(typed->text, typed->length, &fresh);
    if (!session_make(request, found->org_id, reply) ||
        !throttle_know(request, found->email, reply)) {
        return false;
    }
    request->session->email = found->email;
    struct db_call calls[7] = {
        credentials_hold(found),
        {.query = QUERY_SETTINGS_SESSION_ENTER,
                 .parameter_count = 2,
                 .parameters = {found->org_id, found->user_id}},
        session_open_call(request),
        session_note(request, "user.sign_in", found->email, NULL),
        throttle_refund(throttle),
        signed_in_call(request),
    };
    size_t count = 6;
    if (weak) {
        calls[count++] = credentials_store(&fresh, costs);
    }
    reply_header(reply, "X-Kabaido-Org", found->org_id);
    return worker_query(worker, calls, count, reply) &&
           signed_in_reply(request, 201, calls[5].result, reply);
}

static bool check(struct worker *worker, struct request *request, const char *email,
                  const struct typed *typed, struct reply *reply)
{
    struct throttle throttle;
    struct found found;
    if (!throttle_plan(request, email, &throttle, reply)) {
        return false;
    }
    struct db_call attempt = throttle_attempt(&throttle, email);
    if (!worker_query(worker, &attempt, 1, reply) || !throttle_judge(attempt.result, reply) ||
        !credentials_found(attempt.result, &found, reply)) {
        return false;
    }
    switch (password_verify(typed->text, typed->length, found.exists ? &found.stored : NULL)) {
    case PASSWORD_RIGHT:
        return found.disabled ? fail(worker, request, &found, reply)
                              : open_session(worker, request, &found, &throttle, typed, reply);
    case PASSWORD_WRONG:
        return fail(worker, request, &found, reply);
    case PASSWORD_BROKEN:
    default:
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
}

bool sign_in_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct typed typed = {NULL, 0};
    const char *email = NULL;
    struct json_object *body = members_parse(request, reply);
    bool done = body != NULL && read_email(request, body, &email, reply) &&
                credentials_read(request, body, "password", &typed, reply) &&
                credentials_may_hash(worker, reply) && check(worker, request, email, &typed, reply);
    share_return(worker);
    credentials_forget(request, &typed);
    return done;
}
