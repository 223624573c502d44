/* Admits a signed-in browser, and serves it. */
#include "session.h"

#include <arpa/inet.h>
#include <string.h>

#include "../body.h"
#include "../endpoints.h"
#include "../parameters.h"
#include "../transaction.h"
#include "../worker.h"

#define COOKIE "__Host-kabaido_session"

enum { ORG_SIZE = 16, RANDOM_SIZE = 32, TOKEN_SIZE = ORG_SIZE + RANDOM_SIZE };

/* --- Where a request comes from -------------------------------------------------------------- */

const char *session_cookie(const struct request *request, const char *name)
{
    const char *pair = request->input->cookie;
    size_t length = strlen(name);
    while (pair != NULL && *pair != '\0') {
        pair += strspn(pair, " ;");
        if (strncmp(pair, name, length) == 0 && pair[length] == '=') {
            const char *value = pair + length + 1;
            return arena_copy(request->arena, value, strcspn(value, "; "));
        }
        pair = strchr(pair, ';');
    }
    return NULL;
}

const char *session_address(const struct request *request)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    const char *address = request->input->address;
    bool known = address != NULL && (inet_pton(AF_INET, address, bytes) == 1 ||
                                     inet_pton(AF_INET6, address, bytes) == 1);
    return known ? address : NULL;
}

/* True for a request that changes nothing, or that a page of this very site has made. */
static bool from_own_page(const struct request *request, struct reply *reply)
{
    static const char scheme[] = "https://";
    const char *origin = request->input->origin;
    const char *host = request->input->host;
    bool own =
        request->method == METHOD_GET || (origin != NULL && host != NULL && host[0] != '\0' &&
                                          strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
                                          strcmp(origin + sizeof(scheme) - 1, host) == 0);
    return own || reply_error(reply, ERROR_ORIGIN_REFUSED, "Origin", NULL);
}

/* --- Who asks -------------------------------------------------------------------------------- */

static bool refuse(struct reply *reply)
{
    /* RFC 9110, section 15.5.2, asks for a challenge; no scheme is registered for cookies. */
    reply_header(reply, "WWW-Authenticate", "Session realm=\"kabaido settings\"");
    return reply_error(reply, ERROR_SIGNED_OUT, NULL, NULL);
}

static void format_uuid(const uint8_t bytes[ORG_SIZE], char text[REQUEST_UUID_LENGTH + 1])
{
    static const char digits[] = "0123456789abcdef";
    char *end = text;
    for (size_t i = 0; i < ORG_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *end++ = '-';
        }
        *end++ = digits[bytes[i] >> 4];
        *end++ = digits[bytes[i] & 15];
    }
    *end = '\0';
}

static uint8_t digit_value(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* text is a UUID in lower case. */
static void parse_uuid(const char *text, uint8_t bytes[ORG_SIZE])
{
    for (size_t i = 0; i < ORG_SIZE; i++, text += 2) {
        text += *text == '-';
        bytes[i] = (uint8_t)(digit_value(text[0]) << 4 | digit_value(text[1]));
    }
}

/* Sets request->session from a token, not yet admitted. */
static bool take_token(struct request *request, const uint8_t token[TOKEN_SIZE],
                       struct reply *reply)
{
    struct session *session = arena_alloc(request->arena, sizeof(*session));
    if (session == NULL || !secret_digest_parts(NULL, 0, token, TOKEN_SIZE, session->token_hash)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    format_uuid(token, session->org_id);
    session->user_id = NULL;
    request->session = session;
    request->org_id = session->org_id;
    return true;
}

static bool read_cookie(struct request *request, struct reply *reply)
{
    uint8_t token[SECRET_BASE64URL_MOST];
    size_t size = 0;
    const char *cookie = session_cookie(request, COOKIE);
    if (cookie == NULL || !secret_from_base64url(cookie, strlen(cookie), token, &size) ||
        size != TOKEN_SIZE) {
        return refuse(reply);
    }
    bool taken = take_token(request, token, reply);
    secret_cleanse(token, sizeof(token));
    return taken;
}

bool session_make(struct request *request, const char *org_id, struct reply *reply)
{
    uint8_t token[TOKEN_SIZE];
    char *cookie = arena_alloc(request->arena, SECRET_BASE64URL_SIZE(TOKEN_SIZE));
    parse_uuid(org_id, token);
    if (cookie == NULL || !secret_random_bytes(token + ORG_SIZE, RANDOM_SIZE)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    secret_base64url(token, TOKEN_SIZE, cookie);
    bool taken = take_token(request, token, reply);
    secret_cleanse(token, sizeof(token));
    if (taken) {
        reply_cookie(reply, COOKIE, cookie, SESSION_LIFE_SECONDS);
    }
    return taken;
}

void session_forget(struct reply *reply)
{
    reply_cookie(reply, COOKIE, "", 0);
}

struct db_call session_open_call(const struct request *request)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_SESSION_OPEN,
        .parameter_count = 2,
        .parameters = {(const char *)request->session->token_hash, session_address(request)},
        .binary_size = {SECRET_DIGEST_SIZE                                         }
    };
}

struct db_call session_call(const struct request *request)
{
    bool manages = (request->endpoint->flags & ENDPOINT_MANAGES_KEYS) != 0;
    return (struct db_call){
        .query = QUERY_SETTINGS_SESSION_ADMIT,
        .parameter_count = 3,
        .parameters = {request->session->org_id, (const char *)request->session->token_hash,
                       manages ? "t" : "f"},
        .binary_size = {0,                        SECRET_DIGEST_SIZE                                                                 }
    };
}

bool session_judge(struct request *request, const struct db_result *result, struct reply *reply)
{
    const char *verdict = db_rows(result) == 1 ? db_text(result, 0, 0) : "";
    struct session *session = request->session;
    if (strcmp(verdict, "signed_out") == 0) {
        session_forget(reply);
        return refuse(reply);
    }
    if (strcmp(verdict, "role") == 0) {
        return reply_error(reply, ERROR_ROLE_REQUIRED, NULL, NULL);
    }
    if (strcmp(verdict, "admitted") != 0) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    session->user_id = db_text(result, 0, 1);
    session->email = db_text(result, 0, 2);
    session->role = db_text(result, 0, 3);
    session->integrations = db_text(result, 0, 4)[0] == 't';
    reply_header(reply, "X-Kabaido-Org", session->org_id);
    return true;
}

struct db_call session_note(const struct request *request, const char *action, const char *subject,
                            const char *details)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_AUDIT_ADD,
        .parameter_count = 5,
        .parameters = {request->session->email, action, subject, details == NULL ? "{}" : details,
                       session_address(request)}
    };
}

/* --- What is done for whom ------------------------------------------------------------------- */

/* A look: one round trip. As with keys, what is wrong with the input is told to the admitted only.
 */
static bool look(struct worker *worker, struct request *request, struct reply *reply)
{
    struct reply fault;
    struct read_plan plan = {.count = 0};
    reply_init(&fault, request->arena, request->id);
    bool planned =
        parameters_known(request, &fault) && request->endpoint->plan(request, &plan, &fault);
    size_t count = planned ? plan.count : 0;
    struct db_call calls[1 + ENDPOINT_MAX_READS] = {session_call(request)};
    for (size_t i = 0; i < count; i++) {
        calls[1 + i] = plan.calls[i];
    }
    if (!worker_query(worker, calls, 1 + count, reply) ||
        !session_judge(request, calls[0].result, reply)) {
        return false;
    }
    if (!planned) {
        reply_take(reply, &fault);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        plan.calls[i].result = calls[1 + i].result;
    }
    return request->endpoint->represent(request, &plan, reply);
}

/* A change, in a transaction. The web server has the whole body already: nothing waits for it. */
static bool change(struct worker *worker, struct request *request, struct reply *reply)
{
    if (!transaction_begin(worker, request, NULL, 0, reply)) {
        return false;
    }
    if (parameters_known(request, reply) &&
        (request->endpoint->body_limit == 0 || body_read(worker, request, reply)) &&
        request->endpoint->perform(worker, request, reply)) {
        return transaction_commit(worker, NULL, 0, reply);
    }
    transaction_rollback(worker);
    return false;
}

void session_serve(struct worker *worker, struct request *request, struct reply *reply)
{
    reply_header(reply, "Cache-Control", "no-store");
    if (!from_own_page(request, reply)) {
        return;
    }
    if (request->endpoint->flags & ENDPOINT_SIGN_IN) {
        if (parameters_known(request, reply) && body_read(worker, request, reply)) {
            request->endpoint->perform(worker, request, reply);
        }
    } else if (read_cookie(request, reply)) {
        if (request->endpoint->perform != NULL) {
            change(worker, request, reply);
        } else {
            look(worker, request, reply);
        }
    }
}
