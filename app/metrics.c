/* Maps the workers' shared figures, gives each worker its place, and counts. */
#include "metrics.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "endpoints.h"
#include "fnv.h"
#include "listener.h"

enum { LINE = 64 }; /* bytes of a cache line: two workers never write to the same */

static const char handover_metrics[] = HANDOVER "METRICS"; /* the descriptor's number */

static const int statuses[METRICS_STATUSES - 1] = {200, 201, 204, 304, 400, 401, 403, 404,
                                                   405, 409, 413, 415, 422, 429, 500, 503};

static const int64_t bounds_us[METRICS_BUCKETS - 1] = {1000,    2500,    5000,    10000,  25000,
                                                       50000,   100000,  250000,  500000, 1000000,
                                                       2500000, 5000000, 10000000};

int metrics_status(size_t index)
{
    return index < METRICS_STATUSES - 1 ? statuses[index] : 0;
}

int64_t metrics_bound_us(size_t index)
{
    return index < METRICS_BUCKETS - 1 ? bounds_us[index] : 0;
}

static size_t round_up(size_t size)
{
    return (size + LINE - 1) / LINE * LINE;
}

static size_t mapping_size(const struct metrics *metrics)
{
    return round_up(sizeof(struct metrics_master)) + METRICS_PLACES * metrics->place_size;
}

struct metrics_place *metrics_place(const struct metrics *metrics, size_t index)
{
    return (struct metrics_place *)(void *)((char *)metrics->master +
                                            round_up(sizeof(struct metrics_master)) +
                                            index * metrics->place_size);
}

/* A number that is another as soon as any figure means another thing, or stands elsewhere. */
static uint64_t layout(void)
{
    const size_t sizes[] = {sizeof(struct metrics_master), sizeof(struct metrics_place),
                            sizeof(struct metrics_row), METRICS_PLACES, endpoint_count};
    uint64_t hash = fnv_mix(FNV_BASIS, sizes, sizeof(sizes));
    hash = fnv_mix(hash, statuses, sizeof(statuses));
    hash = fnv_mix(hash, bounds_us, sizeof(bounds_us));
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        hash = fnv_mix(hash, error_rows[i].code, strlen(error_rows[i].code) + 1);
    }
    for (size_t i = 0; i < endpoint_count; i++) {
        hash = fnv_mix(hash, &endpoints[i].method, sizeof(endpoints[i].method));
        hash = fnv_mix(hash, endpoints[i].path, strlen(endpoints[i].path) + 1);
    }
    return hash;
}

static bool map(struct metrics *metrics, int descriptor)
{
    void *memory =
        mmap(NULL, mapping_size(metrics), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    metrics->master = memory;
    metrics->descriptor = descriptor;
    return true;
}

void metrics_close(struct metrics *metrics)
{
    if (metrics->master != NULL) {
        munmap(metrics->master, mapping_size(metrics));
        close(metrics->descriptor);
        metrics->master = NULL;
    }
}

/* The memory of the master before a reload, which was this very process. */
static bool take_over(struct metrics *metrics, int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        return false; /* no memory, and not ours to close */
    }
    if (status.st_size == (off_t)mapping_size(metrics) && map(metrics, descriptor)) {
        metrics_keep(metrics);
        if (metrics->master->layout == layout()) {
            return true;
        }
        metrics_close(metrics);
        return false;
    }
    close(descriptor);
    return false;
}

/* Only what is written to takes memory: most of the places never are. */
static bool create(struct metrics *metrics)
{
    int descriptor = memfd_create("kabaido-metrics", MFD_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    if (ftruncate(descriptor, (off_t)mapping_size(metrics)) != 0 || !map(metrics, descriptor)) {
        close(descriptor);
        return false;
    }
    metrics->master->layout = layout();
    atomic_store_explicit(&metrics->master->started_at, (uint64_t)time(NULL), memory_order_relaxed);
    return true;
}

bool metrics_open(struct metrics *metrics, size_t workers)
{
    const char *passed = getenv(handover_metrics);
    long descriptor = passed == NULL ? -1 : strtol(passed, NULL, 10);
    *metrics = (struct metrics){.rows = endpoint_count + 1};
    metrics->place_size =
        round_up(sizeof(struct metrics_place) + metrics->rows * sizeof(struct metrics_row));
    unsetenv(handover_metrics);
    bool taken =
        descriptor > STDERR_FILENO && descriptor <= INT_MAX && take_over(metrics, (int)descriptor);
    if (taken) {
        metrics_add(&metrics->master->reloads, 1);
    } else if (!create(metrics)) {
        return false;
    }
    atomic_store_explicit(&metrics->master->workers, workers, memory_order_relaxed);
    return true;
}

void metrics_pass_on(const struct metrics *metrics)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", metrics->descriptor);
    fcntl(metrics->descriptor, F_SETFD, 0);
    setenv(handover_metrics, number, 1);
}

void metrics_keep(const struct metrics *metrics)
{
    fcntl(metrics->descriptor, F_SETFD, FD_CLOEXEC);
}

static pid_t owner_of(const struct metrics_place *place)
{
    return atomic_load_explicit(&place->owner, memory_order_relaxed);
}

struct metrics_place *metrics_free_place(struct metrics *metrics)
{
    for (size_t i = 0; i < METRICS_PLACES; i++) {
        struct metrics_place *place = metrics_place(metrics, i);
        if (i >= atomic_load_explicit(&metrics->master->places, memory_order_relaxed)) {
            metrics_add(&metrics->master->places, 1);
        }
        if (owner_of(place) == 0) {
            return place;
        }
    }
    return NULL;
}

void metrics_assign(struct metrics_place *place, pid_t worker)
{
    if (place != NULL) {
        atomic_store_explicit(&place->owner, worker, memory_order_relaxed);
    }
}

static void release(struct metrics_place *place)
{
    metrics_set_busy(place, false);
    metrics_set_connected(place, false);
    metrics_assign(place, 0);
}

void metrics_release(struct metrics *metrics, pid_t worker)
{
    size_t count = atomic_load_explicit(&metrics->master->places, memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
        if (owner_of(metrics_place(metrics, i)) == worker) {
            release(metrics_place(metrics, i));
        }
    }
}

void metrics_release_others(struct metrics *metrics, const pid_t *workers, int count)
{
    size_t places = atomic_load_explicit(&metrics->master->places, memory_order_relaxed);
    for (size_t i = 0; i < places; i++) {
        bool living = false;
        for (int j = 0; j < count; j++) {
            living = living || owner_of(metrics_place(metrics, i)) == workers[j];
        }
        if (!living) {
            release(metrics_place(metrics, i));
        }
    }
}

/* There is one writer, so the addition itself need not be atomic: only the store must be whole. */
void metrics_add(_Atomic uint64_t *counter, uint64_t amount)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + amount, memory_order_relaxed);
}

void metrics_set_busy(struct metrics_place *place, bool busy)
{
    if (place != NULL) {
        atomic_store_explicit(&place->busy, busy, memory_order_relaxed);
    }
}

void metrics_set_connected(struct metrics_place *place, bool connected)
{
    if (place != NULL) {
        atomic_store_explicit(&place->connected, connected, memory_order_relaxed);
    }
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < METRICS_STATUSES - 1 && statuses[i] != status) {
        i++;
    }
    return i;
}

static size_t bucket_index(int64_t duration_us)
{
    size_t i = 0;
    while (i < METRICS_BUCKETS - 1 && bounds_us[i] < duration_us) {
        i++;
    }
    return i;
}

void metrics_count_request(struct metrics_place *place, const struct metrics_request *request)
{
    if (place == NULL) {
        return;
    }
    struct metrics_row *row = &place->rows[request->row];
    metrics_add(&row->statuses[status_index(request->status)], 1);
    metrics_add(&row->durations[bucket_index(request->duration_us)], 1);
    metrics_add(&row->duration_us, (uint64_t)request->duration_us);
    metrics_add(&row->database_us, (uint64_t)request->database_us);
    metrics_add(&row->bytes_received, request->bytes_received);
    metrics_add(&row->bytes_sent, request->bytes_sent);
    metrics_add(&row->rows_upserted, request->rows_upserted);
    metrics_add(&row->rows_refused, request->rows_refused);
    if (request->verdict != METRICS_NOT_ASKED) {
        metrics_add(&place->verdicts[request->verdict], 1);
    }
    if (request->error != ERROR_COUNT) {
        metrics_add(&place->errors[request->error], 1);
    }
}

void metrics_count_pipeline(struct metrics_place *place, enum db_status status)
{
    if (place != NULL) {
        metrics_add(&place->pipelines[status], 1);
    }
}

void metrics_count_accept_failure(struct metrics_place *place)
{
    if (place != NULL) {
        metrics_add(&place->accept_failures, 1);
    }
}

void metrics_count_slowed(struct metrics_place *place)
{
    if (place != NULL) {
        metrics_add(&place->slowed, 1);
    }
}
