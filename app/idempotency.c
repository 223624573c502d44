/* Finds, replays and stores the first answer to an Idempotency-Key. */
#include "idempotency.h"

#include <string.h>

#include "credential_cache.h"
#include "secret.h"

static const char header[] = "Idempotency-Key";

enum { KEY_MOST = 255 };

bool idempotency_read(const struct request *request, const char **key, struct reply *reply)
{
    const char *text = request->input->idempotency_key;
    *key = NULL;
    if (text == NULL || text[0] == '\0') {
        return true;
    }
    size_t length = strlen(text);
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    bool visible = true;
    for (size_t i = 0; i < length; i++) {
        visible = visible && text[i] > 0x20 && text[i] < 0x7F;
    }
    if (length < 1 || length > KEY_MOST || !visible) {
        return reply_error(reply, ERROR_INVALID_PARAMETER, header,
                           "The header %s must be 1 to %d visible ASCII characters, bare or in "
                           "double quotes.",
                           header, KEY_MOST);
    }
    *key = arena_copy(request->arena, text, length);
    return *key != NULL || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

const char *idempotency_digest(const struct request *request)
{
    const char *const parts[] = {request->path, request->query};
    uint8_t digest[SECRET_DIGEST_SIZE];
    char *hex = arena_alloc(request->arena, 2 * sizeof(digest) + 1);
    /* Path and query end with NUL, which neither holds: no two requests give the same bytes. */
    if (hex == NULL || !secret_digest_parts(parts, 2, request->body, request->body_size, digest)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(digest); i++) {
        static const char digits[] = "0123456789abcdef";
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 0xF];
    }
    hex[2 * sizeof(digest)] = '\0';
    return hex;
}

void idempotency_find(const struct request *request, const char *key,
                      struct db_call calls[IDEMPOTENCY_CALLS])
{
    const char *key_id = request->credential->key_id;
    calls[0] = (struct db_call){
        .query = QUERY_IDEMPOTENCY_LOCK, .parameter_count = 2, .parameters = {key_id, key}
    };
    calls[1] = (struct db_call){
        .query = QUERY_IDEMPOTENCY_FIND, .parameter_count = 2, .parameters = {key_id, key}
    };
}

static void replay(const struct db_result *row, struct reply *reply)
{
    int location = db_column(row, "location");
    int body = db_column(row, "body");
    reply->status = (int)db_integer(row, 0, db_column(row, "status"));
    reply->body = db_text(row, 0, body);
    reply->body_size = db_length(row, 0, body);
    reply_header(reply, "Content-Type", "application/json");
    reply_header(reply, "Idempotency-Replayed", "true");
    if (!db_is_null(row, 0, location)) {
        reply_header(reply, "Location", db_text(row, 0, location));
    }
}

enum idempotency_state idempotency_judge(const struct db_call calls[IDEMPOTENCY_CALLS],
                                         const char *digest, struct reply *reply)
{
    const struct db_result *lock = calls[0].result;
    const struct db_result *row = calls[1].result;
    /* An answer that is there stands, whoever holds the lock: others may be replaying it as well.
     */
    if (db_rows(row) != 1) {
        if (db_rows(lock) == 1 && db_text(lock, 0, 0)[0] == 't') {
            return IDEMPOTENCY_FIRST;
        }
        reply_header(reply, "Retry-After", "1");
        reply_error(reply, ERROR_IDEMPOTENCY_IN_PROGRESS, NULL, NULL);
        return IDEMPOTENCY_ANSWER;
    }
    if (strcmp(db_text(row, 0, db_column(row, "digest")), digest) != 0) {
        reply_error(reply, ERROR_IDEMPOTENCY_MISMATCH, header, NULL);
        return IDEMPOTENCY_ANSWER;
    }
    replay(row, reply);
    return IDEMPOTENCY_ANSWER;
}

struct db_call idempotency_store(const struct request *request, const char *key, const char *digest,
                                 const struct reply *reply)
{
    return (struct db_call){
        .query = QUERY_IDEMPOTENCY_STORE,
        .parameter_count = 6,
        .parameters = {request->credential->key_id, key, digest,
                       arena_print(request->arena, "%d", reply->status),
                       reply_header_value(reply, "Location"),
                       arena_copy(request->arena, reply->body, reply->body_size)}
    };
}
