/* Makes the answer: status, headers, JSON body; and every error from one table. */
#include "reply.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "secret.h"

const struct error_row error_rows[ERROR_COUNT] = {
#define ERROR(name, status, code, message) {status, code, message},
#include "errors.def"
#include "settings/errors.def"
#undef ERROR
};

void reply_init(struct reply *reply, struct arena *arena, const char *request_id)
{
    *reply = (struct reply){
        .arena = arena, .request_id = request_id, .status = 500, .error = ERROR_COUNT};
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->headers[i].name, name) == 0) {
            reply->headers[i].value = value;
            if (value == NULL) {
                reply->headers[i] = reply->headers[--reply->header_count];
            }
            return;
        }
    }
    if (value != NULL && reply->header_count < REPLY_MAX_HEADERS) {
        reply->headers[reply->header_count++] = (struct reply_header){name, value};
    }
}

const char *reply_header_value(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->headers[i].name, name) == 0) {
            return reply->headers[i].value;
        }
    }
    return NULL;
}

void reply_header_print(struct reply *reply, const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    reply_header(reply, name, arena_vprint(reply->arena, format, values));
    va_end(values);
}

void reply_take(struct reply *reply, const struct reply *other)
{
    reply->status = other->status;
    reply->error = other->error;
    reply->body = other->body;
    reply->body_size = other->body_size;
    for (size_t i = 0; i < other->header_count; i++) {
        reply_header(reply, other->headers[i].name, other->headers[i].value);
    }
}

/* Several may be set, so each is a header of its own. */
void reply_cookie(struct reply *reply, const char *name, const char *value, int life_seconds)
{
    const char *text =
        arena_print(reply->arena, "%s=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Strict",
                    name, value, life_seconds);
    if (text != NULL && reply->header_count < REPLY_MAX_HEADERS) {
        reply->headers[reply->header_count++] = (struct reply_header){"Set-Cookie", text};
    }
}

void reply_forget(struct reply *reply)
{
    if (reply->secret && reply->body != NULL) {
        /* It is memory of the request's own, json-c's or the arena's: never a constant. */
        secret_forget(reply->body, reply->body_size);
    }
}

/* When memory is out there is still this to say. */
static const char last_resort[] = "{\"error\":\"Something went wrong on our side.\","
                                  "\"code\":\"internal\",\"request_id\":\"\"}";

bool reply_text(struct reply *reply, int status, const char *text, size_t size)
{
    reply->status = status;
    reply->body = text;
    reply->body_size = size;
    reply_header(reply, "Content-Type", "application/json");
    return true;
}

/* False when there was no memory for the body, and the reply is the last resort. */
static bool set_body(struct reply *reply, int status, struct json_object *object)
{
    size_t size = 0;
    const char *text = object == NULL ? NULL : json_text(object, &size);
    if (text == NULL) {
        reply_text(reply, 500, last_resort, sizeof(last_resort) - 1);
        reply->secret = false;
    } else {
        reply_text(reply, status, text, size);
    }
    return text != NULL;
}

/* What a bulk write had done before does not stand. */
static void note_error(struct reply *reply, enum error error)
{
    reply->error = error;
    reply->rows_upserted = 0;
    reply->rows_refused = 0;
}

static void set_error(struct reply *reply, enum error error, const char *member, const char *value,
                      const char *message)
{
    const struct error_row *row = &error_rows[error];
    struct json_object *body = json_new_object(reply->arena);
    body = json_add_text(body, "error", message != NULL ? message : row->message);
    body = json_add_text(body, "code", row->code);
    if (member != NULL) {
        body = json_add_text(body, member, value);
    }
    body = json_add_text(body, "request_id", reply->request_id);
    reply_header(reply, "Cache-Control", "no-store");
    set_body(reply, row->status, body);
    note_error(reply, error);
}

bool reply_error(struct reply *reply, enum error error, const char *field, const char *format, ...)
{
    const char *message = NULL;
    if (format != NULL) {
        va_list values;
        va_start(values, format);
        message = arena_vprint(reply->arena, format, values);
        va_end(values);
    }
    set_error(reply, error, field == NULL ? NULL : "field", field, message);
    return false;
}

bool reply_error_with(struct reply *reply, enum error error, const char *member, const char *value,
                      const char *message)
{
    set_error(reply, error, member, value, message);
    return false;
}

bool reply_error_counts(struct reply *reply, enum error error, const char *message,
                        const char *first, int64_t first_value, const char *second,
                        int64_t second_value)
{
    const struct error_row *row = &error_rows[error];
    struct json_object *body = json_new_object(reply->arena);
    body = json_add_text(body, "error", message != NULL ? message : row->message);
    body = json_add_text(body, "code", row->code);
    body = json_add_integer(body, first, first_value);
    body = json_add_integer(body, second, second_value);
    body = json_add_text(body, "request_id", reply->request_id);
    reply_header(reply, "Cache-Control", "no-store");
    set_body(reply, row->status, body);
    note_error(reply, error);
    return false;
}

bool reply_error_details(struct reply *reply, enum error error, const char *field,
                         const char *message, const char *member, struct json_object *value)
{
    const struct error_row *row = &error_rows[error];
    struct json_object *body = json_new_object(reply->arena);
    body = json_add_text(body, "error", message != NULL ? message : row->message);
    body = json_add_text(body, "code", row->code);
    if (field != NULL) {
        body = json_add_text(body, "field", field);
    }
    body = json_add(body, member, value);
    body = json_add_text(body, "request_id", reply->request_id);
    reply_header(reply, "Cache-Control", "no-store");
    set_body(reply, row->status, body);
    note_error(reply, error);
    return false;
}

bool reply_json(struct reply *reply, int status, struct json_object *object)
{
    return set_body(reply, status, object);
}

bool reply_empty(struct reply *reply, int status)
{
    reply->status = status;
    reply->body = NULL;
    reply->body_size = 0;
    return true;
}

/*
 * RFC 9110, section 15. Nobody reads it, but HTTP/1.1 asks for the space before it, which nginx
 * leaves out where there is none.
 */
static const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"                    },
        {201, "Created"               },
        {204, "No Content"            },
        {304, "Not Modified"          },
        {400, "Bad Request"           },
        {401, "Unauthorized"          },
        {403, "Forbidden"             },
        {404, "Not Found"             },
        {405, "Method Not Allowed"    },
        {409, "Conflict"              },
        {413, "Content Too Large"     },
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content" },
        {429, "Too Many Requests"     },
        {500, "Internal Server Error" },
        {503, "Service Unavailable"   },
    };
    for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "Unknown";
}

const char *reply_head(const struct reply *reply, size_t *size)
{
    size_t most = 128;
    for (size_t i = 0; i < reply->header_count; i++) {
        most += strlen(reply->headers[i].name) + strlen(reply->headers[i].value) + 4;
    }
    char *head = arena_alloc(reply->arena, most);
    if (head == NULL) {
        return NULL;
    }
    size_t used = (size_t)snprintf(head, most, "Status: %d %s\r\n", reply->status,
                                   reason_phrase(reply->status));
    for (size_t i = 0; i < reply->header_count; i++) {
        used += (size_t)snprintf(head + used, most - used, "%s: %s\r\n", reply->headers[i].name,
                                 reply->headers[i].value);
    }
    if (reply->status != 204 && reply->status != 304) {
        used +=
            (size_t)snprintf(head + used, most - used, "Content-Length: %zu\r\n", reply->body_size);
    }
    used += (size_t)snprintf(head + used, most - used, "\r\n");
    *size = used;
    return head;
}
