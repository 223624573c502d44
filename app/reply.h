/*
 * The answer to a request while it is being made. A step that fails puts its error here and
 * returns false: the chain in serve.c then has nothing left to do but send it.
 * Everything lives in the request's arena.
 */
#ifndef KABAIDO_REPLY_H
#define KABAIDO_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum error {
#define ERROR(name, status, code, message) ERROR_##name,
#include "errors.def"
#include "settings/errors.def"
#undef ERROR
    ERROR_COUNT
};

/* The rows of errors.def, and of settings/errors.def after them. */
extern const struct error_row {
    int status; /* HTTP */
    const char *code;
    const char *message;
} error_rows[ERROR_COUNT];

enum { REPLY_MAX_HEADERS = 16 };

struct reply_header {
    const char *name;
    const char *value;
};

struct reply {
    struct arena *arena;
    const char *request_id;
    int status; /* HTTP; 500 until something is said */
    struct reply_header headers[REPLY_MAX_HEADERS];
    size_t header_count;
    const char *body; /* UTF-8 JSON, or NULL */
    size_t body_size;
    bool secret;          /* the body holds one: it is overwritten when it has been sent */
    enum error error;     /* which it is; ERROR_COUNT for none. For the metrics, as what follows */
    size_t rows_upserted; /* of a bulk write */
    size_t rows_refused;
};

struct json_object;

void reply_init(struct reply *reply, struct arena *arena, const char *request_id);

/*
 * Adds a header; a name that is there already gets the new value, and NULL takes the header out.
 * The strings are not copied.
 */
void reply_header(struct reply *reply, const char *name, const char *value);

/*
 * Adds a cookie (RFC 6265) that only this host gets back, only over TLS, only from its own pages,
 * and that no script sees. life_seconds 0 takes it away. The name must begin with __Host-.
 */
void reply_cookie(struct reply *reply, const char *name, const char *value, int life_seconds);

/* Makes the reply say what another one says, beside the headers that it has. */
void reply_take(struct reply *reply, const struct reply *other);

/* The value of a header, or NULL when it is not set. */
const char *reply_header_value(const struct reply *reply, const char *name);

/* As reply_header() with a value printed into the arena. */
void reply_header_print(struct reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Makes the reply an error: {"error", "code", "field"?, "request_id"}. field: the member or
 * parameter at fault, or NULL. format: the sentence for people, or NULL for the row's own. Headers
 * that are set already stay. Always returns false, so that a step can end with it.
 */
bool reply_error(struct reply *reply, enum error error, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As reply_error() with two whole numbers more, for a limit and what goes beyond it. */
bool reply_error_counts(struct reply *reply, enum error error, const char *message,
                        const char *first, int64_t first_value, const char *second,
                        int64_t second_value);

/*
 * As reply_error() with one member more, such as the list of all that is at fault; value is the
 * reply's own from now on.
 */
bool reply_error_details(struct reply *reply, enum error error, const char *field,
                         const char *message, const char *member, struct json_object *value);

/* As reply_error() with one more string member, such as required_scope. */
bool reply_error_with(struct reply *reply, enum error error, const char *member, const char *value,
                      const char *message);

/*
 * Makes the reply a JSON document; object is owned by the arena already, and NULL where memory was
 * out when it was made. False, and a 500, where memory is out.
 */
bool reply_json(struct reply *reply, int status, struct json_object *object);

/* Makes the reply a JSON document that outlives the request. Returns true. */
bool reply_text(struct reply *reply, int status, const char *text, size_t size);

/* Makes the reply an empty one. Returns true. */
bool reply_empty(struct reply *reply, int status);

/* Overwrites the body if it holds a secret. To be called when it has been sent. */
void reply_forget(struct reply *reply);

/* The head of a FastCGI (CGI, RFC 3875) answer, ended by an empty line; NULL when memory is out. */
const char *reply_head(const struct reply *reply, size_t *size);

#endif
