/* The domains of free mail: data/free-mail/domains.txt, embedded at build. */
#ifndef KABAIDO_FREE_MAIL_H
#define KABAIDO_FREE_MAIL_H

#include <stddef.h>

/* In the order of strcmp(). */
extern const char *const free_mail_domains[];
extern const size_t free_mail_domain_count;

#endif
