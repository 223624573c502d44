/*
 * Whole requests, in well-formed FastCGI: lines of NAME=value, an empty line, and the body. The
 * first byte chooses what fails in the database, the second what it says about the key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "fuzz.h"
#include "web_server.h"

enum { BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5, MOST_CONTENT = 65535 };

static const char *const verdicts[] = {NULL,      NULL,      NULL,      NULL,
                                       "limited", "revoked", "expired", "plan",
                                       "scope",   "unknown", "role",    "signed_out"};

struct stream {
    char *bytes;
    size_t size;
};

static void put(struct stream *stream, const void *bytes, size_t size)
{
    memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
}

static void put_record(struct stream *stream, uint8_t type, const void *content, size_t size)
{
    const uint8_t head[] = {1, type, 0, 1, (uint8_t)(size >> 8), (uint8_t)size, 0, 0};
    put(stream, head, sizeof(head));
    put(stream, content, size);
}

static void put_length(struct stream *stream, size_t length)
{
    const uint8_t bytes[] = {(uint8_t)(0x80 | length >> 24), (uint8_t)(length >> 16),
                             (uint8_t)(length >> 8), (uint8_t)length};
    if (length < 128) {
        put(stream, bytes + 3, 1);
    } else {
        put(stream, bytes, 4);
    }
}

static void put_pair(struct stream *stream, const char *name, size_t name_length, const char *value,
                     size_t value_length)
{
    put_length(stream, name_length);
    put_length(stream, value_length);
    put(stream, name, name_length);
    put(stream, value, value_length);
}

struct text {
    const char *at;
    size_t length;
};

/* The lines up to an empty one; returns where the body begins. uri: the first REQUEST_URI. */
static const char *put_parameters(struct stream *stream, const char *text, const char *end,
                                  struct text *uri)
{
    static const char name[] = "REQUEST_URI";
    static const char id[] = "KABAIDO_REQUEST_ID"; /* nginx's own, or one that it found sane */
    put_pair(stream, id, sizeof(id) - 1, "r-1", 3);
    while (text < end && *text != '\n') {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        line_end = line_end == NULL ? end : line_end;
        const char *equals = memchr(text, '=', (size_t)(line_end - text));
        if (equals != NULL) {
            size_t name_length = (size_t)(equals - text);
            struct text value = {equals + 1, (size_t)(line_end - equals) - 1};
            if (name_length != sizeof(id) - 1 || memcmp(text, id, name_length) != 0) {
                put_pair(stream, text, name_length, value.at, value.length);
            }
            if (uri->at == NULL && name_length == sizeof(name) - 1 &&
                memcmp(text, name, name_length) == 0) {
                *uri = value;
            }
        }
        text = line_end < end ? line_end + 1 : end;
    }
    return text < end ? text + 1 : end;
}

static bool begins(struct text text, const char *with)
{
    size_t length = strlen(with);
    return text.length >= length && memcmp(text.at, with, length) == 0;
}

/* What no answer may be, whoever asks and whatever fails. */
static void check(const struct web_answer *answer, struct text uri)
{
    bool has_failed = database.fail_at > 0 || web_verdict != NULL;
    MUST(answer->count == 1);
    MUST(answer->status != 500 || has_failed);
    bool is_api = begins(uri, "/api/v1/");
    bool is_open = begins(uri, "/api/v1/openapi.json");
    MUST(!is_api || is_open || web_admitted || answer->status == 204 || answer->status >= 400);
}

/* What a web server sends for this text; uri: of the request. For free(). */
static struct stream encode(const char *text, size_t size, struct text *uri)
{
    static const uint8_t responder[8] = {0, 1};
    char length[24];
    struct stream parameters = {malloc(8 * size + 64), 0};
    struct stream request = {malloc(16 * size + 256), 0};
    MUST(parameters.bytes != NULL && request.bytes != NULL);
    const char *body = put_parameters(&parameters, text, text + size, uri);
    size_t body_size = (size_t)(text + size - body);
    size_t digits = (size_t)snprintf(length, sizeof(length), "%zu", body_size);
    put_pair(&parameters, "CONTENT_LENGTH", 14, length, digits);
    put_record(&request, BEGIN_REQUEST, responder, sizeof(responder));
    put_record(&request, PARAMS, parameters.bytes, parameters.size);
    put_record(&request, PARAMS, "", 0);
    if (body_size > 0) {
        put_record(&request, STDIN, body, body_size);
    }
    put_record(&request, STDIN, "", 0);
    free(parameters.bytes);
    return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct text uri = {NULL, 0};
    unsigned choice = fuzz_byte(&input);
    unsigned verdict = fuzz_byte(&input);
    size_t left = input.left;
    if (left > MOST_CONTENT / 8) { /* parameters and body go into one record each */
        return 0;
    }
    char *text = fuzz_bytes(&input, left);
    web_put_key(text, left);
    struct stream request = encode(text, left, &uri);

    database_reset();
    database.fail_at = choice & 7;
    database.failure = choice & 8 ? DB_REJECTED : DB_UNAVAILABLE;
    web_is_plain = true;
    web_known_idempotency = (choice & 16) != 0;
    web_verdict = verdicts[verdict % (sizeof(verdicts) / sizeof(*verdicts))];
    struct web_answer answer = web_exchange(request.bytes, request.size);
    check(&answer, uri);
    free(request.bytes);
    free(text);
    return 0;
}
