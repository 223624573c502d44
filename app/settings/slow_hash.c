/* Bounds how many workers hash passwords at the same time. */
#include "slow_hash.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../worker.h"

int slow_hash_open(void)
{
    return memfd_create("kabaido-slow-hashes", MFD_CLOEXEC);
}

static bool set_lock(int file, short type, off_t place, off_t count)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = count};
    return fcntl(file, F_SETLK, &lock) == 0;
}

bool slow_hash_begin(const struct worker *worker, struct reply *reply)
{
    int64_t places = (worker->config->workers + 1) / 2;
    for (int64_t i = 0; i < places; i++) {
        if (set_lock(worker->slow_hashes, F_WRLCK, i, 1)) {
            return true;
        }
    }
    reply_header(reply, "Retry-After", "1");
    return reply_error(reply, ERROR_UNAVAILABLE, NULL,
                       "Too many people are signing in at once. Try again in a second.");
}

void slow_hash_end(const struct worker *worker)
{
    set_lock(worker->slow_hashes, F_UNLCK, 0, 0);
}
