/*
 * What every fuzz target needs. A target is a file fuzz_NAME.c with the function that libFuzzer
 * calls for each input; what must hold is said with MUST(). See README.md.
 */
#ifndef KABAIDO_FUZZ_H
#define KABAIDO_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, and so the run, with a finding where the condition does not hold. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

_Noreturn void fuzz_fail(const char *condition, const char *file, int line);

/* An input that is taken apart from its beginning. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next byte; 0 behind the end. */
unsigned fuzz_byte(struct fuzz_input *input);

/*
 * The next size bytes, or as many as are left, in memory of just that size, so that
 * AddressSanitizer sees each step beyond them. For free().
 */
char *fuzz_bytes(struct fuzz_input *input, size_t size);

/* All that is left, up to its first NUL if it has one, ended by a NUL. For free(). */
char *fuzz_text(struct fuzz_input *input);

/* True when the bytes are JSON for us and for json-c. */
bool fuzz_is_json(const char *text, size_t size);

#endif
