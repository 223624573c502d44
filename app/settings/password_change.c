/* Changes a signed-in person's password. */
#include "password_change.h"

#include <json-c/json.h>

#include "../members.h"
#include "../share.h"
#include "../transaction.h"
#include "../worker.h"
#include "credentials.h"
#include "session.h"
#include "throttle.h"

static bool read_both(const struct request *request, struct typed *current, struct typed *fresh,
                      struct reply *reply)
{
    static const char *const known[] = {"current_password", "new_password", NULL};
    struct member_fault fault = {NULL, NULL};
    const struct members members = {request->arena, members_parse(request, reply), &fault};
    if (members.object == NULL) {
        return false;
    }
    if (!members_known(&members, known)) {
        return members_reply(&fault, NULL, reply);
    }
    if (!credentials_read(request, members.object, "current_password", current, reply) ||
        !credentials_read(request, members.object, "new_password", fresh, reply)) {
        return false;
    }
    const char *rule = password_fault(fresh->text, fresh->length, request->session->email);
    return rule == NULL || reply_error(reply, ERROR_INVALID_BODY, "new_password",
                                       "The new password must %s.", rule);
}

/*
 * The try is committed before the slow hash, so that it counts whatever comes, and that its buckets
 * are free for others meanwhile.
 */
static bool prove(struct worker *worker, const struct request *request,
                  const struct throttle *throttle, const struct typed *current, struct found *found,
                  struct reply *reply)
{
    struct db_call attempt = throttle_attempt(throttle, request->session->email);
    if (!transaction_commit(worker, &attempt, 1, reply) || !throttle_judge(attempt.result, reply) ||
        !credentials_found(attempt.result, found, reply)) {
        return false;
    }
    switch (
        password_verify(current->text, current->length, found->exists ? &found->stored : NULL)) {
    case PASSWORD_RIGHT:
        return true;
    case PASSWORD_WRONG:
        return reply_error(reply, ERROR_WRONG_PASSWORD, "current_password", NULL);
    case PASSWORD_BROKEN:
    default:
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
}

static bool change(struct worker *worker, struct request *request, const struct throttle *throttle,
                   const struct found *found, const struct typed *fresh, struct reply *reply)
{
    struct password_hash hash;
    char costs[3][12];
    if (!password_hash_new(fresh->text, fresh->length, &hash)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (!transaction_begin(worker, request, NULL, 0, reply)) {
        return false;
    }
    struct db_call end[] = {
        credentials_hold(found),
        {.query = QUERY_SETTINGS_SESSIONS_END},
        credentials_store(&hash, costs),
        session_note(request, "user.password_change", request->session->email, NULL),
        throttle_refund(throttle),
    };
    if (!worker_query(worker, end, 5, reply) ||
        !session_make(request, request->session->org_id, reply)) {
        return false;
    }
    struct db_call open = session_open_call(request);
    return worker_query(worker, &open, 1, reply) && reply_empty(reply, 204);
}

bool password_change_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct typed current = {NULL, 0};
    struct typed fresh = {NULL, 0};
    struct throttle throttle;
    struct found found;
    bool done = read_both(request, &current, &fresh, reply) &&
                throttle_plan(request, request->session->email, &throttle, reply) &&
                credentials_may_hash(worker, reply) &&
                prove(worker, request, &throttle, &current, &found, reply) &&
                change(worker, request, &throttle, &found, &fresh, reply);
    share_return(worker);
    credentials_forget(request, &current);
    credentials_forget(request, &fresh);
    return done;
}
