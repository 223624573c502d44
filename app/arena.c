/* A request's memory: bump allocation in blocks, and a list of foreign objects to release. */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

enum { EXTRA_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena_object {
    struct arena_object *next;
    void *object;
    void (*release)(void *);
};

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block != NULL) {
        block->next = NULL;
        block->size = size;
        block->used = 0;
        ASAN_POISON_MEMORY_REGION(block->bytes, size);
    }
    return block;
}

static void block_free(struct arena_block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

bool arena_init(struct arena *arena, size_t keep, size_t most)
{
    *arena = (struct arena){.first = block_new(keep), .most = most};
    arena->current = arena->first;
    return arena->first != NULL;
}

void arena_reset(struct arena *arena)
{
    while (arena->objects != NULL) {
        struct arena_object *object = arena->objects;
        arena->objects = object->next;
        object->release(object->object);
    }
    while (arena->first->next != NULL) {
        struct arena_block *extra = arena->first->next;
        arena->first->next = extra->next;
        block_free(extra);
    }
    /* A pointer kept beyond its request is found by the sanitizer, not by a customer. */
    ASAN_POISON_MEMORY_REGION(arena->first->bytes, arena->first->size);
    arena->first->used = 0;
    arena->current = arena->first;
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    if (arena->first != NULL) {
        arena_reset(arena);
        block_free(arena->first);
        arena->first = NULL;
    }
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    if (size > arena->most || arena->used + size > arena->most) {
        return NULL;
    }
    size_t rounded = size == 0 ? unit : (size + unit - 1) / unit * unit;
    struct arena_block *block = arena->current;
    if (block->size - block->used < rounded) {
        block = block_new(rounded > EXTRA_BLOCK ? rounded : EXTRA_BLOCK);
        if (block == NULL) {
            return NULL;
        }
        arena->current->next = block;
        arena->current = block;
    }
    void *result = block->bytes + block->used;
    ASAN_UNPOISON_MEMORY_REGION(result, size);
    block->used += rounded;
    arena->used += rounded;
    return result;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return copy;
}

char *arena_vprint(struct arena *arena, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, format, values);
    char *text = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
    if (text != NULL) {
        vsnprintf(text, (size_t)size + 1, format, again);
    }
    va_end(again);
    return text;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *text = arena_vprint(arena, format, values);
    va_end(values);
    return text;
}

void *arena_own(struct arena *arena, void *object, void (*release)(void *))
{
    if (object == NULL) {
        return NULL;
    }
    struct arena_object *entry = arena_alloc(arena, sizeof(*entry));
    if (entry == NULL) {
        release(object);
        return NULL;
    }
    *entry = (struct arena_object){arena->objects, object, release};
    arena->objects = entry;
    return object;
}
