/* Makes entity tags and compares them. */
#include "etag.h"

#include <string.h>

#include "secret.h"

enum { TAG_BYTES = 12 }; /* of SHA-256: a client's cache is no place for an attack on itself */

/* Weak comparison (RFC 9110, section 8.8.3.2) with each tag of the list, or with *. */
static bool list_has(const char *list, const char *opaque)
{
    size_t length = strlen(opaque);
    for (;;) {
        list += strspn(list, " \t,");
        if (list[0] == '*') {
            return true;
        }
        if (strncmp(list, "W/", 2) == 0) {
            list += 2;
        }
        if (list[0] != '"') {
            return false;
        }
        const char *end = strchr(list + 1, '"');
        if (end == NULL) {
            return false;
        }
        if ((size_t)(end - list) + 1 == length && memcmp(list, opaque, length) == 0) {
            return true;
        }
        list = end + 1;
    }
}

void etag_apply(const struct request *request, struct reply *reply)
{
    uint8_t digest[SECRET_DIGEST_SIZE];
    char text[SECRET_BASE64URL_SIZE(TAG_BYTES)];
    if (reply->status != 200 ||
        !secret_digest_parts(NULL, 0, reply->body, reply->body_size, digest)) {
        return;
    }
    secret_base64url(digest, TAG_BYTES, text);
    const char *tag = arena_print(reply->arena, "W/\"%s\"", text);
    if (tag == NULL) {
        return;
    }
    reply_header(reply, "ETag", tag);
    if (request->input->if_none_match != NULL && list_has(request->input->if_none_match, tag + 2)) {
        reply_header(reply, "Content-Type", NULL);
        /* RFC 9110, section 15.4.5: as with the 200, where the web server says it by itself. */
        reply_header(reply, "Vary", "Accept-Encoding");
        reply_empty(reply, 304);
    }
}
