/* A log line is one JSON object, whatever the message holds. */
#include "log.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static char line[8192]; /* what the last event wrote */

/* Logs with standard error on a pipe, and reads the pipe. */
static void log_line(enum log_level level, const char *message)
{
    int pipes[2];
    int before = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipes), 0);
    assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
    log_event(level, "%s", message);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    close(pipes[1]);
    ssize_t size = read(pipes[0], line, sizeof(line) - 1);
    close(pipes[0]);
    line[size > 0 ? size : 0] = '\0';
}

/* The message as a reader of the line gets it. */
static const char *logged(const char *message)
{
    static char text[8192];
    log_line(LOG_LEVEL_ERROR, message);
    for (const char *c = line; c[0] != '\0' && c[1] != '\0'; c++) {
        assert_true((unsigned char)*c >= 0x20); /* which json-c would let pass */
    }
    struct json_object *object = json_tokener_parse(line);
    assert_non_null(object);
    snprintf(text, sizeof(text), "%s",
             json_object_get_string(json_object_object_get(object, "message")));
    json_object_put(object);
    return text;
}

static void a_line_has_its_members(void **state)
{
    (void)state;
    log_line(LOG_LEVEL_WARNING, "hello");
    struct json_object *object = json_tokener_parse(line);
    const char *when = json_object_get_string(json_object_object_get(object, "time"));
    assert_int_equal(strlen(when), strlen("2026-01-01T00:00:00.000Z"));
    assert_int_equal(when[10], 'T');
    assert_int_equal(when[23], 'Z');
    assert_string_equal(json_object_get_string(json_object_object_get(object, "level")), "warning");
    assert_int_equal(json_object_get_int(json_object_object_get(object, "pid")), getpid());
    assert_string_equal(json_object_get_string(json_object_object_get(object, "message")), "hello");
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_object_put(object);
}

static void what_json_reserves_is_escaped(void **state)
{
    (void)state;
    assert_string_equal(logged("a\"b\\c"), "a\"b\\c");
    assert_string_equal(logged("one\ntwo\ttab\x01\x1F"), "one\ntwo\ttab\x01\x1F");
    assert_string_equal(logged("\"},{\"x\":\""), "\"},{\"x\":\"");
    assert_string_equal(logged(""), "");
}

static void what_is_not_ascii_cannot_break_the_line(void **state)
{
    (void)state;
    assert_string_equal(logged("\xC3\xA9 \xFF \x7F"), "?? ? ?");
}

static void a_long_message_is_cut_and_whole(void **state)
{
    static char message[4096];
    (void)state;
    memset(message, 'x', sizeof(message) - 1);
    assert_int_equal(strlen(logged(message)), 1023);
    memset(message, '\x01', sizeof(message) - 1); /* six bytes each, escaped */
    assert_in_range(strlen(logged(message)), 300, 400);
    memset(message, '"', sizeof(message) - 1);
    assert_in_range(strlen(logged(message)), 1000, 1023);
}

static void levels_below_the_least_are_dropped(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_WARNING);
    log_line(LOG_LEVEL_INFO, "x");
    assert_string_equal(line, "");
    log_line(LOG_LEVEL_WARNING, "x");
    assert_string_not_equal(line, "");
    log_set_level(LOG_LEVEL_DEBUG);
    log_line(LOG_LEVEL_DEBUG, "x");
    assert_string_not_equal(line, "");
    log_set_level(LOG_LEVEL_INFO);
}

static void levels_have_names(void **state)
{
    int level = -1;
    (void)state;
    assert_true(log_level_from_name("debug", &level) && level == LOG_LEVEL_DEBUG);
    assert_true(log_level_from_name("info", &level) && level == LOG_LEVEL_INFO);
    assert_true(log_level_from_name("warning", &level) && level == LOG_LEVEL_WARNING);
    assert_true(log_level_from_name("error", &level) && level == LOG_LEVEL_ERROR);
    assert_false(log_level_from_name("Error", &level));
    assert_false(log_level_from_name("", &level));
    assert_int_equal(level, LOG_LEVEL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_its_members),
        cmocka_unit_test(what_json_reserves_is_escaped),
        cmocka_unit_test(what_is_not_ascii_cannot_break_the_line),
        cmocka_unit_test(a_long_message_is_cut_and_whole),
        cmocka_unit_test(levels_below_the_least_are_dropped),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
