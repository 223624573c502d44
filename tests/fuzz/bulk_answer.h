/* What the answer to a bulk write must hold (bulk.h). */
#ifndef KABAIDO_FUZZ_BULK_ANSWER_H
#define KABAIDO_FUZZ_BULK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "handler.h"

/*
 * Rows and errors are as many as the rows that were given, errors come in order, and what the
 * answer counts has been written; rows: the member of the body that holds them.
 */
void bulk_answer_check(const struct handler *handler, const char *rows, size_t written);

#endif
