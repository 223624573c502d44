/* Moments (RFC 3339): what is taken is a real one, in one form, and the same moment after all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include "moment.h"

/* A day that its month has stays what it is when the calendar counts from it. */
static void check_date(const char *moment)
{
    struct tm given = {0};
    struct tm counted;
    const char *rest = strptime(moment, "%Y-%m-%dT%H:%M:%S", &given);
    MUST(rest == moment + 19 && strspn(rest, ".0123456789Z:+-") == strlen(rest));
    given.tm_isdst = 0;
    time_t seconds = timegm(&given);
    MUST(gmtime_r(&seconds, &counted) != NULL);
    MUST(counted.tm_mday == given.tm_mday && counted.tm_mon == given.tm_mon);
    MUST(counted.tm_year == given.tm_year && counted.tm_sec == given.tm_sec);
}

/* A moment in its plainest spelling is taken when each number is one, and refused when not. */
static bool is_moment(const char *text)
{
    struct tm given = {0};
    char again[MOMENT_SIZE] = "";
    if (strptime(text, "%Y-%m-%dT%H:%M:%SZ", &given) == NULL || given.tm_sec > 59) {
        return false;
    }
    given.tm_isdst = 0;
    time_t seconds = timegm(&given);
    struct tm counted;
    MUST(gmtime_r(&seconds, &counted) != NULL);
    /* As it was written, and of a year that four digits hold. */
    snprintf(again, sizeof(again), "%04d-%02d-%02dT%02d:%02d:%02dZ", counted.tm_year + 1900,
             counted.tm_mon + 1, counted.tm_mday, counted.tm_hour, counted.tm_min, counted.tm_sec);
    return strcmp(again, text) == 0 && counted.tm_year + 1900 >= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    char moment[MOMENT_SIZE] = "as it was";
    if (moment_read(text, moment)) {
        char again[MOMENT_SIZE];
        MUST(strnlen(moment, sizeof(moment)) >= 20 && strnlen(moment, sizeof(moment)) <= 32);
        MUST(memcmp(moment, text, 10) == 0 && memcmp(moment + 11, text + 11, 8) == 0);
        check_date(moment);
        MUST(moment_read(moment, again) && strcmp(moment, again) == 0);
    } else {
        MUST(strcmp(moment, "as it was") == 0 && !is_moment(text));
    }
    free(text);
    return 0;
}
