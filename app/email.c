/* Reads e-mail addresses and tells companies' domains from those of free mail. */
#include "email.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "free_mail.h"
#include "utf8.h"

static const char not_an_address[] = "be an address such as name@company.example";

static bool has_space_or_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F || utf8_space(text + i, length - i) > 0) {
            return true;
        }
    }
    return false;
}

/* Moves a string of libidn2 to the arena; NULL as arena_copy(). */
static const char *keep(struct arena *arena, char *text)
{
    const char *copy = arena_copy(arena, text, strlen(text));
    idn2_free(text);
    return copy;
}

enum {
    /*
     * Lower case and one form of accents, as a browser does before it looks a name up (UTS #46).
     * Not IDN2_USE_STD3_ASCII_RULES, which leaves foreign characters out where it should refuse.
     */
    IDN_FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL,
};

/* libidn2 takes a domain that comes as xn--... at its word: what it stands for may be no domain. */
static bool stands_for(const char *ascii, const char *unicode)
{
    char *again = NULL;
    bool same =
        idn2_to_ascii_8z(unicode, &again, IDN_FLAGS) == IDN2_OK && strcmp(again, ascii) == 0;
    idn2_free(again);
    return same;
}

static bool read_domain(struct arena *arena, const char *text, struct email_domain *domain)
{
    char *ascii = NULL;
    char *unicode = NULL;
    if (idn2_to_ascii_8z(text, &ascii, IDN_FLAGS) != IDN2_OK) {
        return false;
    }
    if (idn2_to_unicode_8z8z(ascii, &unicode, 0) != IDN2_OK) {
        idn2_free(ascii);
        return false;
    }
    bool valid = stands_for(ascii, unicode);
    domain->ascii = keep(arena, ascii);
    domain->unicode = keep(arena, unicode);
    return valid && domain->ascii != NULL && domain->unicode != NULL;
}

/*
 * A host's name (RFC 1123): labels of letters, digits and hyphens, two or more, none of them empty
 * and the last no number, or it would be an address.
 */
static bool is_host_name(const char *ascii)
{
    const char *last = strrchr(ascii, '.');
    return ascii[strspn(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0' && last != NULL &&
           ascii[0] != '.' && strstr(ascii, "..") == NULL &&
           last[1 + strspn(last + 1, "0123456789")] != '\0';
}

const char *email_read(struct arena *arena, const char *text, size_t length,
                       struct email_domain *domain)
{
    const char *at = memchr(text, '@', length);
    if (length > EMAIL_MOST) {
        return "have at most 254 bytes";
    }
    if (at == NULL || at == text || memchr(at + 1, '@', length - (size_t)(at + 1 - text)) != NULL ||
        has_space_or_control(text, length)) {
        return not_an_address;
    }
    if (at - text > EMAIL_LOCAL_MOST) {
        return "have at most 64 bytes before its @";
    }
    struct email_domain read;
    const char *copy = arena_copy(arena, at + 1, length - (size_t)(at + 1 - text));
    if (copy == NULL || !read_domain(arena, copy, &read) || !is_host_name(read.ascii)) {
        return "end with the name of a domain, such as company.example";
    }
    *domain = read;
    return NULL;
}

static int compare_domains(const void *one, const void *other)
{
    const char *const *left = one;
    const char *const *right = other;
    return strcmp(*left, *right);
}

bool email_is_free_mail(const char *ascii)
{
    return bsearch(&ascii, free_mail_domains, free_mail_domain_count, sizeof(*free_mail_domains),
                   compare_domains) != NULL;
}
