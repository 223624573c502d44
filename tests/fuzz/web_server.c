/* Feeds a worker with FastCGI (the specification's version 1) and reads its answers. */
#include "web_server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "database.h"
#include "exchange.h"
#include "fastcgi.h"
#include "fuzz.h"
#include "key.h"
#include "log.h"
#include "metrics.h"
#include "secret.h"
#include "share.h"
#include "worker.h"

#define UUID "7f0c0000-0000-0000-0000-000000000000"

enum { RECORD_HEAD = 8, END_REQUEST = 3, STDOUT = 6, STDERR = 7, VALUES = 10, UNKNOWN = 11 };

const char *web_verdict;
bool web_known_idempotency;
bool web_is_plain;
bool web_admitted;

static struct {
    int listener;
    struct worker worker;
    struct metrics metrics;
    struct sockaddr_un address;
    socklen_t address_size;
    char key[KEY_LENGTH + 1];
    char wrong_key[KEY_LENGTH + 1]; /* of the same public id, with another secret */
    uint8_t digest[SECRET_DIGEST_SIZE];
    bool has_key;       /* it is in what was sent, */
    bool key_is_hidden; /* and there only where it belongs: answers may repeat other places */
} web;

/* --- The database's part --------------------------------------------------------------------- */

static const uint8_t salt[SECRET_SALT_SIZE] = "0123456789abcde";

static struct db_result *find_credential(const struct db_call *call)
{
    static const struct database_column columns[] = {
        {"org_id", DB_TEXT, UUID},
        {"key_id", DB_TEXT, UUID},
        {"salt",   DB_TEXT, NULL},
        {"hash",   DB_TEXT, NULL},
    };
    struct db_result *result = database_result(columns, 4);
    if (memcmp(call->parameters[0], web.key + KEY_SCHEME_LENGTH, KEY_PUBLIC_ID_LENGTH) == 0) {
        database_row(result);
        database_set(result, 2, (const char *)salt, sizeof(salt));
        database_set(result, 3, (const char *)web.digest, sizeof(web.digest));
    }
    return result;
}

static struct db_result *judge(const char *verdict)
{
    static const struct database_column columns[] = {
        {"verdict",   DB_TEXT,    NULL},
        {"quota",     DB_INTEGER, "0" },
        {"remaining", DB_INTEGER, "0" },
        {"reset_us",  DB_INTEGER, "1" },
        {"more",      DB_BOOLEAN, "f" },
    };
    struct db_result *result = database_result(columns, 5);
    database_row(result);
    database_set(result, 0, verdict, strlen(verdict));
    return result;
}

static struct db_result *find_idempotency(void)
{
    static const struct database_column columns[] = {
        {"digest",   DB_TEXT,    "not this request's"},
        {"status",   DB_INTEGER, "200"               },
        {"location", DB_TEXT,    NULL                },
        {"body",     DB_TEXT,    "{}"                },
    };
    struct db_result *result = database_result(columns, 4);
    database_row(result);
    return result;
}

static struct db_result *answer(const struct db_call *call)
{
    switch (call->query) {
    case QUERY_CREDENTIAL_FIND:
        return find_credential(call);
    case QUERY_ADMIT:
        MUST(web.has_key); /* nobody else gets this far */
        web_admitted = web_verdict == NULL;
        return web_admitted ? NULL : judge(web_verdict);
    case QUERY_SETTINGS_SESSION_ADMIT:
        web_admitted = web_verdict == NULL;
        return web_admitted ? NULL : judge(web_verdict);
    case QUERY_IDEMPOTENCY_FIND:
        return web_known_idempotency ? find_idempotency() : NULL;
    default:
        return NULL;
    }
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker and libc chose
 * them */
bool __wrap_secret_scrypt(const char *text, size_t length, const uint8_t *salt_bytes,
                          size_t salt_size, const struct secret_cost *cost, uint8_t *key,
                          size_t size);
_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line,
                             const char *function);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Fast: nobody is kept from trying here. The Makefile puts it in scrypt's place. */
bool __wrap_secret_scrypt(const char *text, size_t length, const uint8_t *salt_bytes,
                          size_t salt_size, const struct secret_cost *cost, uint8_t *key,
                          size_t size)
{
    (void)text;
    (void)length;
    (void)salt_bytes;
    (void)salt_size;
    (void)cost;
    memset(key, 0, size);
    return true;
}

/* --- The worker ------------------------------------------------------------------------------ */

static void start(void)
{
    static char secret[] = "a secret of the deployment, 32 or more";
    static const struct config config = {.workers = 1, .cursor_secret = secret};
    struct key key;
    if (web.key[0] != '\0') {
        return;
    }
    MUST(secret_random_base62(key.public_id, KEY_PUBLIC_ID_LENGTH));
    MUST(secret_random_base62(key.secret, KEY_SECRET_LENGTH));
    key_format(&key, web.key);
    MUST(secret_digest(salt, key.secret, KEY_SECRET_LENGTH, web.digest));
    web.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    MUST(secret_random_base62(key.secret, KEY_SECRET_LENGTH));
    key_format(&key, web.wrong_key);
    /* Without a name: the kernel gives it one that no file has. */
    web.address.sun_family = AF_UNIX;
    web.address_size = sizeof(web.address);
    MUST(bind(web.listener, (struct sockaddr *)&web.address, sizeof(sa_family_t)) == 0);
    MUST(getsockname(web.listener, (struct sockaddr *)&web.address, &web.address_size) == 0);
    MUST(listen(web.listener, 8) == 0 && metrics_open(&web.metrics, 1));
    log_set_level(LOG_LEVEL_ERROR + 1);
    web.worker = (struct worker){.config = &config,
                                 .db = db_new("", 0, true),
                                 .fastcgi = fastcgi_new(web.listener),
                                 .metrics = &web.metrics,
                                 .place = metrics_free_place(&web.metrics),
                                 .shares = share_open()};
    MUST(arena_init(&web.worker.arena, 65536, (size_t)64 << 20));
    MUST(web.worker.fastcgi != NULL && web.worker.place != NULL && web.worker.db != NULL);
}

static jmp_buf end_of_worker;

/*
 * libfcgi takes a parameter's length at its word, up to 4 GiB, and ends the process when there is
 * no such memory. Whoever can open the socket may do that: the master starts another worker. Its
 * other assertions would be findings.
 */
_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line,
                             const char *function)
{
    (void)function;
    if (strcmp(assertion, "size == 0 || result != ((void *)0)") == 0) {
        longjmp(end_of_worker, 1);
    }
    fuzz_fail(assertion, file, (int)line);
}

/* Serves the next request if one is waiting, and looks at what the worker has left of it. */
static bool serve_next(void)
{
    if (setjmp(end_of_worker) != 0) {
        fastcgi_free(web.worker.fastcgi);
        arena_reset(&web.worker.arena);
        web.worker.fastcgi = fastcgi_new(web.listener);
        MUST(web.worker.fastcgi != NULL);
        return false;
    }
    enum fastcgi_accepted accepted = fastcgi_accept(web.worker.fastcgi);
    if (accepted == FASTCGI_REQUEST) {
        exchange(&web.worker);
        MUST(!database.open && !database.closed);
        MUST(web.worker.arena.used == 0);
    }
    MUST(accepted != FASTCGI_BROKEN);
    return accepted == FASTCGI_REQUEST;
}

/* --- What comes back ------------------------------------------------------------------------- */

struct received {
    int socket;
    char *bytes;
    size_t size;
    size_t room;
};

/* Beside the worker, which waits when nobody takes what it sends, and for the other side's end. */
static void *receive(void *argument)
{
    struct received *received = argument;
    ssize_t got;
    do {
        if (received->room - received->size < 65536) {
            received->room += 131072;
            received->bytes = realloc(received->bytes, received->room);
            MUST(received->bytes != NULL);
        }
        got = read(received->socket, received->bytes + received->size,
                   received->room - received->size);
        received->size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(received->socket);
    return NULL;
}

/* The length of the head with its empty line; what it says of the body. */
static size_t check_head(const char *bytes, size_t size, int *status, long *length, bool *json)
{
    size_t used = 0;
    *length = -1;
    *json = false;
    MUST(size > 12 && memcmp(bytes, "Status: ", 8) == 0);
    *status = (int)strtol(bytes + 8, NULL, 10);
    MUST(*status >= 200 && *status <= 599);
    while (true) {
        const char *line = bytes + used;
        const char *end = memmem(line, size - used, "\r\n", 2);
        MUST(end != NULL);
        /* cppcheck-suppress nullPointerArithmeticRedundantCheck ; fuzz_fail() does not return */
        used += (size_t)(end - line) + 2;
        if (end == line) {
            return used;
        }
        for (const char *c = line; c < end && web_is_plain; c++) {
            MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
        }
        MUST(memchr(line, ':', (size_t)(end - line)) != NULL);
        if (strncasecmp(line, "Content-Length: ", 16) == 0) {
            *length = strtol(line + 16, NULL, 10);
        }
        *json = *json || strncasecmp(line, "Content-Type: application/json", 30) == 0;
    }
}

static void check_answer(const char *bytes, size_t size, struct web_answer *last)
{
    long length;
    bool json;
    size_t head = check_head(bytes, size, &last->status, &length, &json);
    size_t body = size - head;
    last->count++;
    MUST((length < 0) == (last->status == 204 || last->status == 304));
    MUST(body == 0 || (size_t)length == body); /* none with HEAD */
    MUST(last->status < 400 || json);
    MUST(!json || body == 0 || !web_is_plain || fuzz_is_json(bytes + head, body));
    MUST(!web.key_is_hidden ||
         memmem(bytes, size, web.key + KEY_PREFIX_LENGTH, KEY_SECRET_LENGTH) == NULL);
}

static struct web_answer check_records(const unsigned char *bytes, size_t size)
{
    struct web_answer last = {.count = 0};
    char *output = malloc(size + 1);
    size_t output_size = 0;
    MUST(output != NULL);
    for (size_t used = 0; used < size;) {
        const unsigned char *record = bytes + used;
        MUST(size - used >= RECORD_HEAD && record[0] == 1);
        size_t length = (size_t)record[4] << 8 | record[5];
        MUST(size - used >= RECORD_HEAD + length + record[6]);
        if (record[1] == STDOUT) {
            memcpy(output + output_size, record + RECORD_HEAD, length);
            output_size += length;
        } else if (record[1] == END_REQUEST) {
            MUST(length == 8);
            if (output_size > 0) {
                check_answer(output, output_size, &last);
            }
            output_size = 0;
        } else {
            MUST(record[1] == VALUES || record[1] == UNKNOWN ||
                 (record[1] == STDERR && length == 0));
        }
        used += RECORD_HEAD + length + record[6];
    }
    free(output);
    return last;
}

/* --------------------------------------------------------------------------------------------- */

static void put_in_place(char *bytes, size_t size, char place, const char *key)
{
    size_t run = 0;
    for (size_t i = 0; i < size; i++) {
        run = bytes[i] == place ? run + 1 : 0;
        if (run == KEY_LENGTH) {
            memcpy(bytes + i + 1 - KEY_LENGTH, key, KEY_LENGTH);
            run = 0;
        }
    }
}

void web_put_key(char *bytes, size_t size)
{
    start();
    put_in_place(bytes, size, WEB_KEY_BYTE, web.key);
    put_in_place(bytes, size, WEB_WRONG_KEY_BYTE, web.wrong_key);
}

/* Whether the key is in what is sent, and nowhere but in its place. */
static void find_key(const char *bytes, size_t size)
{
    static const char place[] = "HTTP_AUTHORIZATIONBearer ";
    enum { BEFORE = sizeof(place) - 1 };
    const char *secret = web.key + KEY_PREFIX_LENGTH; /* libFuzzer learns it by looking at us */
    const char *key = memmem(bytes, size, web.key, KEY_LENGTH);
    web.has_key = key != NULL;
    web.key_is_hidden = key != NULL && key - bytes >= BEFORE &&
                        memcmp(key - BEFORE, place, BEFORE) == 0 &&
                        memmem(bytes, (size_t)(key - bytes), secret, KEY_SECRET_LENGTH) == NULL &&
                        memmem(key + KEY_LENGTH, size - (size_t)(key + KEY_LENGTH - bytes), secret,
                               KEY_SECRET_LENGTH) == NULL;
}

struct web_answer web_exchange(const char *bytes, size_t size)
{
    struct received received = {.socket = socket(AF_UNIX, SOCK_STREAM, 0)};
    pthread_t receiver;
    start();
    find_key(bytes, size);
    MUST(credential_cache_init(&web.worker.credentials, 16)); /* nothing is known from before */
    web_admitted = false;
    database.answer = answer;
    MUST(connect(received.socket, (struct sockaddr *)&web.address, web.address_size) == 0);
    MUST(write(received.socket, bytes, size) == (ssize_t)size);
    MUST(shutdown(received.socket, SHUT_WR) == 0);
    MUST(pthread_create(&receiver, NULL, receive, &received) == 0);
    while (serve_next()) {
    }
    credential_cache_free(&web.worker.credentials);
    MUST(pthread_join(receiver, NULL) == 0);
    struct web_answer last = check_records((const unsigned char *)received.bytes, received.size);
    free(received.bytes);
    return last;
}
