/* Configuration: environment variables only, all of them rows of config.def. */
#ifndef KABAIDO_CONFIG_H
#define KABAIDO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_FIELD_TEXT   char *
#define CONFIG_FIELD_NUMBER int
#define CONFIG_FIELD_MODE   int
#define CONFIG_FIELD_SWITCH bool
#define CONFIG_FIELD_LEVEL  int
#define CONFIG_FIELD_SECRET char *

struct config {
#define OPTION(name, field, kind, initial, least, most, purpose) CONFIG_FIELD_##kind field;
#include "config.def"
#undef OPTION
};

/*
 * Reads the environment over the defaults. On failure reason (of size bytes) names the variable,
 * its value's problem and the rule, and the configuration stays as it was.
 */
bool config_read(struct config *config, char *reason, size_t size);
void config_free(struct config *config);

/*
 * Puts the KEY=VALUE lines of a file into the environment (as systemd's EnvironmentFile: empty
 * lines and lines that begin with # are skipped, a value may be quoted). reason as above.
 */
bool config_load_file(const char *path, char *reason, size_t size);

/* Prints the table, one option a line: name, default, purpose, separated by tabs. */
void config_print_options(FILE *out);

#endif
