/* Reads and checks a customer; the database refuses nothing that has passed here. */
#include "customer_input.h"

#include <string.h>

#include "../email.h"

/* A domain has no character that a PostgreSQL array would have to quote. */
static bool read_domain(const struct members *members, struct customer_input *input)
{
    struct email_domain domain;
    const char *rule = email_read(members->arena, input->email.value, input->email.length, &domain);
    if (rule != NULL) {
        return member_refuse(members, "email", "'email' is '%s': it must %s.",
                             member_shown(members->arena, input->email.value, input->email.length),
                             rule);
    }
    if (email_is_free_mail(domain.ascii)) {
        return true;
    }
    input->domain = domain.ascii;
    input->spellings = strcmp(domain.ascii, domain.unicode) == 0
                           ? arena_print(members->arena, "{%s}", domain.ascii)
                           : arena_print(members->arena, "{%s,%s}", domain.ascii, domain.unicode);
    return input->spellings != NULL ||
           member_refuse(members, "email", "Something went wrong on our side.");
}

static bool read_members(const struct members *members, struct customer_input *input)
{
    return member_line(members, "company", &input->company) &&
           member_required(members, "company", &input->company) &&
           member_line(members, "email", &input->email) &&
           (input->email.value == NULL || read_domain(members, input));
}

bool customer_input_read(const struct members *members, struct customer_input *input)
{
    static const char *const known[] = {"company", "email", "phone", "external_id", NULL};
    *input = (struct customer_input){.domain = NULL};
    return members_known(members, known) && read_members(members, input) &&
           member_line(members, "phone", &input->phone) &&
           member_line(members, "external_id", &input->external_id);
}

bool customer_input_read_short(const struct members *members, struct customer_input *input)
{
    static const char *const known[] = {"company", "email", NULL};
    *input = (struct customer_input){.domain = NULL};
    return members_known(members, known) && read_members(members, input);
}

static const char *flag(bool value)
{
    return value ? "t" : "f";
}

struct db_call customer_input_upsert(const struct customer_input *input, bool change)
{
    return (struct db_call){
        .query = QUERY_CUSTOMER_UPSERT,
        .parameter_count = 9,
        .parameters = {input->company.value, input->email.value, flag(input->email.sent),
                       input->phone.value, flag(input->phone.sent), input->external_id.value,
                       flag(input->external_id.sent), input->spellings, flag(change)}
    };
}
