/* Takes API keys apart and puts them together. */
#include "key.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base62.h"

static bool is_base62(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return true;
}

/* Six digits hold 62^6, more than the 2^32 that are needed. */
static void write_checksum(const char *text, size_t length, char out[KEY_CHECKSUM_LENGTH])
{
    uint32_t crc = (uint32_t)crc32(0, (const Bytef *)text, (uInt)length);
    for (size_t i = KEY_CHECKSUM_LENGTH; i-- > 0;) {
        out[i] = BASE62_DIGITS[crc % BASE62];
        crc /= BASE62;
    }
}

enum key_form key_parse(const char *text, size_t length, struct key *key)
{
    char checksum[KEY_CHECKSUM_LENGTH];
    if (length < KEY_SCHEME_LENGTH || memcmp(text, KEY_SCHEME, KEY_SCHEME_LENGTH) != 0) {
        return KEY_WRONG_SCHEME;
    }
    if (length != KEY_LENGTH) {
        return KEY_WRONG_LENGTH;
    }
    if (!is_base62(text + KEY_SCHEME_LENGTH, length - KEY_SCHEME_LENGTH)) {
        return KEY_WRONG_CHARACTER;
    }
    write_checksum(text, KEY_LENGTH - KEY_CHECKSUM_LENGTH, checksum);
    if (memcmp(checksum, text + KEY_LENGTH - KEY_CHECKSUM_LENGTH, KEY_CHECKSUM_LENGTH) != 0) {
        return KEY_WRONG_CHECKSUM;
    }
    memcpy(key->public_id, text + KEY_SCHEME_LENGTH, KEY_PUBLIC_ID_LENGTH);
    key->public_id[KEY_PUBLIC_ID_LENGTH] = '\0';
    memcpy(key->secret, text + KEY_PREFIX_LENGTH, KEY_SECRET_LENGTH);
    key->secret[KEY_SECRET_LENGTH] = '\0';
    return KEY_WELL_FORMED;
}

void key_format(const struct key *key, char text[KEY_LENGTH + 1])
{
    memcpy(text, KEY_SCHEME, KEY_SCHEME_LENGTH);
    memcpy(text + KEY_SCHEME_LENGTH, key->public_id, KEY_PUBLIC_ID_LENGTH);
    memcpy(text + KEY_PREFIX_LENGTH, key->secret, KEY_SECRET_LENGTH);
    write_checksum(text, KEY_LENGTH - KEY_CHECKSUM_LENGTH, text + KEY_LENGTH - KEY_CHECKSUM_LENGTH);
    text[KEY_LENGTH] = '\0';
}

bool key_parse_prefix(const char *prefix, char public_id[KEY_PUBLIC_ID_LENGTH + 1])
{
    if (strlen(prefix) != KEY_PREFIX_LENGTH || memcmp(prefix, KEY_SCHEME, KEY_SCHEME_LENGTH) != 0 ||
        !is_base62(prefix + KEY_SCHEME_LENGTH, KEY_PUBLIC_ID_LENGTH)) {
        return false;
    }
    memcpy(public_id, prefix + KEY_SCHEME_LENGTH, KEY_PUBLIC_ID_LENGTH + 1);
    return true;
}
