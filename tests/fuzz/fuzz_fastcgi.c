/*
 * FastCGI records as they come off the socket: broken ones, wrong lengths, requests that are
 * aborted or never end. The first byte chooses what fails in the database.
 */
#include <stdlib.h>

#include "database.h"
#include "fuzz.h"
#include "web_server.h"

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the sanitizers chose them
 */

/* Lengths that are made up find no memory, as they do not where a process has limits. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

/*
 * libfcgi 2.4.2 loses 48 bytes for each management record of an unknown type. nginx sends none, and
 * nobody else can open the socket; fuzz_serve looks for everything else that may be lost.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfcgi";
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    unsigned choice = fuzz_byte(&input);
    database_reset();
    database.fail_at = choice & 7;
    database.failure = choice & 8 ? DB_REJECTED : DB_UNAVAILABLE;
    web_verdict = NULL;
    web_is_plain = false;
    web_known_idempotency = (choice & 16) != 0;
    size_t left = input.left;
    char *records = fuzz_bytes(&input, left);
    web_put_key(records, left);
    web_exchange(records, left);
    free(records);
    return 0;
}
