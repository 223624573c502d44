/* Reads members out of json-c's tree, and words what is wrong with them. */
#include "members.h"

#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "json_tree.h"
#include "utf8.h"

enum { SHOWN_MOST = 60 }; /* bytes of a value that an error repeats */

static const char last_resort[] = "Something went wrong on our side.";

struct json_object *members_parse(const struct request *request, struct reply *reply)
{
    struct json_object *body = NULL;
    if (!json_tree_read(request->arena, request->body, &body)) {
        reply_error(reply, ERROR_INTERNAL, NULL, NULL);
        return NULL;
    }
    body = json_own(request->arena, body);
    if (!json_object_is_type(body, json_type_object)) {
        reply_error(reply, ERROR_INVALID_BODY, NULL, "The body must be a JSON object.");
        return NULL;
    }
    return body;
}

bool member_refuse(const struct members *members, const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *message = arena_vprint(members->arena, format, values);
    va_end(values);
    *members->fault =
        (struct member_fault){.member = name, .message = message == NULL ? last_resort : message};
    return false;
}

const char *member_shown(struct arena *arena, const char *value, size_t length)
{
    size_t kept = utf8_cut(value, length, SHOWN_MOST);
    const char *shown =
        arena_print(arena, "%.*s%s", (int)kept, value, kept < length ? "\xE2\x80\xA6" : "");
    return shown == NULL ? "" : shown;
}

bool members_reply(const struct member_fault *fault, const char *place, struct reply *reply)
{
    const char *field = place == NULL || fault->member == NULL
                            ? (place == NULL ? fault->member : place)
                            : arena_print(reply->arena, "%s.%s", place, fault->member);
    return reply_error(reply, ERROR_INVALID_BODY, field, "%s", fault->message);
}

static bool is_known(const char *const *known, const char *name)
{
    while (*known != NULL && strcmp(*known, name) != 0) {
        known++;
    }
    return *known != NULL;
}

/* "a, b and c" */
static const char *list_names(struct arena *arena, const char *const *known)
{
    const char *list = known[0];
    for (size_t i = 1; known[i] != NULL && list != NULL; i++) {
        list = arena_print(arena, "%s%s%s", list, known[i + 1] == NULL ? " and " : ", ", known[i]);
    }
    return list == NULL ? "" : list;
}

bool members_known(const struct members *members, const char *const *known)
{
    if (!json_object_is_type(members->object, json_type_object)) {
        return member_refuse(members, NULL, "It is %s: it must be an object with %s.",
                             member_kind(members->object), list_names(members->arena, known));
    }
    json_object_object_foreach(members->object, name, value)
    {
        (void)value;
        if (!is_known(known, name)) {
            const char *shown = member_shown(members->arena, name, strlen(name));
            return member_refuse(members, shown, "'%s' is not a member here: there are %s.", shown,
                                 list_names(members->arena, known));
        }
    }
    return true;
}

const char *member_kind(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        return "a boolean";
    case json_type_int:
    case json_type_double:
        return "a number";
    case json_type_string:
        return "a string";
    case json_type_array:
        return "an array";
    case json_type_object:
        return "an object";
    case json_type_null:
    default:
        return "null";
    }
}

size_t member_gap(const char *text, size_t left)
{
    bool control = left > 0 && ((unsigned char)*text < 0x20 || *text == 0x7F);
    return control ? 1 : utf8_space(text, left);
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = member_gap(text + i, length - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

bool member_prose(const struct members *members, const char *name, size_t most,
                  struct member_text *text)
{
    struct json_object *value = NULL;
    *text =
        (struct member_text){.sent = json_object_object_get_ex(members->object, name, &value) != 0};
    if (value == NULL) {
        return true;
    }
    if (!json_object_is_type(value, json_type_string)) {
        return member_refuse(members, name, "'%s' is %s: it must be a string.", name,
                             member_kind(value));
    }
    text->value = json_object_get_string(value);
    text->length = (size_t)json_object_get_string_len(value);
    if (is_blank(text->value, text->length)) {
        return member_refuse(members, name, "'%s' is blank: it must say something.", name);
    }
    size_t count = utf8_length(text->value, text->length);
    return count <= most ||
           member_refuse(members, name, "'%s' has %zu characters: it may have %zu.", name, count,
                         most);
}

bool member_line(const struct members *members, const char *name, struct member_text *text)
{
    if (!member_prose(members, name, MEMBER_LINE_MOST, text)) {
        return false;
    }
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->value[i];
        if (c < 0x20 || c == 0x7F) {
            return member_refuse(members, name,
                                 "'%s' holds the control character U+%04X: it must be one line.",
                                 name, c);
        }
    }
    return true;
}

bool member_required(const struct members *members, const char *name,
                     const struct member_text *text)
{
    return text->value != NULL || member_refuse(members, name, "'%s' is %s: it is required.", name,
                                                text->sent ? "null" : "missing");
}
