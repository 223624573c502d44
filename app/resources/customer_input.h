/* A customer as clients send it: in POST /customers, and in short form in POST /requests. */
#ifndef KABAIDO_RESOURCES_CUSTOMER_INPUT_H
#define KABAIDO_RESOURCES_CUSTOMER_INPUT_H

#include <stdbool.h>

#include "../db.h"
#include "../members.h"

struct customer_input {
    struct member_text company;
    struct member_text email;
    struct member_text phone;
    struct member_text external_id;
    const char *domain; /* of email, when it tells a company: in lower case, as mail servers know
                           it; else NULL */
    const char
        *spellings; /* the domain in all its spellings, a PostgreSQL array; NULL without it */
};

/* Reads {company, email?, phone?, external_id?}. False: the fault says which member and why. */
bool customer_input_read(const struct members *members, struct customer_input *input);

/* Reads {company, email?}. */
bool customer_input_read_short(const struct members *members, struct customer_input *input);

/*
 * The statement that finds this customer or makes it (sql/queries/customer_upsert.sql), to be run
 * by who holds the change clock. change: whether a customer that is found takes the values.
 */
struct db_call customer_input_upsert(const struct customer_input *input, bool change);

#endif
