/*
 * Memory that lives as long as one request, and the foreign objects (database results, JSON trees)
 * that the request owns. Handlers allocate and never free; arena_reset() ends it all at one point.
 */
#ifndef KABAIDO_ARENA_H
#define KABAIDO_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;
struct arena_object;

struct arena {
    struct arena_block *first;    /* kept from request to request */
    struct arena_block *current;  /* where allocation goes on */
    struct arena_object *objects; /* released last come first */
    size_t used;                  /* bytes handed out since the last reset */
    size_t most;                  /* bytes that one request may use */
};

/* keep: bytes of the block that survives a reset; most: bytes one request may take in all. */
bool arena_init(struct arena *arena, size_t keep, size_t most);
void arena_free(struct arena *arena);

/* Releases every owned object and every allocation. */
void arena_reset(struct arena *arena);

/* Aligned for any type and not zeroed; NULL beyond the arena's maximum or when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies size bytes and a NUL after them; NULL as arena_alloc(). */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/* As printf into the arena; NULL as arena_alloc(). */
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprint(struct arena *arena, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/*
 * Hands object to the arena, which calls release(object) at its reset. When this fails the object
 * has been released already and the result is NULL; else it is the object.
 */
void *arena_own(struct arena *arena, void *object, void (*release)(void *));

#endif
