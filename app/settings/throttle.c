/* Plans the buckets of the sign-in throttle, and knows browsers that have signed in before. */
#include "throttle.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "../config.h"
#include "../secret.h"
#include "session.h"

#define COOKIE "__Host-kabaido_browser"

enum {
    MOST_BUCKETS = 3,
    NONCE_SIZE = 16,
    MAC_SIZE = 16, /* half of HMAC-SHA-256: nobody tries 2^128 cookies */
    YEAR_SECONDS = 365 * 24 * 3600,
    HEX_SIZE = 2 * SECRET_DIGEST_SIZE + 1,
    NETWORK_SIZE = INET6_ADDRSTRLEN,
};

/* A kind of bucket: how many tries it takes at once, and in how many seconds one more. */
struct bucket_rule {
    const char *kind;
    int most;
    int every;
};

static const struct bucket_rule known_browser = {"browser", 10, 60};
static const struct bucket_rule by_account = {"account", 20, 180};
static const struct bucket_rule by_address = {"address", 30, 60};
static const struct bucket_rule by_both = {"account and address", 10, 60};

struct bucket {
    const struct bucket_rule *rule;
    const char *names[2]; /* what it is the bucket of */
};

/* The e-mail as the database compares it: ASCII's letters in lower case. NULL: no memory. */
static const char *lower(struct arena *arena, const char *email)
{
    char *copy = arena_copy(arena, email, strlen(email));
    for (char *c = copy; c != NULL && *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return copy;
}

/*
 * Who has one address of IPv6 has its /64, and could try from each of them; but for those of IPv4
 * as a socket for both writes them (::ffff:192.0.2.1), which are all in one.
 */
static void network_of(const char *address, char network[NETWORK_SIZE])
{
    struct in6_addr bytes;
    network[0] = '\0';
    if (address != NULL && inet_pton(AF_INET6, address, &bytes) == 1 &&
        !IN6_IS_ADDR_V4MAPPED(&bytes)) {
        memset(bytes.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &bytes, network, NETWORK_SIZE);
    } else if (address != NULL) {
        memccpy(network, address, '\0', NETWORK_SIZE - 1);
        network[NETWORK_SIZE - 1] = '\0';
    }
}

static void to_hex(const uint8_t digest[SECRET_DIGEST_SIZE], char text[HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SECRET_DIGEST_SIZE; i++) {
        *text++ = digits[digest[i] >> 4];
        *text++ = digits[digest[i] & 15];
    }
    *text = '\0';
}

/* MAC over who the browser signed in as, and a number of its own. */
static bool sign(const struct request *request, const char *email, const uint8_t nonce[NONCE_SIZE],
                 uint8_t mac[SECRET_DIGEST_SIZE])
{
    static const char purpose[] = "sign-in-browser-1";
    size_t length = strlen(email) + 1;
    char *bytes = arena_alloc(request->arena, sizeof(purpose) + length + NONCE_SIZE);
    if (bytes == NULL) {
        return false;
    }
    memcpy(bytes, purpose, sizeof(purpose));
    memcpy(bytes + sizeof(purpose), email, length);
    memcpy(bytes + sizeof(purpose) + length, nonce, NONCE_SIZE);
    return secret_hmac(request->config->cursor_secret, bytes, sizeof(purpose) + length + NONCE_SIZE,
                       mac);
}

/* The cookie of a browser that has signed in with this e-mail, or NULL. */
static const char *known_as(const struct request *request, const char *email)
{
    uint8_t bytes[SECRET_BASE64URL_MOST];
    uint8_t mac[SECRET_DIGEST_SIZE];
    size_t size = 0;
    const char *cookie = session_cookie(request, COOKIE);
    bool known = cookie != NULL && secret_from_base64url(cookie, strlen(cookie), bytes, &size) &&
                 size == NONCE_SIZE + MAC_SIZE && sign(request, email, bytes, mac) &&
                 secret_equal(bytes + NONCE_SIZE, mac, MAC_SIZE);
    return known ? cookie : NULL;
}

bool throttle_know(const struct request *request, const char *email, struct reply *reply)
{
    uint8_t bytes[NONCE_SIZE + SECRET_DIGEST_SIZE];
    const char *name = lower(request->arena, email);
    char *cookie = arena_alloc(request->arena, SECRET_BASE64URL_SIZE(NONCE_SIZE + MAC_SIZE));
    if (name == NULL || cookie == NULL || !secret_random_bytes(bytes, NONCE_SIZE) ||
        !sign(request, name, bytes, bytes + NONCE_SIZE)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    secret_base64url(bytes, NONCE_SIZE + MAC_SIZE, cookie);
    reply_cookie(reply, COOKIE, cookie, YEAR_SECONDS);
    return true;
}

static bool add(struct arena *arena, struct throttle *throttle, const struct bucket *bucket)
{
    const char *const parts[] = {bucket->rule->kind, bucket->names[0],
                                 bucket->names[1] == NULL ? "" : bucket->names[1]};
    uint8_t digest[SECRET_DIGEST_SIZE];
    char hex[HEX_SIZE];
    if (!secret_digest_parts(parts, 3, "", 0, digest)) {
        return false;
    }
    to_hex(digest, hex);
    const char *comma = throttle->buckets[0] == '\0' ? "" : ",";
    throttle->buckets = arena_print(arena, "%s%s\"\\\\x%s\"", throttle->buckets, comma, hex);
    throttle->most = arena_print(arena, "%s%s%d", throttle->most, comma, bucket->rule->most);
    throttle->every = arena_print(arena, "%s%s%d", throttle->every, comma, bucket->rule->every);
    return throttle->buckets != NULL && throttle->most != NULL && throttle->every != NULL;
}

bool throttle_plan(const struct request *request, const char *email, struct throttle *throttle,
                   struct reply *reply)
{
    struct arena *arena = request->arena;
    struct bucket buckets[MOST_BUCKETS];
    char network[NETWORK_SIZE];
    size_t count = 0;
    const char *name = lower(arena, email);
    const char *browser = name == NULL ? NULL : known_as(request, name);
    network_of(session_address(request), network);
    if (browser != NULL) {
        buckets[count++] = (struct bucket){&known_browser, {browser}};
    } else {
        buckets[count++] = (struct bucket){&by_account, {name}};
        buckets[count++] = (struct bucket){&by_address, {network}};
        buckets[count++] = (struct bucket){
            &by_both, {name, network}
        };
    }
    *throttle = (struct throttle){"", "", ""};
    bool planned = name != NULL;
    for (size_t i = 0; i < count && planned; i++) {
        planned = add(arena, throttle, &buckets[i]);
    }
    if (planned) {
        throttle->buckets = arena_print(arena, "{%s}", throttle->buckets);
        throttle->most = arena_print(arena, "{%s}", throttle->most);
        throttle->every = arena_print(arena, "{%s}", throttle->every);
    }
    return (planned && throttle->buckets != NULL && throttle->most != NULL &&
            throttle->every != NULL) ||
           reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

struct db_call throttle_attempt(const struct throttle *throttle, const char *email)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_SIGN_IN_ATTEMPT,
        .parameter_count = 4,
        .parameters = {email, throttle->buckets, throttle->most, throttle->every}
    };
}

struct db_call throttle_refund(const struct throttle *throttle)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_SIGN_IN_REFUND,
        .parameter_count = 2,
        .parameters = {throttle->buckets, throttle->every}
    };
}

bool throttle_judge(const struct db_result *attempt, struct reply *reply)
{
    int64_t seconds = db_rows(attempt) == 1 ? db_integer(attempt, 0, 0) : 0;
    if (db_rows(attempt) != 1) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (seconds <= 0) {
        return true;
    }
    reply_header_print(reply, "Retry-After", "%" PRId64, seconds);
    return reply_error(reply, ERROR_SIGN_IN_THROTTLED, NULL,
                       "Too many tries to sign in. Try again in %" PRId64 " second%s.", seconds,
                       seconds == 1 ? "" : "s");
}
