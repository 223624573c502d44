/* Reads the query's parameters and says what is wrong with one. */
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "moment.h"

const char *parameter(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->parameters[i].name, name) == 0) {
            return request->parameters[i].value;
        }
    }
    return NULL;
}

static bool given_before(const struct request *request, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (strcmp(request->parameters[i].name, request->parameters[place].name) == 0) {
            return true;
        }
    }
    return false;
}

bool parameters_known(const struct request *request, struct reply *reply)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        const char *name = request->parameters[i].name;
        const struct parameter_rule *rule = request->endpoint->parameters;
        while (rule->name != NULL && strcmp(rule->name, name) != 0) {
            rule++;
        }
        if (rule->name == NULL) {
            return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                               "'%s' is not a query parameter of this operation.", name);
        }
        if (!rule->repeatable && given_before(request, i)) {
            return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                               "'%s' is given more than once.", name);
        }
    }
    return true;
}

bool parameter_integer(const struct request *request, const char *name, int least, int most,
                       int initial, int *value, struct reply *reply)
{
    const char *text = parameter(request, name);
    if (text == NULL) {
        *value = initial;
        return true;
    }
    /* Digits only, and few of them: strtol() also takes spaces, signs and more than fits. */
    size_t digits = strspn(text, "0123456789");
    long number = digits > 0 && digits <= 9 && text[digits] == '\0' ? strtol(text, NULL, 10) : -1;
    if (number < least || number > most) {
        return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                           "'%s' is '%s': it must be a whole number from %d to %d.", name, text,
                           least, most);
    }
    *value = (int)number;
    return true;
}

bool parameter_uuid(const struct request *request, const char *name, const char **value,
                    struct reply *reply)
{
    const char *text = parameter(request, name);
    char uuid[REQUEST_UUID_LENGTH + 1];
    *value = NULL;
    if (text == NULL) {
        return true;
    }
    if (!request_uuid(text, strlen(text), uuid)) {
        return reply_error(reply, ERROR_INVALID_PARAMETER, name, "'%s' is '%s': it must be a UUID.",
                           name, text);
    }
    *value = arena_copy(request->arena, uuid, REQUEST_UUID_LENGTH);
    return *value != NULL || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

bool parameter_moment(const struct request *request, const char *name, const char **value,
                      struct reply *reply)
{
    const char *text = parameter(request, name);
    *value = NULL;
    if (text == NULL) {
        return true;
    }
    char *moment = arena_alloc(request->arena, MOMENT_SIZE);
    if (moment == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (!moment_read(text, moment)) {
        return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                           "'%s' is '%s': it must be a moment as in RFC 3339, such as "
                           "2026-06-02T10:30:00Z.",
                           name, text);
    }
    *value = moment;
    return true;
}

bool parameter_text(const struct request *request, const char *name, size_t most,
                    const char **value, struct reply *reply)
{
    const char *text = parameter(request, name);
    *value = NULL;
    if (text == NULL) {
        return true;
    }
    size_t length = strlen(text);
    if (length == 0 || length > most) {
        return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                           "'%s' is %zu bytes long: it must be from 1 to %zu.", name, length, most);
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            return reply_error(reply, ERROR_INVALID_PARAMETER, name,
                               "'%s' holds a control character.", name);
        }
    }
    *value = text;
    return true;
}

bool parameter_boolean(const struct request *request, const char *name, bool *value,
                       struct reply *reply)
{
    const char *text = parameter(request, name);
    *value = text != NULL && strcmp(text, "true") == 0;
    return text == NULL || *value || strcmp(text, "false") == 0 ||
           reply_error(reply, ERROR_INVALID_PARAMETER, name,
                       "'%s' is '%s': it must be true or false.", name, text);
}

static const char *list_words(struct arena *arena, const char *const *known)
{
    const char *list = known[0];
    for (size_t i = 1; known[i] != NULL && list != NULL; i++) {
        list = arena_print(arena, "%s%s%s", list, known[i + 1] == NULL ? " or " : ", ", known[i]);
    }
    return list == NULL ? "" : list;
}

bool parameter_words(const struct request *request, const char *name, const char *const *known,
                     const char **array, struct reply *reply)
{
    const char *words = NULL;
    for (size_t i = 0; i < request->parameter_count; i++) {
        const char *value = request->parameters[i].value;
        if (strcmp(request->parameters[i].name, name) != 0) {
            continue;
        }
        size_t place = 0;
        while (known[place] != NULL && strcmp(known[place], value) != 0) {
            place++;
        }
        if (known[place] == NULL) {
            return reply_error(reply, ERROR_INVALID_PARAMETER, name, "'%s' is '%s': it must be %s.",
                               name, value, list_words(request->arena, known));
        }
        words = words == NULL ? known[place]
                              : arena_print(request->arena, "%s,%s", words, known[place]);
        if (words == NULL) {
            return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
        }
    }
    *array = words == NULL ? NULL : arena_print(request->arena, "{%s}", words);
    return words == NULL || *array != NULL || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}
