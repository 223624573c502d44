/* Proves the API key: form and checksum first, without the database; then the salted digest. */
#include "authenticate.h"

#include <string.h>
#include <strings.h>

#include "credential_cache.h"
#include "db.h"
#include "flood.h"
#include "key.h"
#include "metrics.h"
#include "secret.h"
#include "worker.h"

const char *authenticate_bearer_token(const char *header, size_t *length)
{
    static const char scheme[] = "Bearer";
    size_t scheme_length = sizeof(scheme) - 1;
    if (strncasecmp(header, scheme, scheme_length) != 0 || header[scheme_length] != ' ') {
        return NULL;
    }
    const char *token = header + scheme_length;
    token += strspn(token, " ");
    *length = strlen(token);
    while (*length > 0 && (token[*length - 1] == ' ' || token[*length - 1] == '\t')) {
        --*length; /* trailing white space is not part of a field's value (RFC 9110, 5.5) */
    }
    return token;
}

enum { MICROSECONDS = 1000000 };

static const char challenge[] = "Bearer realm=\"kabaido\", error=\"invalid_token\"";

bool authenticate_refuse(struct reply *reply, enum error error)
{
    reply_header(reply, "WWW-Authenticate", challenge);
    return reply_error(reply, error, NULL, NULL);
}

bool authenticate_one_header(const struct request *request, struct reply *reply)
{
    if (request->authorization_count <= 1) {
        return true;
    }
    reply_header(reply, "WWW-Authenticate", challenge);
    return reply_error(reply, ERROR_INVALID_KEY, NULL,
                       "The request has %zu Authorization headers: it must have exactly one.",
                       request->authorization_count);
}

/* Asks the database who has this public id. False: unavailable. *found says if anyone has. */
static bool look_up(struct worker *worker, const char *public_id, struct credential *credential,
                    bool *found, struct reply *reply)
{
    struct db_call call = {
        .query = QUERY_CREDENTIAL_FIND, .parameter_count = 1, .parameters = {public_id}};
    if (!worker_query(worker, &call, 1, reply)) {
        return false;
    }
    *found = db_rows(call.result) == 1 && strlen(db_text(call.result, 0, 0)) == 36 &&
             strlen(db_text(call.result, 0, 1)) == 36 &&
             db_bytes(call.result, 0, 2, credential->salt, sizeof(credential->salt)) &&
             db_bytes(call.result, 0, 3, credential->digest, sizeof(credential->digest));
    if (*found) {
        memcpy(credential->public_id, public_id, sizeof(credential->public_id));
        memcpy(credential->org_id, db_text(call.result, 0, 0), sizeof(credential->org_id));
        memcpy(credential->key_id, db_text(call.result, 0, 1), sizeof(credential->key_id));
    }
    return true;
}

/*
 * An unknown public id goes through the same digest and comparison as a wrong secret, so that the
 * two take the same time and give the same answer.
 */
static bool prove(const struct credential *credential, const struct key *key)
{
    uint8_t digest[SECRET_DIGEST_SIZE];
    bool made = secret_digest(credential->salt, key->secret, KEY_SECRET_LENGTH, digest);
    bool equal = secret_equal(digest, credential->digest, sizeof(digest));
    return made && equal && credential->public_id[0] != '\0';
}

/*
 * nginx sends an answer with this header at so many bytes a second, the first second's at once, and
 * keeps the header from the client. This one has 480, or 370 in HTTP/2: it takes one to three
 * seconds.
 */
static void slow_down_flood(struct worker *worker, struct reply *reply)
{
    int most = worker->config->unknown_keys_per_second;
    flood_memory *memory = &worker->metrics->master->unknown_keys;
    if (most > 0 && flood_count(memory, worker_now_us() / MICROSECONDS, (unsigned)most)) {
        reply_header(reply, "X-Accel-Limit-Rate", "150");
        metrics_count_slowed(worker->place);
    }
}

static bool authenticate_key(struct worker *worker, struct request *request, const struct key *key,
                             struct reply *reply)
{
    struct credential fresh = {0};
    struct credential *credential = credential_cache_get(&worker->credentials, key->public_id);
    bool found = credential != NULL;
    if (!found) {
        credential = &fresh;
        if (!look_up(worker, key->public_id, credential, &found, reply)) {
            return false;
        }
    }
    if (!prove(credential, key)) {
        slow_down_flood(worker, reply);
        return authenticate_refuse(reply, ERROR_INVALID_KEY);
    }
    /* Only a proved credential takes a place in the cache: guesses cannot push out good ones. */
    if (credential == &fresh) {
        credential = credential_cache_put(&worker->credentials, &fresh);
    }
    request->credential = credential;
    reply_header_print(reply, "X-Kabaido-Key", "%s%s", KEY_SCHEME, credential->public_id);
    reply_header(reply, "X-Kabaido-Org", credential->org_id);
    request->org_id = credential->org_id;
    return true;
}

bool authenticate(struct worker *worker, struct request *request, struct reply *reply)
{
    if (request->authorization == NULL || request->authorization[0] == '\0') {
        reply_header(reply, "WWW-Authenticate", "Bearer realm=\"kabaido\"");
        return reply_error(reply, ERROR_MISSING_KEY, NULL, NULL);
    }
    size_t length = 0;
    const char *token = authenticate_bearer_token(request->authorization, &length);
    struct key key;
    if (token == NULL || key_parse(token, length, &key) != KEY_WELL_FORMED) {
        return authenticate_refuse(reply, ERROR_INVALID_KEY);
    }
    bool ok = authenticate_key(worker, request, &key, reply);
    secret_cleanse(&key, sizeof(key));
    return ok;
}
