/* Secrets, through OpenSSL's libcrypto. */
#include "secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base62.h"

/*
 * Looking an algorithm up and making a context cost more than digesting 48 bytes, and every request
 * digests: both are made once a process and kept. A digest's end wipes its input from the context
 * (HASH_FINAL in OpenSSL's crypto/md32_common.h), so that no secret stays there.
 */
static EVP_MD *sha256;
static EVP_MD_CTX *context;

static bool prepare_digest(void)
{
    if (sha256 == NULL) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    }
    if (context == NULL) {
        context = EVP_MD_CTX_new();
    }
    return sha256 != NULL && context != NULL && EVP_DigestInit_ex2(context, sha256, NULL) == 1;
}

bool secret_digest(const uint8_t salt[SECRET_SALT_SIZE], const char *text, size_t length,
                   uint8_t digest[SECRET_DIGEST_SIZE])
{
    return prepare_digest() && EVP_DigestUpdate(context, salt, SECRET_SALT_SIZE) == 1 &&
           EVP_DigestUpdate(context, text, length) == 1 &&
           EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

bool secret_digest_parts(const char *const *parts, size_t count, const void *bytes, size_t size,
                         uint8_t digest[SECRET_DIGEST_SIZE])
{
    bool ok = prepare_digest();
    for (size_t i = 0; i < count && ok; i++) {
        ok = EVP_DigestUpdate(context, parts[i], strlen(parts[i]) + 1) == 1;
    }
    return ok && EVP_DigestUpdate(context, bytes, size) == 1 &&
           EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

bool secret_hmac(const char *key, const void *bytes, size_t size,
                 uint8_t digest[SECRET_DIGEST_SIZE])
{
    size_t written = 0;
    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, strlen(key), bytes, size, digest,
                     SECRET_DIGEST_SIZE, &written) != NULL &&
           written == SECRET_DIGEST_SIZE;
}

/*
 * EVP_KDF's SCRYPT, by the call that takes its parameters const. What it allows itself without a
 * limit of ours is 32 MiB, not enough for any parameters that are recommended today.
 */
bool secret_scrypt(const char *text, size_t length, const uint8_t *salt, size_t salt_size,
                   const struct secret_cost *cost, uint8_t *key, size_t size)
{
    enum { MEMORY_MOST = 256 * 1024 * 1024 };
    return EVP_PBE_scrypt(text, length, salt, salt_size, cost->n, cost->r, cost->p, MEMORY_MOST,
                          key, size) == 1;
}

void secret_base64url(const uint8_t *bytes, size_t size, char *out)
{
    int length = EVP_EncodeBlock((unsigned char *)out, bytes, (int)size);
    for (int i = 0; i < length; i++) {
        if (out[i] == '+') {
            out[i] = '-';
        } else if (out[i] == '/') {
            out[i] = '_';
        }
    }
    out[strcspn(out, "=")] = '\0';
}

bool secret_from_base64url(const char *text, size_t length, uint8_t *bytes, size_t *size)
{
    char padded[SECRET_BASE64URL_MOST + 4];
    char again[SECRET_BASE64URL_MOST + 4];
    if (length == 0 || length > SECRET_BASE64URL_MOST || length % 4 == 1) {
        return false;
    }
    size_t filled = 0;
    for (; filled < length; filled++) {
        char c = text[filled];
        if (c == '+' || c == '/' || c == '=') {
            return false;
        }
        padded[filled] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (filled % 4 != 0) {
        padded[filled++] = '=';
    }
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)padded, (int)filled);
    if (decoded < 0) {
        return false;
    }
    size_t whole = (size_t)decoded - (filled - length);
    /* The last character may carry bits that mean nothing: one text for one value. */
    secret_base64url(bytes, whole, again);
    if (strlen(again) != length || memcmp(again, text, length) != 0) {
        return false;
    }
    *size = whole;
    return true;
}

bool secret_equal(const void *one, const void *other, size_t size)
{
    return CRYPTO_memcmp(one, other, size) == 0;
}

void secret_cleanse(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}

void secret_forget(const char *text, size_t size)
{
    secret_cleanse((void *)(uintptr_t)text, size); /* NOLINT(performance-no-int-to-ptr) */
}

bool secret_random_bytes(void *bytes, size_t size)
{
    return size <= INT_MAX && RAND_bytes(bytes, (int)size) == 1;
}

bool secret_random_base62(char *text, size_t length)
{
    /* A byte beyond the last whole multiple of 62 would favour the first digits: draw again. */
    enum { FAIR = 256 / BASE62 * BASE62 };
    uint8_t pool[64];
    size_t left = 0;
    size_t made = 0;
    while (made < length) {
        if (left == 0) {
            if (!secret_random_bytes(pool, sizeof(pool))) {
                break;
            }
            left = sizeof(pool);
        }
        uint8_t byte = pool[--left];
        if (byte < FAIR) {
            text[made++] = BASE62_DIGITS[byte % BASE62];
        }
    }
    text[made] = '\0';
    OPENSSL_cleanse(pool, sizeof(pool));
    return made == length;
}
