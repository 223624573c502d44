/*
 * JSON out: from the columns of a statement to the members of an object. A column's name is the
 * member's name and its type decides the form (docs: contract, "Transport and shape"), so the
 * statement in sql/queries is the one place that says what a resource looks like. A column whose
 * name begins with an underscore is for the worker and becomes no member.
 */
#ifndef KABAIDO_JSON_H
#define KABAIDO_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "db.h"

struct json_object;

/*
 * Memory may run out anywhere in here. A function then returns NULL and accepts NULL for its
 * object, so that a chain of calls ends in NULL, for reply_json() to turn into an error: a member
 * that is missing or null for want of memory would be a wrong answer.
 */

/* A new object owned by the arena; a new array owned by the caller. */
struct json_object *json_new_object(struct arena *arena);
struct json_object *json_new_array(void);

/* Hands an object to the arena. */
struct json_object *json_own(struct arena *arena, struct json_object *object);

/* One row as an object that the caller owns (give it to a parent or to an arena). */
struct json_object *json_from_row(const struct db_result *result, int row);

/*
 * All rows, or the first count of them, as an array that the caller owns. It is text already:
 * nothing can be read from it or added to it.
 */
struct json_object *json_from_rows(const struct db_result *result);
struct json_object *json_from_first_rows(const struct db_result *result, int count);

/* As the above, with JSON columns read into trees, for those who look into them. */
struct json_object *json_tree_from_row(const struct db_result *result, int row);
struct json_object *json_tree_from_rows(const struct db_result *result);

/* Adds a member, and returns the object; value NULL gives null. */
struct json_object *json_add_text(struct json_object *object, const char *member,
                                  const char *value);
struct json_object *json_add_integer(struct json_object *object, const char *member, int64_t value);

/* Adds a member whose value the object owns from now on, also when this fails. */
struct json_object *json_add(struct json_object *object, const char *member,
                             struct json_object *value);

/* The document without spaces, in UTF-8; lives as long as the object. */
const char *json_text(struct json_object *object, size_t *size);

#endif
