/* Makes a tree of a document's slices, without recursion. */
#include "json_tree.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "json_slice.h"
#include "secret.h"

/* A container that is being filled; its parent owns it. */
struct level {
    struct json_object *container;
    struct json_walk walk;
};

struct tree {
    struct arena *arena;
    struct json_object *root;
    struct level levels[JSON_CHECK_DEPTH];
    size_t depth;
};

static struct json_object *make_string(struct arena *arena, struct json_slice slice)
{
    const char *text;
    size_t length;
    if (!json_slice_text(arena, slice, &text, &length)) {
        return NULL;
    }
    struct json_object *string = json_object_new_string_len(text, (int)length);
    if (text != slice.text + 1) {
        secret_forget(text, length); /* a decoded copy, which may be of a password */
    }
    return string;
}

static struct json_object *make_number(struct arena *arena, struct json_slice slice)
{
    char *end;
    const char *text = arena_copy(arena, slice.text, slice.length);
    if (text == NULL) {
        return NULL;
    }
    /* What has passed json_check() fits, where it is whole. */
    int64_t whole = strtoll(text, &end, 10);
    return *end == '\0' ? json_object_new_int64(whole)
                        : json_object_new_double_s(strtod(text, NULL), text);
}

/* False: memory is out. */
static bool make_value(struct arena *arena, struct json_slice slice, struct json_object **value)
{
    switch (slice.kind) {
    case '{':
        *value = json_object_new_object();
        break;
    case '[':
        *value = json_object_new_array();
        break;
    case '"':
        *value = make_string(arena, slice);
        break;
    case '0':
        *value = make_number(arena, slice);
        break;
    case 't':
        *value = json_object_new_boolean(slice.text[0] == 't');
        break;
    default:
        *value = NULL;
        return true;
    }
    return *value != NULL;
}

/* Gives the value to a container, also when this fails. name: of an object's member. */
static bool add(struct tree *tree, struct json_object *container, struct json_slice name,
                struct json_object *value)
{
    const char *text;
    size_t length;
    bool added;
    if (json_object_is_type(container, json_type_array)) {
        added = json_object_array_add(container, value) == 0;
    } else {
        const char *key = json_slice_text(tree->arena, name, &text, &length)
                              ? arena_copy(tree->arena, text, length)
                              : NULL;
        added = key != NULL && json_object_object_add(container, key, value) == 0;
    }
    if (!added) {
        json_object_put(value);
    }
    return added;
}

/* A container's own values come next. json_check() has counted the levels. */
static void enter(struct tree *tree, struct json_slice slice, struct json_object *value)
{
    if (slice.kind == '{' || slice.kind == '[') {
        tree->levels[tree->depth++] = (struct level){value, json_walk_begin(slice)};
    }
}

/* Reads the next value of the innermost container, or leaves it. */
static bool step(struct tree *tree)
{
    struct level *level = &tree->levels[tree->depth - 1];
    struct json_slice name = {.kind = 'n'};
    struct json_slice slice;
    struct json_object *value;
    if (!(json_object_is_type(level->container, json_type_object)
              ? json_walk_member(&level->walk, &name, &slice)
              : json_walk_element(&level->walk, &slice))) {
        tree->depth--;
        return true;
    }
    if (!make_value(tree->arena, slice, &value) || !add(tree, level->container, name, value)) {
        return false;
    }
    enter(tree, slice, value);
    return true;
}

bool json_tree_read(struct arena *arena, const char *text, struct json_object **tree)
{
    struct tree reading = {.arena = arena};
    struct json_slice document = json_slice_document(text);
    if (!make_value(arena, document, &reading.root)) {
        return false;
    }
    enter(&reading, document, reading.root);
    while (reading.depth > 0) {
        if (!step(&reading)) {
            json_object_put(reading.root);
            return false;
        }
    }
    *tree = reading.root;
    return true;
}
