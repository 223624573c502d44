/* Reads the request line and the query: strict, once, before any policy. */
#include "request.h"

#include <stdint.h>
#include <string.h>

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

/* Length of the well-formed sequence at s, or 0. The ranges are those of Unicode's table 3-7. */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length;
    if (s[0] < 0x80) {
        return s[0] == 0 ? 0 : 1;
    }
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : low;   /* shorter form exists */
        high = s[0] == 0xED ? 0x9F : high; /* surrogates */
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : low;
        high = s[0] == 0xF4 ? 0x8F : high; /* beyond U+10FFFF */
    } else {
        return 0;
    }
    if (left < length || s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (s[i] < 0x80 || s[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

bool request_utf8(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence(bytes + i, length - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
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

/* Percent-decodes with '+' for a space; NULL when it is malformed, not UTF-8, or holds a NUL. */
static const char *decode(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    if (out == NULL) {
        return NULL;
    }
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return NULL;
            }
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return request_utf8(out, used) ? out : NULL;
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
            parameter->name = decode(request->arena, query, name_length);
            parameter->value = decode(request->arena, value, length - (size_t)(value - query));
            if (parameter->name == NULL || parameter->value == NULL) {
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
    return strcmp(name, "OPTIONS") == 0 ? METHOD_OPTIONS : METHOD_OTHER;
}

bool request_parse(struct request *request, struct arena *arena, const struct request_input *input,
                   struct reply *reply)
{
    *request = (struct request){.arena = arena};
    request->id = input->request_id != NULL ? input->request_id : "";
    reply_init(reply, arena, request->id);
    if (input->method == NULL || input->uri == NULL) {
        return reply_error(reply, ERROR_MALFORMED_REQUEST, NULL, NULL);
    }
    request->method = method_from(input->method, &request->head_only);
    request->authorization = input->authorization;
    request->authorization_count = input->authorization_count;
    request->refused_by_web_server = input->web_error != NULL;
    size_t path_length = strcspn(input->uri, "?");
    request->path = arena_copy(arena, input->uri, path_length);
    if (request->path == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    return input->uri[path_length] == '\0' ||
           read_query(request, input->uri + path_length + 1, reply);
}
