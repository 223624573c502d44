/*
 * E-mail addresses: which we take, and whose mail a domain is. email.c is the only file that knows
 * libidn2.
 */
#ifndef KABAIDO_EMAIL_H
#define KABAIDO_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Bytes: a mail server need not take longer ones (RFC 5321, section 4.5.3.1.3). */
enum { EMAIL_MOST = 254, EMAIL_LOCAL_MOST = 64 };

/* The domain of an address, in lower case; both in the arena. */
struct email_domain {
    const char *ascii;   /* as mail servers know it: xn--mller-kva.example */
    const char *unicode; /* as people write it: müller.example; equal to ascii where it is plain */
};

/*
 * Takes an address apart: local@domain, with one @, no white space or control characters, and a
 * domain of two labels or more that is valid by IDNA2008 (RFC 5891). NULL, and domain written; or
 * the rule that is broken, as the end of a sentence that begins with "it must".
 */
const char *email_read(struct arena *arena, const char *text, size_t length,
                       struct email_domain *domain);

/*
 * True when anybody can have an address at the domain (data/free-mail), so that it says nothing
 * about who employs its owner. ascii: as in email_domain.
 */
bool email_is_free_mail(const char *ascii);

#endif
