/* Takes inputs apart. */
#include "fuzz.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"

void fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

unsigned fuzz_byte(struct fuzz_input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

char *fuzz_bytes(struct fuzz_input *input, size_t size)
{
    size = size < input->left ? size : input->left;
    char *bytes = malloc(size > 0 ? size : 1);
    MUST(bytes != NULL);
    memcpy(bytes, input->at, size);
    input->at += size;
    input->left -= size;
    return bytes;
}

char *fuzz_text(struct fuzz_input *input)
{
    size_t length = strnlen((const char *)input->at, input->left);
    char *text = malloc(length + 1);
    MUST(text != NULL);
    memcpy(text, input->at, length);
    text[length] = '\0';
    input->at += length;
    input->left -= length;
    return text;
}

bool fuzz_is_json(const char *text, size_t size)
{
    struct json_fault fault;
    struct json_tokener *tokener = json_tokener_new_ex(JSON_CHECK_DEPTH + 1);
    MUST(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *tree = json_tokener_parse_ex(tokener, text, (int)size);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_object_put(tree);
    json_tokener_free(tokener);
    return error == json_tokener_success && json_check(text, size, &fault);
}
