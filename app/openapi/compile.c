/*
 * Turns the OpenAPI document's source into what is served: YAML on the way in, for people, JSON
 * without a needless byte on the way out. Runs while the workers are being built.
 * usage: compile-openapi openapi.yaml >openapi.json
 *
 * Of YAML it takes what JSON can say: mappings with distinct keys, sequences, aliases, scalars. A
 * plain scalar that reads as a JSON number, true, false or null is that; any other is a string. The
 * tag !text on a file name, or on a list of them, gives the files' text, one after the other: the
 * guides are Markdown files of their own.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { TEXT_MOST = 1 << 20, DEPTH_MOST = 64 };

static const char text_tag[] = "!text";

static const char *source;   /* path of the YAML */
static yaml_document_t tree; /* what is in it */

static void fail(const yaml_mark_t *mark, const char *what, const char *detail)
{
    fprintf(stderr, "%s:%zu: %s%s\n", source, mark->line + 1, what, detail);
    exit(EXIT_FAILURE);
}

/* One character of a string, escaped where JSON (RFC 8259) asks for it. */
static void put_character(char c)
{
    if (c == '"' || c == '\\') {
        printf("\\%c", c);
    } else if (c == '\n') {
        fputs("\\n", stdout);
    } else if ((unsigned char)c < 0x20) {
        printf("\\u%04x", (unsigned)c);
    } else {
        putchar(c);
    }
}

static void put_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        put_character(text[i]);
    }
}

/* A file's text; its name is relative to the source's folder. */
static void put_file(const yaml_node_t *name)
{
    static char text[TEXT_MOST];
    char path[1024];
    const char *slash = strrchr(source, '/');
    int folder = slash == NULL ? 0 : (int)(slash - source) + 1;
    snprintf(path, sizeof(path), "%.*s%s", folder, source, (const char *)name->data.scalar.value);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail(&name->start_mark, "a file that cannot be read: ", path);
        return;
    }
    size_t size = fread(text, 1, sizeof(text), file);
    if (size == 0 || size == sizeof(text)) {
        fail(&name->start_mark, "an empty file, or one that is too long: ", path);
    }
    fclose(file);
    put_text(text, size);
}

static bool is_tagged_text(const yaml_node_t *node)
{
    return node->tag != NULL && strcmp((const char *)node->tag, text_tag) == 0;
}

static void put_texts(const yaml_node_t *node)
{
    putchar('"');
    if (node->type == YAML_SCALAR_NODE) {
        put_file(node);
    }
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         node->type == YAML_SEQUENCE_NODE && item < node->data.sequence.items.top; item++) {
        if (item > node->data.sequence.items.start) {
            put_character('\n');
        }
        put_file(yaml_document_get_node(&tree, *item));
    }
    putchar('"');
}

/* The grammar of RFC 8259: no sign but minus, no leading zero, digits after the point. */
static bool is_number(const char *text)
{
    static const char digits[] = "0123456789";
    text += text[0] == '-';
    size_t whole = strspn(text, digits);
    if (whole == 0 || (text[0] == '0' && whole > 1)) {
        return false;
    }
    text += whole;
    if (text[0] == '.') {
        size_t fraction = strspn(text + 1, digits);
        if (fraction == 0) {
            return false;
        }
        text += 1 + fraction;
    }
    return text[0] == '\0';
}

static void put_scalar(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (is_number(text) || strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
                  strcmp(text, "null") == 0)) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    put_text(text, node->data.scalar.length);
    putchar('"');
}

static void check_key(const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&tree, pair->key);
    if (key->type != YAML_SCALAR_NODE) {
        fail(&key->start_mark, "a key that is no text", "");
        return;
    }
    const char *name = (const char *)key->data.scalar.value;
    for (const yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
        const yaml_node_t *before = yaml_document_get_node(&tree, other->key);
        if (strcmp((const char *)before->data.scalar.value, name) == 0) {
            fail(&key->start_mark, "a key that was there before: ", name);
        }
    }
    putchar('"');
    put_text(name, key->data.scalar.length);
    fputs("\":", stdout);
}

/* NOLINTNEXTLINE(misc-no-recursion): a tree, of bounded depth. */
static void put_node(const yaml_node_t *node, int depth)
{
    if (depth == DEPTH_MOST) {
        fail(&node->start_mark, "too deep, or an alias of what it is in", "");
    } else if (is_tagged_text(node)) {
        put_texts(node);
    } else if (node->type == YAML_SCALAR_NODE) {
        put_scalar(node);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        putchar('[');
        for (yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; item++) {
            if (item > node->data.sequence.items.start) {
                putchar(',');
            }
            put_node(yaml_document_get_node(&tree, *item), depth + 1);
        }
        putchar(']');
    } else if (node->type == YAML_MAPPING_NODE) {
        putchar('{');
        for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
             pair < node->data.mapping.pairs.top; pair++) {
            if (pair > node->data.mapping.pairs.start) {
                putchar(',');
            }
            check_key(node, pair);
            put_node(yaml_document_get_node(&tree, pair->value), depth + 1);
        }
        putchar('}');
    }
}

/* Reads the source into tree; ends the program where that is not YAML. */
static void load(FILE *file)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        fputs("compile-openapi: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &tree)) {
        fail(&parser.problem_mark, parser.problem == NULL ? "not YAML" : parser.problem, "");
    }
    if (yaml_document_get_root_node(&tree) == NULL) {
        fail(&parser.mark, "an empty document", "");
    }
    yaml_parser_delete(&parser);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: compile-openapi FILE.yaml\n", stderr);
        return 2;
    }
    source = argv[1];
    FILE *file = fopen(source, "r");
    if (file == NULL) {
        perror(source);
        return EXIT_FAILURE;
    }
    load(file);
    put_node(yaml_document_get_root_node(&tree), 0);
    putchar('\n');
    yaml_document_delete(&tree);
    fclose(file);
    /* A build must not go on with half a document. */
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
