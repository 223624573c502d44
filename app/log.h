/*
 * The workers' own log: a JSON object a line on standard error. Requests are logged by the web
 * server; here stand the events of the pool and of the database connection. No secret ever comes
 * here: neither keys nor headers nor statements' parameters are passed to it.
 */
#ifndef KABAIDO_LOG_H
#define KABAIDO_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

bool log_level_from_name(const char *name, int *level);

/* Events below this level are dropped. */
void log_set_level(int level);

/* {"time", "level", "pid", "message"}; one write, so that processes do not mix their lines. */
void log_event(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
