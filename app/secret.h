/*
 * Randomness, digests and forgetting; secret.c is the only file that knows OpenSSL.
 *
 * An API key's secret has 190 bits of its own from a CSPRNG, so one round of SHA-256 with a salt is
 * enough to store it: there is nothing to try out, and a slow hash would only cost every request.
 */
#ifndef KABAIDO_SECRET_H
#define KABAIDO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_SALT_SIZE = 16, SECRET_DIGEST_SIZE = 32, SECRET_BASE64URL_MOST = 2048 };

/*
 * SHA-256 of the salt followed by length bytes of text. False (a broken OpenSSL configuration, or
 * no memory) leaves digest as it was.
 */
bool secret_digest(const uint8_t salt[SECRET_SALT_SIZE], const char *text, size_t length,
                   uint8_t digest[SECRET_DIGEST_SIZE]);

/* SHA-256 of the parts, each with its NUL, and then of size bytes; false as above. */
bool secret_digest_parts(const char *const *parts, size_t count, const void *bytes, size_t size,
                         uint8_t digest[SECRET_DIGEST_SIZE]);

/* HMAC-SHA-256 (RFC 2104) of size bytes; false as secret_digest(). */
bool secret_hmac(const char *key, const void *bytes, size_t size,
                 uint8_t digest[SECRET_DIGEST_SIZE]);

/* What scrypt (RFC 7914) costs whoever computes it: 128 * n * r bytes, and time by n * r * p. */
struct secret_cost {
    uint32_t n; /* a power of two above 1 */
    uint32_t r;
    uint32_t p;
};

/*
 * size bytes derived by scrypt from length bytes of text: as slow and large as cost says, since
 * what people choose can be tried out. False: impossible parameters, such as would take more than
 * 256 MiB, or no memory; key holds nothing then.
 */
bool secret_scrypt(const char *text, size_t length, const uint8_t *salt, size_t salt_size,
                   const struct secret_cost *cost, uint8_t *key, size_t size);

/* Bytes of text, with its NUL, that secret_base64url() writes for size bytes. */
#define SECRET_BASE64URL_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/* Writes bytes in base64url without padding (RFC 4648, section 5); out as large as said above. */
void secret_base64url(const uint8_t *bytes, size_t size, char *out);

/*
 * Reads length characters of base64url without padding into bytes, which must hold length / 4 * 3 +
 * 3; at most SECRET_BASE64URL_MOST characters. False when a character is foreign, the length
 * impossible, or the text another spelling of what secret_base64url() would write; size is then
 * unwritten.
 */
bool secret_from_base64url(const char *text, size_t length, uint8_t *bytes, size_t *size);

/* Compares in a time that does not depend on where the two differ. */
bool secret_equal(const void *one, const void *other, size_t size);

/* Overwrites memory in a way that the compiler does not take away. */
void secret_cleanse(void *memory, size_t size);

/* As secret_cleanse() for text that a library hands out as constant, though it is the caller's own.
 */
void secret_forget(const char *text, size_t size);

/* Bytes from the CSPRNG; false when it fails, and nothing in bytes may then be used. */
bool secret_random_bytes(void *bytes, size_t size);

/* length random digits of base 62, all equally likely, and a NUL; false as above. */
bool secret_random_base62(char *text, size_t length);

#endif
