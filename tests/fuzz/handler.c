/* Runs one operation that writes. */
#include "handler.h"

#include <json-c/json.h>
#include <string.h>

#include "credential_cache.h"
#include "database.h"
#include "endpoints.h"
#include "fuzz.h"
#include "json_check.h"
#include "parameters.h"
#include "route.h"
#include "settings/session.h"

#define UUID "7f0c0000-0000-0000-0000-000000000000"

/* A 5xx is for the database's failures alone; a refusal says what it refuses. */
static void check_reply(struct handler *handler)
{
    const struct reply *reply = &handler->reply;
    bool failed = database.fail_at > 0 && database.pipelines >= database.fail_at;
    if (handler->ok) {
        MUST(reply->status >= 200 && reply->status < 300);
    } else {
        MUST(reply->status >= 400 && (failed || reply->status < 500));
        MUST(reply->error < ERROR_COUNT);
    }
    if (reply->body != NULL) {
        MUST(fuzz_is_json(reply->body, reply->body_size));
        handler->answer = json_tokener_parse(reply->body);
    }
}

bool handler_perform(struct handler *handler, const char *uri, const char *body, size_t size)
{
    static const struct config config = {.workers = 1};
    static struct credential credential = {.public_id = "aaaaaaaa", .org_id = UUID, .key_id = UUID};
    struct json_fault fault;
    struct request *request = &handler->request;
    *handler = (struct handler){
        .worker = {.config = &config, .db = db_new("", 0,          true)},
        .input = {.method = "POST",                 .uri = uri,                 .request_id = "r-1"}
    };
    struct arena *arena = &handler->worker.arena;
    MUST(handler->worker.db != NULL && arena_init(arena, 65536, (size_t)64 << 20));
    MUST(request_parse(request, arena, &config, &handler->input, &handler->reply));
    MUST(route_find(request, &handler->reply));
    request->credential = &credential;
    request->org_id = UUID;
    if (!parameters_known(request, &handler->reply) || !json_check(body, size, &fault)) {
        return false;
    }
    request->body = arena_copy(arena, body, size);
    request->body_size = size;
    MUST(request->body != NULL);
    handler->body = json_tokener_parse(request->body);
    handler->ok = request->endpoint->perform(&handler->worker, request, &handler->reply);
    check_reply(handler);
    return true;
}

void handler_free(struct handler *handler)
{
    json_object_put(handler->answer);
    json_object_put(handler->body);
    arena_free(&handler->worker.arena);
    db_free(handler->worker.db);
}
