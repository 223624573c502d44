/* FNV-1a with 64 bits, for tables and layouts: quick, well spread, and no defence against malice.
 */
#ifndef KABAIDO_FNV_H
#define KABAIDO_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

/* The hash, first FNV_BASIS, with these bytes in it. */
static inline uint64_t fnv_mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
