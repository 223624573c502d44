/* Reads the options from the environment, and says plainly what is wrong with one. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "secret.h"

enum kind { TEXT, NUMBER, MODE, SWITCH, LEVEL, SECRET };

static const struct option {
    const char *name;
    enum kind kind;
    const char *initial;
    long least;
    long most;
    size_t offset;
    const char *purpose;
} options[] = {
#define OPTION(name, field, kind, initial, least, most, purpose)                                   \
    {#name, kind, initial, least, most, offsetof(struct config, field), purpose},
#include "config.def"
#undef OPTION
};

enum { OPTION_COUNT = sizeof(options) / sizeof(*options) };

static bool parse_integer(const struct option *option, const char *text, int *out, char *reason,
                          size_t size)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, option->kind == MODE ? 8 : 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0') {
        snprintf(reason, size, "%s is '%s': it must be %s number", option->name, text,
                 option->kind == MODE ? "an octal" : "a whole");
        return false;
    }
    if (errno != 0 || value < option->least || value > option->most) {
        snprintf(reason, size,
                 option->kind == MODE ? "%s is %s: it must be from %lo to %lo"
                                      : "%s is %s: it must be from %ld to %ld",
                 option->name, text, option->least, option->most);
        return false;
    }
    *out = (int)value;
    return true;
}

static bool parse_switch(const struct option *option, const char *text, bool *out, char *reason,
                         size_t size)
{
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0) {
        snprintf(reason, size, "%s is '%s': it must be on or off", option->name, text);
        return false;
    }
    *out = on;
    return true;
}

static bool parse_text(const struct option *option, const char *text, char **out, char *reason,
                       size_t size)
{
    size_t length = strlen(text);
    if (length < (size_t)option->least || length > (size_t)option->most) {
        snprintf(reason, size, "%s is %zu bytes long: it must be from %ld to %ld", option->name,
                 length, option->least, option->most);
        return false;
    }
    *out = strdup(text);
    if (*out == NULL) {
        snprintf(reason, size, "out of memory");
    }
    return *out != NULL;
}

/* The first line of the file that NAME_FILE names; the caller frees it. */
static char *read_secret_file(const struct option *option, const char *path, char *reason,
                              size_t size)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL || getline(&line, &capacity, file) < 0) {
        snprintf(reason, size, "%s_FILE is '%s': cannot read it: %s", option->name, path,
                 file == NULL ? strerror(errno) : "the file is empty");
        free(line);
        line = NULL;
    } else {
        line[strcspn(line, "\r\n")] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return line;
}

/* A secret's value is never told, not even what is wrong with it beyond its length. */
static bool parse_secret(const struct option *option, char **out, char *reason, size_t size)
{
    char file_variable[64];
    snprintf(file_variable, sizeof(file_variable), "%s_FILE", option->name);
    const char *path = getenv(file_variable);
    const char *text = getenv(option->name);
    char *value = NULL;
    if (text != NULL) {
        value = strdup(text);
    } else if (path != NULL) {
        value = read_secret_file(option, path, reason, size);
        if (value == NULL) {
            return false;
        }
    } else {
        snprintf(reason, size,
                 "%s is not set: it must be %ld to %ld characters, such as openssl rand -hex 32 "
                 "prints; %s may name a file that holds it",
                 option->name, option->least, option->most, file_variable);
        return false;
    }
    size_t length = value == NULL ? 0 : strlen(value);
    if (value == NULL || length < (size_t)option->least || length > (size_t)option->most) {
        snprintf(reason, size, "%s is %zu characters long: it must be from %ld to %ld",
                 option->name, length, option->least, option->most);
        free(value);
        return false;
    }
    *out = value;
    return true;
}

static bool parse_option(const struct option *option, void *field, char *reason, size_t size)
{
    const char *text = getenv(option->name);
    text = text == NULL ? option->initial : text;
    switch (option->kind) {
    case TEXT:
        return parse_text(option, text, field, reason, size);
    case SECRET:
        return parse_secret(option, field, reason, size);
    case SWITCH:
        return parse_switch(option, text, field, reason, size);
    case LEVEL:
        if (!log_level_from_name(text, field)) {
            snprintf(reason, size, "%s is '%s': it must be debug, info, warning or error",
                     option->name, text);
            return false;
        }
        return true;
    case NUMBER:
    case MODE:
    default:
        return parse_integer(option, text, field, reason, size);
    }
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].kind == TEXT || options[i].kind == SECRET) {
            char **field = (char **)(void *)((char *)config + options[i].offset);
            if (options[i].kind == SECRET && *field != NULL) {
                secret_cleanse(*field, strlen(*field));
            }
            free(*field);
            *field = NULL;
        }
    }
}

bool config_read(struct config *config, char *reason, size_t size)
{
    struct config fresh = {0};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!parse_option(&options[i], (char *)&fresh + options[i].offset, reason, size)) {
            config_free(&fresh);
            return false;
        }
    }
    *config = fresh;
    return true;
}

void config_print_options(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        fprintf(out, "%s\t%s\t%s\n", options[i].name, options[i].initial, options[i].purpose);
    }
}

static bool is_name(const char *text, size_t length)
{
    static const char digits[] = "0123456789";
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return length > 0 && strchr(digits, text[0]) == NULL && strspn(text, letters) == length;
}

/* Reads one line of an environment file in place; on failure *rule says what it should have been.
 */
static bool load_line(char *line, const char **rule)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';') {
        return true;
    }
    size_t length = strcspn(line, "=");
    char *value = line + length;
    if (*value != '=' || !is_name(line, length)) {
        *rule = "a line must be NAME=VALUE";
        return false;
    }
    *value++ = '\0';
    length = strlen(value);
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    *rule = "out of memory";
    return setenv(line, value, 1) == 0;
}

bool config_load_file(const char *path, char *reason, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(reason, size, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t capacity = 0;
    const char *rule = NULL;
    bool ok = true;
    errno = 0;
    for (int number = 1; ok && getline(&line, &capacity, file) >= 0; number++) {
        ok = load_line(line, &rule);
        if (!ok) {
            snprintf(reason, size, "%s, line %d: %s", path, number, rule);
        }
        errno = 0;
    }
    if (ok && !feof(file)) {
        snprintf(reason, size, "cannot read %s: %s", path, strerror(errno));
        ok = false;
    }
    free(line);
    fclose(file);
    return ok;
}
