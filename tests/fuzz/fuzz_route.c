/*
 * Routes and queries, of every row of the table: from the request line to the statements that a
 * read would run. The first byte chooses the method, the second where the path comes from: the
 * input itself, or a row of the table, of which the input is then the query.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "credential_cache.h"
#include "database.h"
#include "endpoints.h"
#include "fuzz.h"
#include "parameters.h"
#include "request.h"
#include "route.h"
#include "settings/session.h"
#include "utf8.h"

#define UUID "7F0c0000-abcd-0000-0000-000000000000"

static const char *const methods[] = {"GET",     "POST", "PATCH",  "DELETE",
                                      "OPTIONS", "HEAD", "DELETE", "get"};

/* The path of a row, with an id in its place, and this query behind it. */
static const char *uri_of(struct arena *arena, const struct endpoint *row, const char *query)
{
    const char *id = strstr(row->path, "{id}");
    return id == NULL ? arena_print(arena, "%s?%s", row->path, query)
                      : arena_print(arena, "%.*s" UUID "%s?%s", (int)(id - row->path), row->path,
                                    id + 4, query);
}

/* Byte for byte, but that {id} stands for one segment. */
static void check_path(const struct request *request)
{
    const char *pattern = request->endpoint->path;
    const char *id = strstr(pattern, "{id}");
    if (id == NULL) {
        MUST(strcmp(pattern, request->path) == 0 && request->path_id == NULL);
        return;
    }
    size_t before = (size_t)(id - pattern);
    size_t after = strlen(id + 4);
    size_t length = strlen(request->path);
    MUST(length > before + after && memcmp(request->path, pattern, before) == 0);
    MUST(strcmp(request->path + length - after, id + 4) == 0);
    MUST(memchr(request->path + before, '/', length - before - after) == NULL);
    if (request->path_id != NULL) {
        MUST(length == before + REQUEST_UUID_LENGTH + after);
        MUST(strspn(request->path_id, "0123456789abcdef-") == REQUEST_UUID_LENGTH);
    }
}

static void check_parameters(const struct request *request)
{
    MUST(request->parameter_count <= REQUEST_MAX_PARAMETERS);
    MUST(strchr(request->path, '?') == NULL);
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct parameter *given = &request->parameters[i];
        MUST(utf8_valid(given->name, strlen(given->name)));
        MUST(utf8_valid(given->value, strlen(given->value)));
    }
}

static char *put_encoded(char *out, const char *text, char behind)
{
    for (; *text != '\0'; text++, out += 3) {
        snprintf(out, 4, "%%%02x", (unsigned char)*text);
    }
    *out = behind;
    return out + 1;
}

/* A query of our own that means the same is read as the same. */
static void check_again(const struct request *request, struct arena *arena)
{
    struct request again;
    struct reply reply;
    size_t size = 3;
    for (size_t i = 0; i < request->parameter_count; i++) {
        size +=
            3 * (strlen(request->parameters[i].name) + strlen(request->parameters[i].value)) + 2;
    }
    char *uri = arena_alloc(arena, size);
    MUST(uri != NULL);
    char *end = uri + snprintf(uri, size, "/?");
    for (size_t i = 0; i < request->parameter_count; i++) {
        end = put_encoded(end, request->parameters[i].name, '=');
        end = put_encoded(end, request->parameters[i].value, '&');
    }
    *end = '\0';
    const struct request_input input = {.method = "GET", .uri = uri};
    MUST(request_parse(&again, arena, request->config, &input, &reply));
    MUST(again.parameter_count == request->parameter_count);
    for (size_t i = 0; i < again.parameter_count; i++) {
        MUST(strcmp(again.parameters[i].name, request->parameters[i].name) == 0);
        MUST(strcmp(again.parameters[i].value, request->parameters[i].value) == 0);
    }
}

static void check_refusal(const struct reply *reply)
{
    if (reply->status == 204) {
        MUST(reply_header_value(reply, "Allow") != NULL && reply->body == NULL);
        return;
    }
    MUST(reply->status >= 400 && reply->status < 500 && reply->error < ERROR_COUNT);
    MUST((reply->status == 405) == (reply_header_value(reply, "Allow") != NULL));
    MUST(fuzz_is_json(reply->body, reply->body_size));
}

static bool plan(struct request *request, struct reply *reply)
{
    struct read_plan plan = {.count = 0};
    struct db *db = db_new("", 0, true);
    bool ok = parameters_known(request, reply) && request->endpoint->plan(request, &plan, reply);
    MUST(db != NULL && plan.count <= ENDPOINT_MAX_READS);
    if (ok && plan.count > 0) {
        MUST(db_pipeline(db, plan.calls, plan.count) == DB_OK); /* looks at each call */
        if (request->endpoint->represent(request, &plan, reply)) {
            MUST(reply->status == 200 && fuzz_is_json(reply->body, reply->body_size));
        } else {
            check_refusal(reply);
        }
        for (size_t i = 0; i < plan.count; i++) {
            db_result_free(plan.calls[i].result);
        }
    }
    db_free(db);
    return ok;
}

static bool serve(struct request *request, struct arena *arena, const struct request_input *input,
                  struct reply *reply)
{
    static char secret[] = "a secret of the deployment, 32 or more";
    static const struct config config = {.cursor_secret = secret};
    static struct credential credential = {.public_id = "aaaaaaaa", .org_id = UUID, .key_id = UUID};
    static struct session session = {
        .org_id = UUID, .user_id = UUID, .email = "a@b.example", .role = "owner"};
    if (!request_parse(request, arena, &config, input, reply)) {
        return false;
    }
    check_parameters(request);
    check_again(request, arena);
    if (!route_find(request, reply)) {
        return false;
    }
    MUST(request->endpoint->method == request->method);
    MUST(((request->endpoint->flags & ENDPOINT_OPERATIONS) != 0) == request->operations);
    check_path(request);
    request->credential = &credential;
    request->session = &session;
    request->org_id = UUID;
    return request->endpoint->plan != NULL ? plan(request, reply)
                                           : parameters_known(request, reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input bytes = {data, size};
    struct arena arena;
    struct request request;
    struct reply reply;
    unsigned choice = fuzz_byte(&bytes);
    unsigned row = fuzz_byte(&bytes);
    char *text = fuzz_text(&bytes);
    MUST(arena_init(&arena, 65536, (size_t)1 << 24));
    database_reset();
    const struct endpoint *endpoint = row < endpoint_count ? &endpoints[row] : NULL;
    struct request_input input = {.method = methods[choice & 7],
                                  .uri = endpoint == NULL ? text : uri_of(&arena, endpoint, text),
                                  .request_id = "r-1",
                                  .operations = choice & 8 ? "1" : NULL};
    if (choice & 16 && endpoint != NULL) {
        input.method = endpoint_method_name(endpoint->method);
        input.operations = endpoint->flags & ENDPOINT_OPERATIONS ? "1" : NULL;
    }
    if (!serve(&request, &arena, &input, &reply)) {
        check_refusal(&reply);
    }
    arena_free(&arena);
    free(text);
    return 0;
}
