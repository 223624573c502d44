/*
 * In libFuzzer's place: gives the files of a folder, or single files, to a target, once each.
 * usage: fuzz_NAME FOLDER-OR-FILE ...
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

static bool replay_file(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        perror(path);
        return false;
    }
    /* Of its own size, so that AddressSanitizer sees each step beyond it. */
    size_t size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    bool ok = bytes != NULL && fread(bytes, 1, size, file) == size;
    fclose(file);
    if (ok) {
        LLVMFuzzerTestOneInput(bytes, size);
    } else {
        fprintf(stderr, "%s: cannot be read\n", path);
    }
    free(bytes);
    return ok;
}

/* How many files were replayed, or -1. */
static int replay(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    if (folder == NULL) {
        return errno == ENOTDIR && replay_file(path) ? 1 : -1;
    }
    const struct dirent *entry;
    while (count >= 0 && (entry = readdir(folder)) != NULL) {
        char name[4096];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        /* Standard error has the name already when a target ends the program. */
        fprintf(stderr, "%s\n", name);
        count = replay_file(name) ? count + 1 : -1;
    }
    closedir(folder);
    return count;
}

int main(int count, char **paths)
{
    int total = 0;
    for (int i = 1; i < count; i++) {
        int replayed = replay(paths[i]);
        if (replayed <= 0) {
            fprintf(stderr, "%s: nothing to replay\n", paths[i]);
            return EXIT_FAILURE;
        }
        total += replayed;
    }
    printf("%d\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
