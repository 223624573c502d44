/* Reads and checks the body of a request. */
#include "body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "endpoints.h"
#include "fastcgi.h"
#include "json_check.h"
#include "worker.h"

static const char media_type[] = "application/json";

/* application/json, with parameters or without; JSON is UTF-8 whatever they say (RFC 8259). */
static bool is_json(const char *content_type)
{
    size_t length = sizeof(media_type) - 1;
    if (content_type == NULL || strncasecmp(content_type, media_type, length) != 0) {
        return false;
    }
    const char *rest = content_type + length;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

static bool check_kind(const struct request *request, struct reply *reply)
{
    const char *encoding = request->input->content_encoding;
    if (!is_json(request->input->content_type)) {
        return reply_error(reply, ERROR_UNSUPPORTED_MEDIA_TYPE, "Content-Type", NULL);
    }
    if (encoding != NULL && encoding[0] != '\0' && strcasecmp(encoding, "identity") != 0) {
        /* The header is not repeated: it may be no UTF-8, and the answer would be none either. */
        return reply_error(reply, ERROR_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding",
                           "The request's body must not be encoded.");
    }
    return true;
}

static bool read_bytes(struct worker *worker, struct request *request, struct reply *reply)
{
    const char *text = request->input->content_length;
    size_t limit = request->endpoint->body_limit;
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    /* More digits than this is more than any limit. */
    size_t size = digits > 0 && digits <= 12 ? strtoul(text, NULL, 10) : digits > 0 ? limit + 1 : 0;
    if (size > limit) {
        return reply_error(reply, ERROR_BODY_TOO_LARGE, NULL,
                           "The request's body is larger than the %zu bytes that this operation "
                           "takes.",
                           limit);
    }
    char *bytes = arena_own(request->arena, malloc(size + 1), free);
    if (bytes == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (!fastcgi_read(worker->fastcgi, bytes, size)) {
        return reply_error(reply, ERROR_MALFORMED_REQUEST, NULL,
                           "The request's body ended before its %zu bytes had come.", size);
    }
    bytes[size] = '\0';
    request->body = bytes;
    request->body_size = size;
    return true;
}

bool body_read(struct worker *worker, struct request *request, struct reply *reply)
{
    struct json_fault fault;
    if (!check_kind(request, reply) || !read_bytes(worker, request, reply)) {
        return false;
    }
    if (json_check(request->body, request->body_size, &fault)) {
        return true;
    }
    if (fault.kind == JSON_NO_MEMORY) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    return reply_error(
        reply, fault.kind == JSON_MALFORMED ? ERROR_MALFORMED_JSON : ERROR_INVALID_BODY,
        fault.path[0] == '\0' ? NULL : fault.path,
        "The body is refused at line %zu, column %zu: %s.", fault.line, fault.column, fault.reason);
}
