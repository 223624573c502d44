/* kabaido-api: reads the configuration, then runs the pool of workers. Lifetime only. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "config.h"
#include "endpoints.h"
#include "log.h"
#include "pool.h"

#ifndef KABAIDO_VERSION
#define KABAIDO_VERSION "development"
#endif

extern char **environ;

enum action { SERVE, CHECK, CHECK_CONFIGURATION, LIST_OPTIONS, LIST_ENDPOINTS, VERSION, HELP, WRONG };

static const char usage[] =
    "usage: kabaido-api [--env-file FILE] [--check | --options | --endpoints | --version]\n"
    "\n"
    "Serves the Kabaido REST API to a web server over FastCGI, in the foreground.\n"
    "\n"
    "  --env-file FILE  put the NAME=VALUE lines of FILE into the environment first, now and at\n"
    "                   each reload\n"
    "  --check          verify configuration and database, say what is wrong, and exit\n"
    "  --options        list the options (environment variables) and exit\n"
    "  --endpoints      list the table of endpoints and exit\n"
    "  --version        print the version and exit\n"
    "\n"
    "SIGTERM finishes what is under way and stops; SIGHUP takes a new binary or configuration\n"
    "without losing a request.\n";

static enum action read_arguments(int argc, char **argv, const char **env_file)
{
    static const struct option known[] = {
        {"env-file",            required_argument, NULL, 'e'                },
        {"check",               no_argument,       NULL, 'c'                },
        {"check-configuration", no_argument,       NULL, 'C'                },
        {"options",             no_argument,       NULL, 'o'                },
        {"endpoints",           no_argument,       NULL, 'n'                },
        {"version",             no_argument,       NULL, 'v'                },
        {"help",                no_argument,       NULL, 'h'                },
        {NULL,                  0,                 NULL, 0                  },
    };
    enum action action = SERVE;
    int letter;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'e':
            *env_file = optarg;
            break;
        case 'c':
            action = CHECK;
            break;
        case 'C':
            action = CHECK_CONFIGURATION;
            break;
        case 'o':
            action = LIST_OPTIONS;
            break;
        case 'n':
            action = LIST_ENDPOINTS;
            break;
        case 'v':
            action = VERSION;
            break;
        case 'h':
            action = HELP;
            break;
        default:
            return WRONG;
        }
    }
    return optind == argc ? action : WRONG;
}

static void print_endpoints(void)
{
    for (size_t i = 0; i < endpoint_count; i++) {
        const struct endpoint *row = &endpoints[i];
        printf("%s\t%s\t%s\t%s\t%zu\n", endpoint_method_name(row->method), row->path,
               row->scope == NULL ? "-" : row->scope,
               row->flags & ENDPOINT_UNCOUNTED ? "uncounted" : "counted", row->body_limit);
    }
}

/* A reload starts from the environment that we were given, without what a file added to it. */
static char **copy_environment(void)
{
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **copy = calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(environ[i]);
    }
    return copy;
}

static void free_environment(char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        free(environment[i]);
    }
    free(environment);
}

static bool read_configuration(const char *env_file, struct config *config)
{
    char reason[512];
    if ((env_file == NULL || config_load_file(env_file, reason, sizeof(reason))) &&
        config_read(config, reason, sizeof(reason)) &&
        endpoints_check(endpoints, endpoint_count, reason, sizeof(reason))) {
        log_set_level(config->log_level);
        return true;
    }
    log_event(LOG_LEVEL_ERROR, "%s", reason);
    return false;
}

static int act(enum action action, const struct config *config, const struct program *program)
{
    switch (action) {
    case CHECK:
        return check_run(config, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    case CHECK_CONFIGURATION:
        return EXIT_SUCCESS; /* it has been read */
    case SERVE:
    default:
        return pool_run(config, program);
    }
}

int main(int argc, char **argv)
{
    const char *env_file = NULL;
    struct config config = {0};
    switch (read_arguments(argc, argv, &env_file)) {
    case WRONG:
        fputs(usage, stderr);
        return 2;
    case HELP:
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    case VERSION:
        puts("kabaido-api " KABAIDO_VERSION);
        return EXIT_SUCCESS;
    case LIST_OPTIONS:
        config_print_options(stdout);
        return EXIT_SUCCESS;
    case LIST_ENDPOINTS:
        print_endpoints();
        return EXIT_SUCCESS;
    default:
        break;
    }
    optind = 1;
    enum action action = read_arguments(argc, argv, &env_file);
    const struct program program = {.arguments = argv, .environment = copy_environment()};
    int status = EXIT_FAILURE;
    if (program.environment != NULL && read_configuration(env_file, &config)) {
        status = act(action, &config, &program);
    }
    config_free(&config);
    free_environment(program.environment);
    return status;
}
