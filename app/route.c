/* Finds the row of the endpoint table that a request is for. */
#include "route.h"

#include <string.h>

#include "endpoints.h"

static const char placeholder[] = "{id}";

/* Matches path against pattern; *segment receives where the {id} stood, or NULL. */
static bool path_matches(const char *pattern, const char *path, const char **segment,
                         size_t *length)
{
    *segment = NULL;
    while (*pattern != '\0') {
        if (strncmp(pattern, placeholder, sizeof(placeholder) - 1) == 0) {
            *segment = path;
            *length = strcspn(path, "/");
            if (*length == 0) {
                return false;
            }
            path += *length;
            pattern += sizeof(placeholder) - 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

/* The operator's rows are there for the loopback server, and there is nothing else for it. */
static bool is_for(const struct endpoint *endpoint, const struct request *request)
{
    return ((endpoint->flags & ENDPOINT_OPERATIONS) != 0) == request->operations;
}

/* Allow (RFC 9110, section 10.2.1) for all rows of the same path. */
static void set_allow(struct reply *reply, const struct request *request)
{
    bool served[METHOD_OTHER + 1] = {false};
    const char *segment;
    size_t length;
    for (size_t i = 0; i < endpoint_count; i++) {
        if (is_for(&endpoints[i], request) &&
            path_matches(endpoints[i].path, request->path, &segment, &length)) {
            served[endpoints[i].method] = true;
        }
    }
    reply_header_print(reply, "Allow", "%s%s%s%sOPTIONS", served[METHOD_GET] ? "GET, HEAD, " : "",
                       served[METHOD_POST] ? "POST, " : "", served[METHOD_PATCH] ? "PATCH, " : "",
                       served[METHOD_DELETE] ? "DELETE, " : "");
}

bool route_find(struct request *request, struct reply *reply)
{
    bool known = false;
    for (size_t i = 0; i < endpoint_count; i++) {
        const char *segment;
        size_t length;
        if (!is_for(&endpoints[i], request) ||
            !path_matches(endpoints[i].path, request->path, &segment, &length)) {
            continue;
        }
        known = true;
        if (endpoints[i].method == request->method) {
            char uuid[REQUEST_UUID_LENGTH + 1];
            request->endpoint = &endpoints[i];
            if (segment != NULL && request_uuid(segment, length, uuid)) {
                request->path_id = arena_copy(request->arena, uuid, REQUEST_UUID_LENGTH);
            }
            return true;
        }
    }
    if (!known) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, NULL);
    }
    set_allow(reply, request);
    if (request->method == METHOD_OPTIONS) {
        reply_empty(reply, 204);
        return false;
    }
    return reply_error(reply, ERROR_METHOD_NOT_ALLOWED, NULL, NULL);
}
