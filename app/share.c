/* Bounds how many workers are at the same kind of work. */
#include "share.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fnv.h"
#include "worker.h"

/* Bytes of the file that are a share's: more than there can be workers. The file has none of them.
 */
enum { WIDTH = 4096 };

static const uint64_t organisations = (UINT64_C(1) << 40) - 1;

int64_t share_of_organisation(const char *org_id)
{
    uint64_t hash = fnv_mix(FNV_BASIS, org_id, strlen(org_id));
    return SHARE_SLOW_HASHES + 1 + (int64_t)(hash % organisations);
}

int share_open(void)
{
    return memfd_create("kabaido-shares", MFD_CLOEXEC);
}

static bool set_lock(int file, short type, off_t place, off_t count)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = count};
    return fcntl(file, F_SETLK, &lock) == 0;
}

bool share_take(const struct worker *worker, int64_t share, const char *why, struct reply *reply)
{
    int64_t places = (worker->config->workers + 1) / 2;
    for (int64_t i = 0; i < places; i++) {
        if (set_lock(worker->shares, F_WRLCK, share * WIDTH + i, 1)) {
            return true;
        }
    }
    reply_header(reply, "Retry-After", "1");
    return reply_error(reply, ERROR_UNAVAILABLE, NULL, "%s", why);
}

void share_return(const struct worker *worker)
{
    set_lock(worker->shares, F_UNLCK, 0, 0); /* to the end of all places */
}
