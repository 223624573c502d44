/* Prints results, as JSON or aligned for people, and keys without leaving copies of them. */
#include "output.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "../json.h"
#include "../scope.h"

enum { CELL_SIZE = 2048, MOST_COLUMNS = 12 };

static bool incomplete; /* something could not be written */

/* Puts text into a cell, with what a terminal might obey or stumble over replaced. */
static void put_text(char cell[CELL_SIZE], const char *text)
{
    mbstate_t state = {0};
    size_t used = 0;
    for (size_t left = strlen(text); left > 0 && used + MB_LEN_MAX < CELL_SIZE;) {
        wchar_t character;
        size_t length = mbrtowc(&character, text, left, &state);
        if (length == (size_t)-1 || length == (size_t)-2) {
            state = (mbstate_t){0};
            length = 1;
            character = L'\0';
        }
        if (iswprint((wint_t)character)) {
            memcpy(cell + used, text, length);
            used += length;
        } else {
            cell[used++] = '?';
        }
        text += length;
        left -= length;
    }
    cell[used] = '\0';
}

static void put_scopes(char cell[CELL_SIZE], struct json_object *list)
{
    size_t used = 0;
    size_t count = json_object_array_length(list);
    snprintf(cell, CELL_SIZE, "%s", count == SCOPE_COUNT ? "all" : "");
    for (size_t i = 0; i < count && count < SCOPE_COUNT && used < CELL_SIZE; i++) {
        used += (size_t)snprintf(cell + used, CELL_SIZE - used, "%s%s", i == 0 ? "" : ",",
                                 json_object_get_string(json_object_array_get_idx(list, i)));
    }
}

/* 2026-06-02T10:30:00.5Z becomes 2026-06-02 and so many characters of the time. */
static void put_moment(char cell[CELL_SIZE], const char *text, int characters)
{
    snprintf(cell, CELL_SIZE, "%.10s %.*s", text, characters, strlen(text) > 11 ? text + 11 : "");
}

static void append(char cell[CELL_SIZE], const char *text)
{
    size_t used = strlen(cell);
    snprintf(cell + used, CELL_SIZE - used, "%s", text);
}

static void append_value(char cell[CELL_SIZE], struct json_object *value)
{
    if (!json_object_is_type(value, json_type_array)) {
        append(cell, json_object_get_string(value));
        return;
    }
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        append(cell, i == 0 ? "" : ",");
        append(cell, json_object_get_string(json_object_array_get_idx(value, i)));
    }
}

static void put_members(char cell[CELL_SIZE], struct json_object *object)
{
    char members[CELL_SIZE] = "";
    struct json_object_iterator member = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&member, &end); json_object_iter_next(&member)) {
        struct json_object *value = json_object_iter_peek_value(&member);
        if (value != NULL) {
            append(members, members[0] == '\0' ? "" : " ");
            append(members, json_object_iter_peek_name(&member));
            append(members, "=");
            append_value(members, value);
        }
    }
    put_text(cell, members);
}

static void put_value(char cell[CELL_SIZE], struct json_object *row,
                      const struct output_column *column)
{
    struct json_object *value = json_object_object_get(row, column->member);
    if (value != NULL && column->form == OUTPUT_NAME) {
        value = json_object_object_get(value, "name");
    }
    if (value == NULL) {
        put_text(cell, column->absent);
    } else if (column->form == OUTPUT_SCOPES) {
        put_scopes(cell, value);
    } else if (column->form == OUTPUT_MOMENT) {
        put_moment(cell, json_object_get_string(value), 5);
    } else if (column->form == OUTPUT_SECOND) {
        put_moment(cell, json_object_get_string(value), 8);
    } else if (column->form == OUTPUT_MEMBERS) {
        put_members(cell, value);
    } else {
        put_text(cell, json_object_get_string(value));
    }
}

/* Columns that the text takes on a terminal. */
static int width_of(const char *text)
{
    mbstate_t state = {0};
    int width = 0;
    for (size_t left = strlen(text); left > 0;) {
        wchar_t character;
        size_t length = mbrtowc(&character, text, left, &state);
        if (length == 0 || length > left) {
            break; /* put_text() has left none that are broken */
        }
        int columns = wcwidth(character);
        width += columns > 0 ? columns : 0;
        text += length;
        left -= length;
    }
    return width;
}

/* width 0: the last of a line, without blanks behind it. */
static void print_cell(const char *text, int width)
{
    int blanks = width - width_of(text);
    printf("%s%*s", text, blanks > 0 ? blanks : 0, "");
}

void output_table(struct json_object *rows, const struct output_column *columns, size_t count)
{
    char cell[CELL_SIZE];
    int widths[MOST_COLUMNS];
    size_t lines = json_object_array_length(rows);
    for (size_t i = 0; i < count; i++) {
        widths[i] = width_of(columns[i].title);
        for (size_t line = 0; line < lines; line++) {
            put_value(cell, json_object_array_get_idx(rows, line), &columns[i]);
            int width = width_of(cell);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        print_cell(columns[i].title, i + 1 < count ? widths[i] + 2 : 0);
    }
    putchar('\n');
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < count; i++) {
            put_value(cell, json_object_array_get_idx(rows, line), &columns[i]);
            print_cell(cell, i + 1 < count ? widths[i] + 2 : 0);
        }
        putchar('\n');
    }
}

void output_record(struct json_object *row, const struct output_column *columns, size_t count)
{
    char cell[CELL_SIZE];
    int widest = 0;
    for (size_t i = 0; i < count; i++) {
        int width = width_of(columns[i].title);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < count; i++) {
        printf("  ");
        print_cell(columns[i].title, widest + 2);
        put_value(cell, row, &columns[i]);
        printf("%s\n", cell);
    }
}

void output_json(struct json_object *object)
{
    size_t size = 0;
    const char *text = json_text(object, &size);
    incomplete = text == NULL || incomplete;
    printf("%s\n", text == NULL ? "" : text);
}

/* Past stdio, whose buffer would keep it. */
static void write_key(const char *text)
{
    size_t left = KEY_LENGTH;
    incomplete = fflush(stdout) != 0 || incomplete;
    while (left > 0 && !incomplete) {
        ssize_t written = write(STDOUT_FILENO, text + KEY_LENGTH - left, left);
        if (written > 0) {
            left -= (size_t)written;
        } else if (errno != EINTR) {
            incomplete = true;
        }
    }
}

void output_json_with_key(struct json_object *object, const char text[KEY_LENGTH + 1])
{
    size_t size = 0;
    const char *rest = json_text(object, &size);
    bool empty = rest == NULL || size <= 2;
    incomplete = rest == NULL || incomplete;
    printf("{\"key\":\"");
    write_key(text); /* base 62 and '_': nothing to escape */
    printf("\"%s%s\n", empty ? "" : ",", empty ? "}" : rest + 1);
}

void output_key(const char text[KEY_LENGTH + 1])
{
    write_key(text);
    putchar('\n');
}

bool output_finish(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) && !incomplete;
}
