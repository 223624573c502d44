/* Options from the environment and from a file, and what is said of a wrong one. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "unit.h"

static const char *const names[] = {
#define OPTION(name, field, kind, initial, least, most, purpose) #name,
#include "config.def"
#undef OPTION
};

static struct config config;
static char reason[512];

static const char secret[] = "0123456789abcdef0123456789abcdef";

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        unsetenv(names[i]);
    }
    unsetenv("KABAIDO_CURSOR_SECRET_FILE");
    setenv("KABAIDO_CURSOR_SECRET", secret, 1); /* the one that has no default */
    memset(&config, 0, sizeof(config));
    memset(reason, 0, sizeof(reason));
    return 0;
}

static int tear_down(void **state)
{
    config_free(&config);
    return set_up(state);
}

static bool read_with(const char *name, const char *value)
{
    config_free(&config);
    setenv(name, value, 1);
    bool ok = config_read(&config, reason, sizeof(reason));
    unsetenv(name);
    return ok;
}

static void defaults_are_valid(void **state)
{
    (void)state;
    assert_true(config_read(&config, reason, sizeof(reason)));
    assert_string_equal(config.socket, "/run/kabaido/api.sock");
    assert_int_equal(config.socket_mode, 0660);
    assert_int_equal(config.workers, 4);
    assert_true(config.prepared_statements);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
}

static void values_are_taken(void **state)
{
    (void)state;
    assert_true(read_with("KABAIDO_SOCKET", "/tmp/s"));
    assert_string_equal(config.socket, "/tmp/s");
    assert_true(read_with("KABAIDO_SOCKET_MODE", "0600"));
    assert_int_equal(config.socket_mode, 0600);
    assert_true(read_with("KABAIDO_WORKERS", "1024"));
    assert_int_equal(config.workers, 1024);
    assert_true(read_with("KABAIDO_PREPARED_STATEMENTS", "off"));
    assert_false(config.prepared_statements);
    assert_true(read_with("KABAIDO_LOG_LEVEL", "debug"));
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_true(read_with("KABAIDO_SOCKET_GROUP", ""));
    assert_string_equal(config.socket_group, "");
}

static void a_wrong_value_is_named_with_its_rule(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *reason;
    } cases[] = {
        {"KABAIDO_WORKERS",     "",                     "KABAIDO_WORKERS is '': it must be a whole number"        },
        {"KABAIDO_WORKERS",     "four",                 "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     "4x",                   "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     " 4",                   "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     "+4",                   "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     "-4",                   "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     "4.0",                  "it must be a whole number"                               },
        {"KABAIDO_WORKERS",     "0",                    "KABAIDO_WORKERS is 0: it must be from 1 to 1024"         },
        {"KABAIDO_WORKERS",     "1025",                 "it must be from 1 to 1024"                               },
        {"KABAIDO_WORKERS",     "99999999999999999999", "it must be from 1 to 1024"                               },
        {"KABAIDO_SOCKET_MODE", "0888",                 "it must be an octal number"                              },
        {"KABAIDO_SOCKET_MODE", "1000",                 "it must be from 0 to 777"                                },
        {"KABAIDO_LOG_LEVEL",   "loud",                 "it must be debug, info, warning or error"                },
        {"KABAIDO_SOCKET",      "",                     "KABAIDO_SOCKET is 0 bytes long: it must be from 1 to 107"},
        {"KABAIDO_SOCKET",
         "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaa"
         "aaaaaaaaaaaaaaaaaaaa",                        "it must be from 1 to 107"                                },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (read_with(cases[i].name, cases[i].value) || strstr(reason, cases[i].reason) == NULL) {
            fail_msg("%s=%s: %s", cases[i].name, cases[i].value, reason);
        }
    }
}

static void a_secret_comes_from_the_variable_or_from_a_file(void **state)
{
    char path[] = "/tmp/test_config_XXXXXX";
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    assert_true(config_read(&config, reason, sizeof(reason)));
    assert_string_equal(config.cursor_secret, secret);
    unsetenv("KABAIDO_CURSOR_SECRET");
    assert_false(read_with("KABAIDO_CURSOR_SECRET_FILE", path)); /* it is empty */
    assert_non_null(strstr(reason, "KABAIDO_CURSOR_SECRET_FILE"));
    assert_int_equal(write(file, "0123456789abcdef0123456789abcdeF\nmore\n", 38), 38);
    close(file);
    assert_true(read_with("KABAIDO_CURSOR_SECRET_FILE", path));
    assert_string_equal(config.cursor_secret, "0123456789abcdef0123456789abcdeF");
    unlink(path);
    assert_false(read_with("KABAIDO_CURSOR_SECRET_FILE", path));
    assert_non_null(strstr(reason, path));
}

/* What is wrong with a secret is told without the secret. */
static void a_secret_must_be_set_and_long(void **state)
{
    (void)state;
    unsetenv("KABAIDO_CURSOR_SECRET");
    assert_false(config_read(&config, reason, sizeof(reason)));
    assert_non_null(strstr(reason, "KABAIDO_CURSOR_SECRET is not set"));
    assert_false(read_with("KABAIDO_CURSOR_SECRET", "too short to be one"));
    assert_non_null(strstr(reason, "KABAIDO_CURSOR_SECRET is 19 characters long"));
    assert_null(strstr(reason, "too short"));
}

static void a_failure_leaves_the_configuration_as_it_was(void **state)
{
    struct config before;
    (void)state;
    assert_true(config_read(&config, reason, sizeof(reason)));
    before = config;
    setenv("KABAIDO_LOG_LEVEL", "loud", 1); /* the last row: the others were read already */
    assert_false(config_read(&config, reason, sizeof(reason)));
    assert_memory_equal(&config, &before, sizeof(config));
}

static void every_option_is_listed(void **state)
{
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    config_print_options(out);
    fclose(out);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_non_null(strstr(text, names[i]));
    }
    free(text);
}

/* Loads a file of this content. */
static bool load(const char *content)
{
    char path[] = "/tmp/kabaido-unit-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
    bool ok = config_load_file(path, reason, sizeof(reason));
    unlink(path);
    return ok;
}

static void a_file_goes_into_the_environment(void **state)
{
    (void)state;
    assert_true(load("# a comment\n"
                     "; another\n"
                     "\n"
                     "  KABAIDO_UNIT_A=1\n"
                     "KABAIDO_UNIT_B=\"two words\"\r\n"
                     "KABAIDO_UNIT_C='single'\n"
                     "KABAIDO_UNIT_D=a=b\n"
                     "KABAIDO_UNIT_E=\n"
                     "KABAIDO_UNIT_F=\"\n"
                     "KABAIDO_UNIT_G=last"));
    assert_string_equal(getenv("KABAIDO_UNIT_A"), "1");
    assert_string_equal(getenv("KABAIDO_UNIT_B"), "two words");
    assert_string_equal(getenv("KABAIDO_UNIT_C"), "single");
    assert_string_equal(getenv("KABAIDO_UNIT_D"), "a=b");
    assert_string_equal(getenv("KABAIDO_UNIT_E"), "");
    assert_string_equal(getenv("KABAIDO_UNIT_F"), "\"");
    assert_string_equal(getenv("KABAIDO_UNIT_G"), "last");
}

static void a_file_beats_the_environment(void **state)
{
    (void)state;
    setenv("KABAIDO_UNIT_A", "before", 1);
    assert_true(load("KABAIDO_UNIT_A=after\n"));
    assert_string_equal(getenv("KABAIDO_UNIT_A"), "after");
}

static void a_line_that_is_no_assignment_is_named(void **state)
{
    static const char *const lines[] = {
        "nonsense", "=value", "export KABAIDO_UNIT_A=1", "KABAIDO UNIT=1", "1A=1", "KABAIDO-A=1",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        char content[100];
        snprintf(content, sizeof(content), "KABAIDO_UNIT_A=1\n%s\n", lines[i]);
        if (load(content) || strstr(reason, "line 2: a line must be NAME=VALUE") == NULL) {
            fail_msg("%s: %s", lines[i], reason);
        }
    }
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    assert_false(config_load_file("/nonexistent/file", reason, sizeof(reason)));
    assert_string_equal(reason, "cannot read /nonexistent/file: No such file or directory");
    assert_false(config_load_file("/tmp", reason, sizeof(reason)));
    assert_string_equal(reason, "cannot read /tmp: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_valid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_value_is_named_with_its_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_comes_from_the_variable_or_from_a_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_secret_must_be_set_and_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_leaves_the_configuration_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_option_is_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_goes_into_the_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_beats_the_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_no_assignment_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
