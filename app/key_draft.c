/* Drafts the secrets of API keys. */
#include "key_draft.h"

bool key_draft_make(struct key_draft *draft)
{
    return secret_random_base62(draft->key.public_id, KEY_PUBLIC_ID_LENGTH) &&
           secret_random_base62(draft->key.secret, KEY_SECRET_LENGTH) &&
           secret_random_bytes(draft->salt, sizeof(draft->salt)) &&
           secret_digest(draft->salt, draft->key.secret, KEY_SECRET_LENGTH, draft->digest);
}

void key_draft_parameters(const struct key_draft *draft, struct db_call *call, int first)
{
    call->parameters[first] = draft->key.public_id;
    call->parameters[first + 1] = (const char *)draft->salt;
    call->binary_size[first + 1] = sizeof(draft->salt);
    call->parameters[first + 2] = (const char *)draft->digest;
    call->binary_size[first + 2] = sizeof(draft->digest);
}
