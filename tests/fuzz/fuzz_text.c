/*
 * UTF-8, told from other bytes by a decoder of this target's own; and e-mail addresses, of which
 * the domain goes into an array for PostgreSQL without being quoted.
 */
#include <stdlib.h>
#include <string.h>

#include "email.h"
#include "fuzz.h"
#include "utf8.h"

/* Bytes of the character at text by RFC 3629, decoded and held against what it could be; 0: none.
 */
static size_t decode(const unsigned char *text, size_t left)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? text[0] : text[0] & (0x7FU >> length);
    if (length > left || (text[0] >= 0x80 && text[0] < 0xC0) || text[0] >= 0xF8) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (text[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3FU);
    }
    bool is_character =
        code >= least[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return is_character ? length : 0;
}

/* How many characters; -1 when it is not UTF-8. */
static long count_characters(const char *text, size_t length)
{
    long count = 0;
    for (size_t i = 0; i < length; count++) {
        size_t step = decode((const unsigned char *)text + i, length - i);
        MUST(utf8_sequence(text + i, length - i) == step);
        if (step == 0) {
            return -1;
        }
        size_t space = utf8_space(text + i, length - i);
        MUST(space == 0 || space == step);
        i += step;
    }
    return count;
}

static void check_utf8(const char *text, size_t length, size_t most)
{
    long count = count_characters(text, length);
    MUST(utf8_valid(text, length) == (count >= 0));
    if (count < 0) {
        return;
    }
    size_t kept = utf8_cut(text, length, most);
    size_t first = utf8_first(text, length, most);
    MUST(utf8_length(text, length) == (size_t)count);
    MUST(kept <= most && kept <= length && utf8_valid(text, kept));
    MUST(kept == length || kept + utf8_sequence(text + kept, length - kept) > most);
    MUST(first <= length && utf8_valid(text, first));
    MUST(utf8_length(text, first) == ((size_t)count < most ? (size_t)count : most));
}

/* Nothing that PostgreSQL would take for a part of the array, or for nothing at all. */
static void check_domain(const struct email_domain *domain)
{
    const char *names[] = {domain->ascii, domain->unicode};
    for (size_t i = 0; i < 2; i++) {
        MUST(utf8_valid(names[i], strlen(names[i])) && strchr(names[i], '.') != NULL);
        MUST(strpbrk(names[i], "{}\",\\ \t\r\n\v\f@") == NULL);
        for (const char *c = names[i]; *c != '\0'; c++) {
            MUST((unsigned char)*c > 0x20 && *c != 0x7F && (*c < 'A' || *c > 'Z'));
            MUST(utf8_space(c, strlen(c)) == 0);
        }
    }
    MUST(strspn(names[0], "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(names[0]));
    /* The list is of names as mail servers know them. */
    MUST(!email_is_free_mail(names[1]) || strcmp(names[0], names[1]) == 0);
}

/* An address of our own making with this domain is the same. */
static void check_again(struct arena *arena, const char *name, const char *ascii)
{
    struct email_domain domain;
    const char *address = arena_print(arena, "a@%s", name);
    MUST(address != NULL);
    if (strlen(address) <= EMAIL_MOST) {
        MUST(email_read(arena, address, strlen(address), &domain) == NULL);
        MUST(strcmp(domain.ascii, ascii) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct arena arena;
    struct email_domain domain;
    size_t most = fuzz_byte(&input);
    size_t length = input.left;
    char *text = fuzz_bytes(&input, length);
    check_utf8(text, length, most);
    /* An address has passed json_check(). */
    if (utf8_valid(text, length)) {
        MUST(arena_init(&arena, 4096, (size_t)1 << 20));
        if (email_read(&arena, text, length, &domain) == NULL) {
            MUST(length <= EMAIL_MOST);
            check_domain(&domain);
            check_again(&arena, domain.ascii, domain.ascii);
            check_again(&arena, domain.unicode, domain.ascii);
        }
        arena_free(&arena);
    }
    free(text);
    return 0;
}
