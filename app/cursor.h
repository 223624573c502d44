/*
 * The cursors of lists: opaque to clients, and good for nothing but the list that gave them out. A
 * cursor is the position after which the next page begins, and a MAC over it together with what it
 * is bound to; base64url of both.
 */
#ifndef KABAIDO_CURSOR_H
#define KABAIDO_CURSOR_H

#include "arena.h"

/* What a cursor is bound to: with another of these it is not valid. */
struct cursor_binding {
    const char *secret; /* the deployment's */
    const char *org_id;
    const char *path;    /* of the endpoint */
    const char *filters; /* every other parameter that decides what is listed and in which order */
};

enum { CURSOR_POSITION_MOST = 1000 }; /* bytes */

/* The cursor for a position; NULL when memory is out or the position too long. */
const char *cursor_make(struct arena *arena, const struct cursor_binding *binding,
                        const char *position);

/* The position in a cursor; NULL when it is not one of ours for this binding. */
const char *cursor_read(struct arena *arena, const struct cursor_binding *binding,
                        const char *cursor);

#endif
