/*
 * Lists: pages of a resource by keyset, so that a walk through the pages shows every row that was
 * there at its start exactly once, whatever is inserted meanwhile.
 *
 * By default a list is in the resource's own order. With updated_since it is in the order of
 * updated_at, which is the order in which changes were committed (docs/synchronisation.md).
 */
#ifndef KABAIDO_LIST_H
#define KABAIDO_LIST_H

#include <stdbool.h>

#include "cursor.h"
#include "endpoints.h"
#include "reply.h"
#include "request.h"

/* What is particular to a resource's list. */
struct list_rule {
    const char *member; /* the list's name in the answer: "quotes" */
    int most;           /* bounds of limit, from 1 */
    int initial;
    const char *order[2]; /* columns of the default order; the second NULL where one is enough */
    const char *first[2]; /* a position before the first row of that order */
};

/* Newest first, ties by id. */
#define LIST_NEWEST_FIRST                                                                          \
    .order = {"created_at", "id"}, .first = {"infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff"}

/* The page that a request asks for. Lives in the request's arena. */
struct list {
    const struct list_rule *rule;
    struct cursor_binding binding;
    bool by_change;          /* updated_since was given */
    int limit;               /* rows on the page */
    const char *fetch;       /* one row more, as text: it tells whether there is a next page */
    const char *position[2]; /* the page begins after it; a statement's first two parameters */
};

/*
 * Reads limit, cursor and updated_since. NULL: the reply holds the error (422 invalid_parameter, or
 * 400 invalid_cursor). The resource's own filters are its own to read; the cursor is bound to them.
 */
const struct list *list_read(const struct request *request, const struct list_rule *rule,
                             struct reply *reply);

/*
 * {"<member>":[rows],"next_cursor":...}. A statement that must not look at too many rows may end
 * its page early: then its last row has false in the column _listed, belongs not to the list, and
 * is the position after which the next page begins. Other rows have true there, or no such column.
 */
bool list_represent(const struct request *request, const struct list *list,
                    const struct db_result *rows, struct reply *reply);

#endif
