/*
 * The members of a JSON object that a client sent, read by what they mean. A reader that refuses
 * one returns false and says which and why; whether that is an answer (422 invalid_body) or one
 * row's fault among others is the caller's to decide.
 *
 * The document has passed json_check(): text is UTF-8 without NUL, and no name is there twice.
 */
#ifndef KABAIDO_MEMBERS_H
#define KABAIDO_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "reply.h"
#include "request.h"

struct json_object;

/* What is wrong with a member. Lives in the arena. */
struct member_fault {
    const char *member;  /* its name, or NULL for the object itself */
    const char *message; /* a sentence that names the member, its value and the rule */
};

/* An object at hand, and where to say what is wrong with it. */
struct members {
    struct arena *arena;
    struct json_object *object;
    struct member_fault *fault;
};

/* The value of a text member. */
struct member_text {
    bool sent;         /* false: the member is absent, and leaves what is there as it is */
    const char *value; /* NULL when it is absent or null */
    size_t length;     /* in bytes */
};

enum { MEMBER_LINE_MOST = 500 }; /* characters of a line: the database's short_text */

/* The request's body, an object owned by its arena. NULL: the reply holds the error. */
struct json_object *members_parse(const struct request *request, struct reply *reply);

/* True when the object is one and has no members but the known ones (ended by NULL). */
bool members_known(const struct members *members, const char *const *known);

/* One line of text that is not blank, of at most MEMBER_LINE_MOST characters; null, or absent. */
bool member_line(const struct members *members, const char *name, struct member_text *text);

/* Text over any number of lines that is not blank, of at most most characters; null, or absent. */
bool member_prose(const struct members *members, const char *name, size_t most,
                  struct member_text *text);

/* Bytes at text that show nothing, white space or a control character; 0: it shows something. */
size_t member_gap(const char *text, size_t left);

/* Refuses a text member that is absent or null. */
bool member_required(const struct members *members, const char *name,
                     const struct member_text *text);

/* Records a fault; always false. format: a sentence, such as "'name' is 'x': it must be ...". */
bool member_refuse(const struct members *members, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "a number", "null": what a value is, for a sentence. */
const char *member_kind(struct json_object *value);

/* A value as a sentence can repeat it: its beginning, in whole characters. */
const char *member_shown(struct arena *arena, const char *value, size_t length);

/*
 * Answers 422 invalid_body with the fault; always false. place: the path of the object in the body,
 * such as "customer", or NULL for the body itself.
 */
bool members_reply(const struct member_fault *fault, const char *place, struct reply *reply);

#endif
