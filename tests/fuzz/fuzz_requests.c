/* The body of POST /requests: the first byte chooses what fails. */
#include <string.h>

#include "database.h"
#include "fuzz.h"
#include "handler.h"
#include "members.h"
#include "utf8.h"

static size_t opened;

static void check_line(const char *text)
{
    size_t length = strlen(text);
    MUST(length > 0 && utf8_length(text, length) <= 500 && utf8_valid(text, length));
    for (const char *c = text; *c != '\0'; c++) {
        MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
    }
}

/* A title that nobody can see is none. */
static void check_shown(const char *text)
{
    size_t length = strlen(text);
    size_t step = 1;
    for (size_t i = 0; i < length && step > 0; i += step) {
        step = member_gap(text + i, length - i);
    }
    MUST(step == 0);
}

/* $1 title, $2 customer, $3 external reference, $4 text. */
static struct db_result *answer(const struct db_call *call)
{
    if (call->query == QUERY_REQUEST_OPEN) {
        const char *const *values = call->parameters;
        MUST(values[0] != NULL && values[3] != NULL);
        check_line(values[0]);
        check_shown(values[0]);
        MUST(values[1] == NULL || strlen(values[1]) == REQUEST_UUID_LENGTH);
        if (values[2] != NULL) {
            check_line(values[2]);
        }
        MUST(values[3][0] != '\0' && utf8_length(values[3], strlen(values[3])) <= 20000);
        opened++;
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct handler handler;
    unsigned choice = fuzz_byte(&input);
    opened = 0;
    database_reset();
    database.answer = answer;
    database.fail_at = choice >> 5;
    database.failure = choice & 8 ? DB_REJECTED : DB_UNAVAILABLE;
    if (handler_perform(&handler, "/api/v1/requests", (const char *)input.at, input.left)) {
        MUST(!handler.ok || (opened == 1 && handler.reply.status == 201));
        MUST(!handler.ok || reply_header_value(&handler.reply, "Location") != NULL);
        MUST(handler.ok || opened == 0 || database.fail_at > 0);
    }
    handler_free(&handler);
    return 0;
}
