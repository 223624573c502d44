/* Signs and checks the cursors of lists. */
#include "cursor.h"

#include <stdint.h>
#include <string.h>

#include "secret.h"

enum { MAC_SIZE = 16 }; /* half of HMAC-SHA-256: nobody tries 2^128 cursors */

/* Each part goes in with its NUL, so that no two bindings give the same bytes. */
static bool make_mac(struct arena *arena, const struct cursor_binding *binding,
                     const char *position, uint8_t mac[SECRET_DIGEST_SIZE])
{
    const char *const parts[] = {"cursor-1", binding->org_id, binding->path, binding->filters,
                                 position};
    size_t size = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        size += strlen(parts[i]) + 1;
    }
    char *bytes = arena_alloc(arena, size);
    if (bytes == NULL) {
        return false;
    }
    char *end = bytes;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        size_t length = strlen(parts[i]) + 1;
        memcpy(end, parts[i], length);
        end += length;
    }
    return secret_hmac(binding->secret, bytes, size, mac);
}

const char *cursor_make(struct arena *arena, const struct cursor_binding *binding,
                        const char *position)
{
    uint8_t bytes[MAC_SIZE + CURSOR_POSITION_MOST];
    uint8_t mac[SECRET_DIGEST_SIZE];
    size_t length = strlen(position);
    if (length > CURSOR_POSITION_MOST || !make_mac(arena, binding, position, mac)) {
        return NULL;
    }
    memcpy(bytes, mac, MAC_SIZE);
    memcpy(bytes + MAC_SIZE, position, length); /* NOLINT(bugprone-not-null-terminated-result) */
    char *cursor = arena_alloc(arena, SECRET_BASE64URL_SIZE(MAC_SIZE + length));
    if (cursor != NULL) {
        secret_base64url(bytes, MAC_SIZE + length, cursor);
    }
    return cursor;
}

const char *cursor_read(struct arena *arena, const struct cursor_binding *binding,
                        const char *cursor)
{
    uint8_t bytes[SECRET_BASE64URL_MOST];
    uint8_t mac[SECRET_DIGEST_SIZE];
    size_t size = 0;
    if (!secret_from_base64url(cursor, strlen(cursor), bytes, &size) || size < MAC_SIZE ||
        memchr(bytes + MAC_SIZE, '\0', size - MAC_SIZE) != NULL) {
        return NULL;
    }
    const char *position = arena_copy(arena, (const char *)bytes + MAC_SIZE, size - MAC_SIZE);
    if (position == NULL || !make_mac(arena, binding, position, mac) ||
        !secret_equal(mac, bytes, MAC_SIZE)) {
        return NULL;
    }
    return position;
}
