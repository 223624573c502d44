/* kabaido-api: reads the configuration, then runs the pool of workers. Lifetime only. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "endpoints.h"
#include "listener.h"
#include "log.h"
#include "pool.h"

#ifndef KABAIDO_VERSION
#define KABAIDO_VERSION "development"
#endif

enum action {
    SERVE,
    CHECK,
    CHECK_CONFIGURATION,
    LIST_OPTIONS,
    LIST_ENDPOINTS,
    PRINT_VERSION,
    PRINT_HELP,
    REFUSE,
};

struct invocation {
    enum action action;
    const char *env_file; /* or NULL */
};

static const char usage[] =
    "usage: kabaido-api [--env-file FILE] [--check | --check-configuration]\n"
    "       kabaido-api --options | --endpoints | --version | --help\n"
    "\n"
    "Serves the Kabaido REST API to a web server over FastCGI, in the foreground.\n"
    "\n"
    "  --env-file FILE  put the NAME=VALUE lines of FILE into the environment first, now and at\n"
    "                   each reload\n"
    "  --check          verify configuration and database, say what is wrong, and exit\n"
    "  --check-configuration\n"
    "                   verify the configuration alone, as a reload does first, and exit\n"
    "  --options        list the options (environment variables) and exit\n"
    "  --endpoints      list the table of endpoints and exit\n"
    "  --version        print the version and exit\n"
    "  --help           print this and exit\n"
    "\n"
    "SIGTERM finishes what is under way and stops; SIGHUP takes a new binary or configuration\n"
    "without losing a request.\n";

static struct invocation read_arguments(int argc, char **argv)
{
    static const struct option known[] = {
        {"check",               no_argument,       NULL, CHECK              },
        {"check-configuration", no_argument,       NULL, CHECK_CONFIGURATION},
        {"options",             no_argument,       NULL, LIST_OPTIONS       },
        {"endpoints",           no_argument,       NULL, LIST_ENDPOINTS     },
        {"version",             no_argument,       NULL, PRINT_VERSION      },
        {"help",                no_argument,       NULL, PRINT_HELP         },
        {"env-file",            required_argument, NULL, 'e'                },
        {NULL,                  0,                 NULL, 0                  },
    };
    struct invocation invocation = {.action = SERVE};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == '?') {
            return (struct invocation){.action = REFUSE};
        }
        if (option == 'e') {
            invocation.env_file = optarg;
        } else {
            invocation.action = (enum action)option;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "kabaido-api: unexpected argument '%s'\n", argv[optind]);
        invocation.action = REFUSE;
    }
    return invocation;
}

static void free_environment(char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        free(environment[i]);
    }
    free(environment);
}

/*
 * A reload starts from the environment that we were given, without what a file added to it and
 * without the word that a master before us left.
 */
static char **copy_environment(void)
{
    size_t count = 0;
    size_t used = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **copy = calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < count; i++) {
        if (strncmp(environ[i], HANDOVER, sizeof(HANDOVER) - 1) == 0) {
            continue;
        }
        copy[used] = strdup(environ[i]);
        if (copy[used++] == NULL) { /* half an environment would be a different configuration */
            free_environment(copy);
            copy = NULL;
        }
    }
    return copy;
}

static bool read_configuration(const char *env_file, struct config *config, char *reason,
                               size_t size)
{
    if ((env_file != NULL && !config_load_file(env_file, reason, size)) ||
        !config_read(config, reason, size)) {
        return false;
    }
    log_set_level(config->log_level);
    return true;
}

/* What needs the configuration. reason: why config is NULL. */
static int run(const struct invocation *invocation, const struct config *config, const char *reason,
               const struct program *program)
{
    if (invocation->action == CHECK) {
        return check_run(config, reason, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (config == NULL) {
        log_event(LOG_LEVEL_ERROR, "%s", reason);
        return EXIT_FAILURE;
    }
    return invocation->action == SERVE ? pool_run(config, program) : EXIT_SUCCESS;
}

/* Where this program is: as it was called, or where the shell found it in PATH. */
static const char *find_program(const char *called, char found[PATH_MAX])
{
    if (strchr(called, '/') != NULL) {
        return called;
    }
    ssize_t length = readlink("/proc/self/exe", found, PATH_MAX - 1);
    found[length < 0 ? 0 : length] = '\0';
    return found;
}

static int configure_and_run(const struct invocation *invocation, char **argv)
{
    char reason[512] = "out of memory";
    char found[PATH_MAX];
    struct config config = {0};
    const struct program program = {
        .path = find_program(argv[0], found), .arguments = argv, .environment = copy_environment()};
    bool sound = program.environment != NULL &&
                 endpoints_check(endpoints, endpoint_count, reason, sizeof(reason)) &&
                 read_configuration(invocation->env_file, &config, reason, sizeof(reason));
    int status = run(invocation, sound ? &config : NULL, reason, &program);
    config_free(&config);
    free_environment(program.environment);
    return status;
}

int main(int argc, char **argv)
{
    const struct invocation invocation = read_arguments(argc, argv);
    switch (invocation.action) {
    case REFUSE:
        fputs(usage, stderr);
        return 2;
    case PRINT_HELP:
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    case PRINT_VERSION:
        puts("kabaido-api " KABAIDO_VERSION);
        return EXIT_SUCCESS;
    case LIST_OPTIONS:
        config_print_options(stdout);
        return EXIT_SUCCESS;
    case LIST_ENDPOINTS:
        endpoints_print(stdout);
        return EXIT_SUCCESS;
    case SERVE:
    case CHECK:
    case CHECK_CONFIGURATION:
    default:
        return configure_and_run(&invocation, argv);
    }
}
