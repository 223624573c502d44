/* Reads the request line and the query: strict, once, before any policy. */
#include "request.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

bool request_uuid(const char *text, size_t length, char lower[REQUEST_UUID_LENGTH + 1])
{
    if (length != REQUEST_UUID_LENGTH) {
        return false;
    }
    char copy[REQUEST_UUID_LENGTH + 1] = {0};
    for (size_t i = 0; i < REQUEST_UUID_LENGTH; i++) {
        char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return false;
            }
        } else if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        copy[i] = c;
    }
    memcpy(lower, copy, sizeof(copy));
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * Percent-decodes into out, which holds length + 1 bytes, with '+' for a space. False when it is
 * malformed, not UTF-8, or holds a NUL.
 */
static bool decode(const char *text, size_t length, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return utf8_valid(out, used);
}

static bool read_query(struct request *request, const char *query, struct reply *reply)
{
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        if (length > 0) {
            size_t name_length = strcspn(query, "=&");
            const char *value = query + name_length + (name_length < length);
            if (request->parameter_count == REQUEST_MAX_PARAMETERS) {
                return reply_error(reply, ERROR_MALFORMED_REQUEST, NULL,
                                   "The query has more than %d parameters.",
                                   REQUEST_MAX_PARAMETERS);
            }
            struct parameter *parameter = &request->parameters[request->parameter_count];
            size_t value_length = length - (size_t)(value - query);
            char *name = arena_alloc(request->arena, name_length + 1);
            char *decoded = arena_alloc(request->arena, value_length + 1);
            if (name == NULL || decoded == NULL) {
                return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
            }
            *parameter = (struct parameter){name, decoded};
            if (!decode(query, name_length, name) || !decode(value, value_length, decoded)) {
                return reply_error(reply, ERROR_MALFORMED_REQUEST, NULL,
                                   "The query is not percent-encoded UTF-8 without NUL.");
            }
            request->parameter_count++;
        }
        query += length + (query[length] == '&');
    }
    return true;
}

static enum method method_from(const char *name, bool *head_only)
{
    *head_only = strcmp(name, "HEAD") == 0;
    if (*head_only || strcmp(name, "GET") == 0) {
        return METHOD_GET;
    }
    if (strcmp(name, "POST") == 0) {
        return METHOD_POST;
    }
    if (strcmp(name, "PATCH") == 0) {
        return METHOD_PATCH;
    }
    if (strcmp(name, "DELETE") == 0) {
        return METHOD_DELETE;
    }
    return strcmp(name, "OPTIONS") == 0 ? METHOD_OPTIONS : METHOD_OTHER;
}

bool request_parse(struct request *request, struct arena *arena, const struct config *config,
                   const struct request_input *input, struct reply *reply)
{
    *request = (struct request){.arena = arena, .config = config, .input = input};
    request->id = input->request_id != NULL ? input->request_id : "";
    reply_init(reply, arena, request->id);
    if (input->method == NULL || input->uri == NULL) {
        return reply_error(reply, ERROR_MALFORMED_REQUEST, NULL, NULL);
    }
    request->method = method_from(input->method, &request->head_only);
    request->authorization = input->authorization;
    request->authorization_count = input->authorization_count;
    request->operations = input->operations != NULL && input->operations[0] != '\0';
    request->refused_by_web_server = input->web_error != NULL && input->web_error[0] != '\0';
    size_t path_length = strcspn(input->uri, "?");
    request->path = arena_copy(arena, input->uri, path_length);
    if (request->path == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    request->query = input->uri[path_length] == '\0' ? "" : input->uri + path_length + 1;
    return read_query(request, request->query, reply);
}
