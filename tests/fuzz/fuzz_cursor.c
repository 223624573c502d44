/*
 * Cursors of lists: bytes that somebody made up, and positions that were signed and then changed at
 * a place, since a fuzzer does not find a MAC by itself. The first byte chooses the list, the
 * second and third where and how a signed cursor is changed; the rest is the cursor, and the
 * position.
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "cursor.h"
#include "database.h"
#include "endpoints.h"
#include "fuzz.h"
#include "parameters.h"
#include "request.h"
#include "route.h"
#include "secret.h"

#define UUID "7f0c0000-0000-0000-0000-000000000000"

static char secret[] = "a secret of the deployment, 32 or more";

static const struct config config = {.cursor_secret = secret};

/* Lists by one column, by two, and by change with a filter; filters: as the list binds its cursor.
 */
static const struct {
    const char *path;
    const char *query;
    const char *filters;
    bool pair;
} lists[] = {
    {"/api/v1/products", "",                                                "", false},
    {"/api/v1/quotes",   "",                                                "", true },
    {"/api/v1/requests", "status=open&updated_since=2026-06-01T00:00:00Z&",
     "status\x1f"
     "open\x1e"
     "updated_since\x1f"
     "2026-06-01T00:00:00Z\x1e",                                                true },
};

/* The first of the statements that the list would run with this cursor; false: it is refused. */
static bool plan(struct arena *arena, size_t list, const char *cursor, struct db_call *call)
{
    struct request request;
    struct reply reply;
    struct read_plan plan = {.count = 0};
    const char *uri =
        arena_print(arena, "%s?%scursor=%s", lists[list].path, lists[list].query, cursor);
    const struct request_input input = {.method = "GET", .uri = uri};
    if (!request_parse(&request, arena, &config, &input, &reply)) {
        return false;
    }
    request.org_id = UUID;
    MUST(route_find(&request, &reply));
    if (!parameters_known(&request, &reply)) {
        return false;
    }
    if (!request.endpoint->plan(&request, &plan, &reply)) {
        MUST(reply.status == 400 && reply.error == ERROR_INVALID_CURSOR);
        return false;
    }
    MUST(plan.count == 1 && plan.calls[0].parameter_count >= 2);
    *call = plan.calls[0];
    return true;
}

static void check_made_up(struct arena *arena, size_t list, const char *text)
{
    struct db_call call;
    const struct cursor_binding binding = {secret, UUID, lists[list].path, lists[list].filters};
    MUST(cursor_read(arena, &binding, text) == NULL);
    MUST(strpbrk(text, "&#") != NULL || !plan(arena, list, text, &call));
}

/* What the list begins after is what was signed, whole. */
static void check_plan(struct arena *arena, size_t list, const char *cursor, const char *position)
{
    struct db_call call;
    const char *space = strrchr(position, ' ');
    if (!plan(arena, list, cursor, &call)) {
        MUST(lists[list].pair && space == NULL);
    } else if (lists[list].pair) {
        MUST(space != NULL && strcmp(call.parameters[1], space + 1) == 0);
        MUST(strlen(call.parameters[0]) == (size_t)(space - position));
        MUST(memcmp(call.parameters[0], position, (size_t)(space - position)) == 0);
    } else {
        MUST(strcmp(call.parameters[0], position) == 0);
    }
}

static void check_signed(struct arena *arena, size_t list, const char *position, unsigned place,
                         char change)
{
    const struct cursor_binding binding = {secret, UUID, lists[list].path, lists[list].filters};
    struct cursor_binding other = binding;
    const char *cursor = cursor_make(arena, &binding, position);
    MUST((cursor == NULL) == (strlen(position) > CURSOR_POSITION_MOST));
    if (cursor == NULL) {
        return;
    }
    const char *read = cursor_read(arena, &binding, cursor);
    MUST(read != NULL && strcmp(read, position) == 0);
    check_plan(arena, list, cursor, position);
    other.org_id = "7f0c0000-0000-0000-0000-000000000001";
    MUST(cursor_read(arena, &other, cursor) == NULL);
    other = binding;
    other.filters = "another";
    MUST(cursor_read(arena, &other, cursor) == NULL);

    size_t length = strlen(cursor);
    char *changed = arena_copy(arena, cursor, length);
    MUST(changed != NULL);
    place = place * 257 % (unsigned)length;
    if (changed[place] != change) {
        changed[place] = change;
        MUST(cursor_read(arena, &binding, changed) == NULL);
    }
    changed[place] = '\0';
    MUST(cursor_read(arena, &binding, changed) == NULL);
}

/* Base64url is read in one spelling only. */
static void check_base64url(const char *text, size_t length)
{
    uint8_t bytes[SECRET_BASE64URL_MOST];
    size_t size = 4711;
    if (secret_from_base64url(text, length, bytes, &size)) {
        char again[SECRET_BASE64URL_SIZE(SECRET_BASE64URL_MOST)];
        MUST(size <= length / 4 * 3 + 2);
        secret_base64url(bytes, size, again);
        MUST(strlen(again) == length && memcmp(again, text, length) == 0);
    } else {
        MUST(size == 4711);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct arena arena;
    size_t list = fuzz_byte(&input) % (sizeof(lists) / sizeof(*lists));
    unsigned place = fuzz_byte(&input);
    char change = (char)fuzz_byte(&input);
    struct fuzz_input same = input;
    char *text = fuzz_text(&input);
    char *bytes = fuzz_bytes(&same, same.left);
    MUST(arena_init(&arena, 65536, (size_t)1 << 24));
    check_made_up(&arena, list, text);
    check_signed(&arena, list, text, place, change);
    check_base64url(bytes, size < 3 ? 0 : size - 3);
    free(bytes);
    free(text);
    arena_free(&arena);
    return 0;
}
