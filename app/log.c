/* Writes one JSON line for an event. */
#include "log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static int least_level = LOG_LEVEL_INFO;

bool log_level_from_name(const char *name, int *level)
{
    for (int i = 0; i <= LOG_LEVEL_ERROR; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = i;
            return true;
        }
    }
    return false;
}

void log_set_level(int level)
{
    least_level = level;
}

/* Escapes as RFC 8259 demands; what is not ASCII goes out as '?', lest a line be broken UTF-8. */
static size_t escape(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (; *text != '\0' && used + 7 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            out[used++] = '\\';
            out[used++] = (char)c;
        } else if (c < 0x20) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
        } else {
            out[used++] = (char)(c < 0x7F ? c : '?');
        }
    }
    out[used] = '\0';
    return used;
}

void log_event(enum log_level level, const char *format, ...)
{
    if ((int)level < least_level) {
        return;
    }
    char message[1024];
    char escaped[2048];
    char line[2304];
    char when[32];
    struct timespec now;
    struct tm utc;
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    escape(escaped, sizeof(escaped), message);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
    int size = snprintf(line, sizeof(line),
                        "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"pid\":%d,\"message\":\"%s\"}\n",
                        when, now.tv_nsec / 1000000, level_names[level], (int)getpid(), escaped);
    ssize_t written = write(STDERR_FILENO, line, (size_t)size);
    (void)written; /* a full disk must not stop the service */
}
