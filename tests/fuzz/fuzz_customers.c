/* The body of POST /customers: the first byte chooses the flags and what fails. */
#include <string.h>

#include "bulk_answer.h"
#include "database.h"
#include "fuzz.h"
#include "handler.h"
#include "utf8.h"

static size_t written;

static bool fits(const char *text, size_t most)
{
    size_t length = text == NULL ? 0 : strlen(text);
    return text == NULL || (length > 0 && utf8_length(text, length) <= most);
}

/* $1 company, $2 e-mail, $4 phone, $6 external id, the flags if they were sent, $8 spellings. */
static struct db_result *answer(const struct db_call *call)
{
    const char *const *values = call->parameters;
    if (call->query != QUERY_CUSTOMER_UPSERT) {
        MUST(call->query == QUERY_CHANGE_CLOCK_TAKE);
        return NULL;
    }
    MUST(values[0] != NULL && fits(values[0], 500) && fits(values[1], 254));
    MUST(fits(values[3], 500) && fits(values[5], 500));
    for (int i = 1; i <= 5; i += 2) {
        MUST(values[i] == NULL || values[i + 1][0] == 't');
    }
    MUST(values[7] == NULL || values[1] != NULL);
    MUST(values[8][0] == 't');
    written++;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const uris[] = {"/api/v1/customers", "/api/v1/customers?dry_run=true",
                                       "/api/v1/customers?strict=true",
                                       "/api/v1/customers?dry_run=true&strict=true"};
    struct fuzz_input input = {data, size};
    struct handler handler;
    unsigned choice = fuzz_byte(&input);
    written = 0;
    database_reset();
    database.answer = answer;
    database.fail_at = choice >> 5;
    database.failure = choice & 8 ? DB_REJECTED : DB_UNAVAILABLE;
    if (handler_perform(&handler, uris[choice & 3], (const char *)input.at, input.left)) {
        bulk_answer_check(&handler, "customers", written);
    }
    handler_free(&handler);
    return 0;
}
