/*
 * Authorization headers and keys. The input is a header as it comes, and also the parts of a key,
 * which the target puts together with its checksum: a fuzzer does not find a CRC by itself, and no
 * file may hold a whole key.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authenticate.h"
#include "base62.h"
#include "fuzz.h"
#include "key.h"

/* Key and parts say the same, and only what is well formed touches the key. */
static enum key_form parse(const char *text, size_t length)
{
    struct key key;
    struct key before;
    memset(&key, 'x', sizeof(key));
    before = key;
    enum key_form form = key_parse(text, length, &key);
    if (form == KEY_WELL_FORMED) {
        char again[KEY_LENGTH + 1];
        MUST(length == KEY_LENGTH);
        MUST(strspn(key.public_id, BASE62_DIGITS) == KEY_PUBLIC_ID_LENGTH);
        MUST(strspn(key.secret, BASE62_DIGITS) == KEY_SECRET_LENGTH);
        key_format(&key, again);
        MUST(memcmp(again, text, KEY_LENGTH) == 0);
    } else {
        MUST(memcmp(&key, &before, sizeof(key)) == 0);
    }
    return form;
}

static void check_header(const char *header)
{
    size_t length = 0;
    const char *token = authenticate_bearer_token(header, &length);
    if (token == NULL) {
        MUST(strncasecmp(header, "bearer ", 7) != 0);
        return;
    }
    MUST(strncasecmp(header, "bearer ", 7) == 0);
    MUST(token >= header + 7 && token + length <= header + strlen(header));
    MUST(strspn(token + length, " \t") == strlen(token + length));
    MUST(length == 0 || (token[0] != ' ' && token[length - 1] != ' '));
    parse(token, length);
}

static void check_prefix(const char *prefix)
{
    char public_id[KEY_PUBLIC_ID_LENGTH + 1] = "as it is";
    if (key_parse_prefix(prefix, public_id)) {
        MUST(strlen(prefix) == KEY_PREFIX_LENGTH);
        MUST(strcmp(prefix + KEY_SCHEME_LENGTH, public_id) == 0);
        MUST(strspn(public_id, BASE62_DIGITS) == KEY_PUBLIC_ID_LENGTH);
    } else {
        MUST(strcmp(public_id, "as it is") == 0);
    }
}

/* A key of these 40 characters, and then one that is changed at a place. */
static void check_whole(const char *parts, unsigned place, char change)
{
    struct key key = {"", ""};
    char header[] = "bEARER  0123456789012345678901234567890123456789012345678901234 \t";
    char text[KEY_LENGTH + 1];
    bool is_base62 = strspn(parts, BASE62_DIGITS) == KEY_PUBLIC_ID_LENGTH + KEY_SECRET_LENGTH;
    memcpy(key.public_id, parts, KEY_PUBLIC_ID_LENGTH);
    memcpy(key.secret, parts + KEY_PUBLIC_ID_LENGTH, KEY_SECRET_LENGTH);
    key_format(&key, text);
    MUST(parse(text, KEY_LENGTH) == (is_base62 ? KEY_WELL_FORMED : KEY_WRONG_CHARACTER));
    memcpy(header + 8, text, KEY_LENGTH);
    check_header(header);
    place %= KEY_LENGTH;
    if (text[place] != change) {
        text[place] = change;
        MUST(parse(text, KEY_LENGTH) != KEY_WELL_FORMED); /* a CRC sees any change of one byte */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { PARTS = KEY_PUBLIC_ID_LENGTH + KEY_SECRET_LENGTH };
    struct fuzz_input input = {data, size};
    struct fuzz_input same = input;
    char *text = fuzz_text(&input);
    check_header(text);
    check_prefix(text);
    free(text);

    char *bytes = fuzz_bytes(&same, size);
    parse(bytes, size);
    if (size >= PARTS + 2) {
        char parts[PARTS + 1] = "";
        memcpy(parts, bytes, PARTS);
        if (strlen(parts) == PARTS) {
            check_whole(parts, (unsigned char)bytes[PARTS], bytes[PARTS + 1]);
        }
    }
    free(bytes);
    return 0;
}
