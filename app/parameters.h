/*
 * The query's parameters, read by what they mean. Each of these refuses a value with 422
 * invalid_parameter that names the parameter, the value and the rule, and returns false.
 */
#ifndef KABAIDO_PARAMETERS_H
#define KABAIDO_PARAMETERS_H

#include <stdbool.h>

#include "reply.h"
#include "request.h"

/* Every parameter is one that the endpoint takes, and is given once unless it may be repeated. */
bool parameters_known(const struct request *request, struct reply *reply);

/* The value, or NULL when the parameter is not given. */
const char *parameter(const struct request *request, const char *name);

/* A whole number from least to most; initial when the parameter is not given. */
bool parameter_integer(const struct request *request, const char *name, int least, int most,
                       int initial, int *value, struct reply *reply);

/* A UUID in lower case; NULL when not given. Lives in the request's arena. */
bool parameter_uuid(const struct request *request, const char *name, const char **value,
                    struct reply *reply);

/*
 * A moment (RFC 3339) as PostgreSQL reads it, cut to its microseconds; NULL when not given. A space
 * before the offset is taken for the '+' that somebody forgot to encode.
 */
bool parameter_moment(const struct request *request, const char *name, const char **value,
                      struct reply *reply);

/* Text from 1 to most bytes without control characters; NULL when not given. */
bool parameter_text(const struct request *request, const char *name, size_t most,
                    const char **value, struct reply *reply);

/* true or false; false when not given. */
bool parameter_boolean(const struct request *request, const char *name, bool *value,
                       struct reply *reply);

/*
 * All values of a parameter that may be repeated, each one of known (ended by NULL), as the text of
 * a PostgreSQL array; NULL when not given. The known words need no quoting.
 */
bool parameter_words(const struct request *request, const char *name, const char *const *known,
                     const char **array, struct reply *reply);

#endif
