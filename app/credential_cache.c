/* A four-way set-associative cache: a fixed size, no allocation after start, no lists to mend. */
#include "credential_cache.h"

#include <stdlib.h>
#include <string.h>

#include "fnv.h"

enum { WAYS = 4 };

bool credential_cache_init(struct credential_cache *cache, size_t entries)
{
    size_t sets = 1;
    while (sets * WAYS < entries) {
        sets *= 2;
    }
    *cache = (struct credential_cache){.places = calloc(sets * WAYS, sizeof(struct credential)),
                                       .sets = sets};
    return cache->places != NULL;
}

void credential_cache_free(struct credential_cache *cache)
{
    if (cache->places != NULL) {
        secret_cleanse(cache->places, cache->sets * WAYS * sizeof(struct credential));
        free(cache->places);
        cache->places = NULL;
    }
}

/* Public ids are random and checked by CRC, but a client chooses which to try. */
static struct credential *set_of(const struct credential_cache *cache, const char *public_id)
{
    uint64_t hash = fnv_mix(FNV_BASIS, public_id, strlen(public_id));
    hash ^= hash >> 32;
    return cache->places + (hash & (cache->sets - 1)) * WAYS;
}

struct credential *credential_cache_get(struct credential_cache *cache, const char *public_id)
{
    struct credential *set = set_of(cache, public_id);
    for (size_t i = 0; i < WAYS; i++) {
        if (strcmp(set[i].public_id, public_id) == 0) {
            set[i].last_use = ++cache->uses;
            return &set[i];
        }
    }
    return NULL;
}

struct credential *credential_cache_put(struct credential_cache *cache,
                                        const struct credential *credential)
{
    struct credential *set = set_of(cache, credential->public_id);
    struct credential *place = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (strcmp(set[i].public_id, credential->public_id) == 0) {
            place = &set[i];
            break;
        }
        if (set[i].last_use < place->last_use) {
            place = &set[i];
        }
    }
    *place = *credential;
    place->last_use = ++cache->uses;
    return place;
}
