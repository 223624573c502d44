/*
 * JSON in, as a tree of json-c's, for bodies that are small enough to be made into objects.
 *
 * json-c's own reader is not asked: it is lenient, which json_check() mends, and wrong about
 * characters such as U+1DA03 (0.16): written as escapes it takes them for half a surrogate pair and
 * makes U+FFFD of them. json_slice reads them right.
 */
#ifndef KABAIDO_JSON_TREE_H
#define KABAIDO_JSON_TREE_H

#include <stdbool.h>

#include "arena.h"

struct json_object;

/*
 * The document, which must have passed json_check(), as a tree that the caller owns; NULL for null.
 * A number that is not whole keeps its text (json_object_get_string). False: memory is out.
 */
bool json_tree_read(struct arena *arena, const char *text, struct json_object **tree);

#endif
