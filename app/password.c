/* Passwords of people: their rules, and scrypt at the cost that OWASP recommends. */
#include "password.h"

#include <string.h>
#include <strings.h>

#include "utf8.h"

/*
 * One of the equivalent settings of OWASP's Password Storage Cheat Sheet: 32 MiB, a third of a
 * second. Those with more memory and a smaller p would let fewer sign in at once on a small host.
 */
const struct secret_cost password_cost = {.n = 32768, .r = 8, .p = 3};

/* U+0000 to U+001F, U+007F and U+0080 to U+009F, which no keyboard is meant to write. */
static bool has_control_character(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7F ||
            (byte == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] < 0xA0)) {
            return true;
        }
    }
    return false;
}

const char *password_fault(const char *text, size_t length, const char *email)
{
    if (length > PASSWORD_MOST) {
        return "be at most 1024 bytes long";
    }
    if (has_control_character(text, length)) {
        return "hold no control characters";
    }
    if (!utf8_valid(text, length)) {
        return "be UTF-8";
    }
    if (utf8_length(text, length) < PASSWORD_LEAST) {
        return "be at least 12 characters long";
    }
    if (length == strlen(email) && strncasecmp(text, email, length) == 0) {
        return "not be the e-mail address itself";
    }
    return NULL;
}

static bool compute(const char *text, size_t length, const struct password_hash *with,
                    uint8_t hash[PASSWORD_HASH_SIZE])
{
    return secret_scrypt(text, length, with->salt, sizeof(with->salt), &with->cost, hash,
                         PASSWORD_HASH_SIZE);
}

bool password_hash_new(const char *text, size_t length, struct password_hash *out)
{
    out->cost = password_cost;
    if (secret_random_bytes(out->salt, sizeof(out->salt)) &&
        compute(text, length, out, out->hash)) {
        return true;
    }
    secret_cleanse(out, sizeof(*out));
    return false;
}

enum password_result password_verify(const char *text, size_t length,
                                     const struct password_hash *stored)
{
    const struct password_hash nobody = {.cost = password_cost};
    const struct password_hash *with = stored == NULL ? &nobody : stored;
    uint8_t hash[PASSWORD_HASH_SIZE];
    if (!compute(text, length, with, hash)) {
        return PASSWORD_BROKEN;
    }
    bool equal = secret_equal(hash, with->hash, sizeof(hash));
    secret_cleanse(hash, sizeof(hash));
    return equal && stored != NULL ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

bool password_is_weak(const struct password_hash *stored)
{
    uint64_t memory = (uint64_t)stored->cost.n * stored->cost.r;
    uint64_t memory_now = (uint64_t)password_cost.n * password_cost.r;
    return memory < memory_now || memory * stored->cost.p < memory_now * password_cost.p;
}
