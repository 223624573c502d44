/*
 * The form of an API key: kbd_live_, 8 characters of public id, 32 of secret, 6 of checksum, all
 * base 62. The checksum is CRC-32 (zlib's) of everything before it, most significant digit first
 * and filled up with '0': a typing error or a guess is told without asking the database.
 */
#ifndef KABAIDO_KEY_H
#define KABAIDO_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_SCHEME "kbd_live_"

enum {
    KEY_SCHEME_LENGTH = sizeof(KEY_SCHEME) - 1,
    KEY_PUBLIC_ID_LENGTH = 8,
    KEY_SECRET_LENGTH = 32,
    KEY_CHECKSUM_LENGTH = 6,
    KEY_PREFIX_LENGTH = KEY_SCHEME_LENGTH + KEY_PUBLIC_ID_LENGTH,
    KEY_LENGTH = KEY_PREFIX_LENGTH + KEY_SECRET_LENGTH + KEY_CHECKSUM_LENGTH,
};

/* The parts of a key, each ended by NUL. Holds a secret: cleanse it after use. */
struct key {
    char public_id[KEY_PUBLIC_ID_LENGTH + 1];
    char secret[KEY_SECRET_LENGTH + 1];
};

/* What is wrong with a text that should be a key; the first that applies. */
enum key_form {
    KEY_WELL_FORMED,
    KEY_WRONG_SCHEME,    /* does not begin with kbd_live_ */
    KEY_WRONG_LENGTH,    /* is not KEY_LENGTH characters long */
    KEY_WRONG_CHARACTER, /* holds something else than 0-9, A-Z, a-z after the scheme */
    KEY_WRONG_CHECKSUM,  /* mistyped, or made up */
};

/* Takes length bytes at text apart; key stays as it was unless they are well formed. */
enum key_form key_parse(const char *text, size_t length, struct key *key);

/* Writes the whole key, with its checksum and a NUL. */
void key_format(const struct key *key, char text[KEY_LENGTH + 1]);

/*
 * The public id in the prefix that lists show (kbd_live_ and 8 characters, and nothing after them);
 * false when prefix is none, and public_id stays as it was.
 */
bool key_parse_prefix(const char *prefix, char public_id[KEY_PUBLIC_ID_LENGTH + 1]);

#endif
