/* Counts by the second in one word, which processes change without a lock. */
#include "flood.h"

enum { BITS = 16, COUNT_MOST = 0xffff };

/* From the highest bits: the second (32), the count of the one before (16), its own count (16). */
static uint64_t pack(uint64_t second, uint64_t before, uint64_t now)
{
    return (second & UINT32_MAX) << (2 * BITS) | before << BITS | now;
}

/*
 * A worker that read the clock just before the second ended, and comes here just after another has
 * begun the next one, counts in that.
 */
static uint64_t add_one(uint64_t word, uint64_t second)
{
    uint64_t then = word >> (2 * BITS);
    uint64_t before = word >> BITS & COUNT_MOST;
    uint64_t now = word & COUNT_MOST;
    if (second > then) {
        before = second == then + 1 ? now : 0;
        now = 0;
        then = second;
    }
    return pack(then, before, now < COUNT_MOST ? now + 1 : now);
}

bool flood_count(flood_memory *memory, int64_t second, unsigned most)
{
    uint64_t seen = atomic_load_explicit(memory, memory_order_relaxed);
    uint64_t next = add_one(seen, (uint64_t)second);
    while (!atomic_compare_exchange_weak_explicit(memory, &seen, next, memory_order_relaxed,
                                                  memory_order_relaxed)) {
        next = add_one(seen, (uint64_t)second);
    }
    return (next & COUNT_MOST) > most || (next >> BITS & COUNT_MOST) > most;
}
