/* Prints the workers' figures for Prometheus (text format 0.0.4). */
#include <inttypes.h>
#include <stdlib.h>

#include "endpoints.h"
#include "metrics.h"

#ifndef KABAIDO_VERSION
#define KABAIDO_VERSION "development"
#endif

enum { MICROSECONDS = 1000000 };

/* All that is printed, summed up: the counters of every place, and how its owners are. */
struct sums {
    const struct metrics *metrics;
    struct metrics_place *total; /* its gauges are not used */
    uint64_t living;
    uint64_t busy;
    uint64_t connected;
    FILE *out;
};

static uint64_t read_figure(const _Atomic uint64_t *figure)
{
    return atomic_load_explicit(figure, memory_order_relaxed);
}

static void add_place(struct sums *sums, const struct metrics_place *place)
{
    size_t size = sums->metrics->place_size - offsetof(struct metrics_place, verdicts);
    const _Atomic uint64_t *from = place->verdicts;
    _Atomic uint64_t *to = sums->total->verdicts;
    for (size_t i = 0; i < size / sizeof(*from); i++) {
        metrics_add(to + i, read_figure(from + i));
    }
    if (atomic_load_explicit(&place->owner, memory_order_relaxed) != 0) {
        sums->living++;
        sums->busy += atomic_load_explicit(&place->busy, memory_order_relaxed);
        sums->connected += read_figure(&place->connected);
    }
}

static void describe(const struct sums *sums, const char *name, const char *type, const char *help)
{
    fprintf(sums->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A figure without labels. */
static void print_one(const struct sums *sums, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    describe(sums, name, type, help);
    fprintf(sums->out, "%s %" PRIu64 "\n", name, value);
}

static void print_labelled(const struct sums *sums, const char *name, const char *label,
                           const char *label_value, uint64_t value)
{
    fprintf(sums->out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, label_value, value);
}

/* The labels of a row: the pattern, never what a client wrote. */
static void print_row_labels(const struct sums *sums, const char *name, size_t row)
{
    if (row < endpoint_count) {
        fprintf(sums->out, "%s{method=\"%s\",path=\"%s\"", name,
                endpoint_method_name(endpoints[row].method), endpoints[row].path);
    } else {
        fprintf(sums->out, "%s{method=\"none\",path=\"none\"", name);
    }
}

static void print_seconds(const struct sums *sums, uint64_t microseconds)
{
    fprintf(sums->out, "%" PRIu64 ".%06" PRIu64, microseconds / MICROSECONDS,
            microseconds % MICROSECONDS);
}

/* What never was is left out, but for the two that alerts are made of: those must begin at 0. */
static void print_statuses(const struct sums *sums)
{
    static const char name[] = "kabaido_requests_total";
    describe(sums, name, "counter", "Requests that the workers answered, by endpoint and status.");
    for (size_t row = 0; row < sums->metrics->rows; row++) {
        for (size_t i = 0; i < METRICS_STATUSES; i++) {
            uint64_t count = read_figure(&sums->total->rows[row].statuses[i]);
            int status = metrics_status(i);
            if (count == 0 && status != 500 && status != 503) {
                continue;
            }
            print_row_labels(sums, name, row);
            if (status == 0) {
                fprintf(sums->out, ",status=\"other\"} %" PRIu64 "\n", count);
            } else {
                fprintf(sums->out, ",status=\"%d\"} %" PRIu64 "\n", status, count);
            }
        }
    }
}

static void print_histogram(const struct sums *sums, size_t row)
{
    const struct metrics_row *figures = &sums->total->rows[row];
    uint64_t count = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        int64_t bound_us = metrics_bound_us(i);
        count += read_figure(&figures->durations[i]);
        print_row_labels(sums, "kabaido_request_duration_seconds_bucket", row);
        if (bound_us == 0) {
            fprintf(sums->out, ",le=\"+Inf\"} %" PRIu64 "\n", count);
        } else {
            fprintf(sums->out, ",le=\"%g\"} %" PRIu64 "\n", (double)bound_us / MICROSECONDS, count);
        }
    }
    print_row_labels(sums, "kabaido_request_duration_seconds_sum", row);
    fputs("} ", sums->out);
    print_seconds(sums, read_figure(&figures->duration_us));
    fputc('\n', sums->out);
    print_row_labels(sums, "kabaido_request_duration_seconds_count", row);
    fprintf(sums->out, "} %" PRIu64 "\n", count);
}

static void print_durations(const struct sums *sums)
{
    describe(sums, "kabaido_request_duration_seconds", "histogram",
             "Time from a worker's taking a request to its answer, without the wait for a worker.");
    for (size_t row = 0; row < sums->metrics->rows; row++) {
        print_histogram(sums, row);
    }
}

static void print_database_time(const struct sums *sums)
{
    static const char name[] = "kabaido_database_seconds_total";
    describe(sums, name, "counter", "Time that requests waited for PostgreSQL.");
    for (size_t row = 0; row < sums->metrics->rows; row++) {
        print_row_labels(sums, name, row);
        fputs("} ", sums->out);
        print_seconds(sums, read_figure(&sums->total->rows[row].database_us));
        fputc('\n', sums->out);
    }
}

/* offset: of the figure in struct metrics_row. */
static void print_by_row(const struct sums *sums, const char *name, const char *help, size_t offset)
{
    describe(sums, name, "counter", help);
    for (size_t row = 0; row < sums->metrics->rows; row++) {
        const char *figures = (const char *)&sums->total->rows[row];
        print_row_labels(sums, name, row);
        fprintf(sums->out, "} %" PRIu64 "\n",
                read_figure((const _Atomic uint64_t *)(const void *)(figures + offset)));
    }
}

/* Of the endpoints that take many rows at once: the others have none. */
static void print_bulk_rows(const struct sums *sums)
{
    static const char name[] = "kabaido_bulk_rows_total";
    describe(sums, name, "counter",
             "Rows of bulk writes that were written, and that were refused.");
    for (size_t row = 0; row < sums->metrics->rows; row++) {
        uint64_t upserted = read_figure(&sums->total->rows[row].rows_upserted);
        uint64_t refused = read_figure(&sums->total->rows[row].rows_refused);
        if (upserted + refused > 0) {
            print_row_labels(sums, name, row);
            fprintf(sums->out, ",outcome=\"upserted\"} %" PRIu64 "\n", upserted);
            print_row_labels(sums, name, row);
            fprintf(sums->out, ",outcome=\"refused\"} %" PRIu64 "\n", refused);
        }
    }
}

static void print_requests(const struct sums *sums)
{
    print_statuses(sums);
    print_durations(sums);
    print_database_time(sums);
    print_by_row(sums, "kabaido_request_body_bytes_total", "Bytes of the requests' bodies.",
                 offsetof(struct metrics_row, bytes_received));
    print_by_row(sums, "kabaido_response_body_bytes_total",
                 "Bytes of the answers' bodies, before nginx compresses them.",
                 offsetof(struct metrics_row, bytes_sent));
    print_bulk_rows(sums);
}

static void print_admissions(const struct sums *sums)
{
    static const char name[] = "kabaido_admissions_total";
    static const char *const verdicts[METRICS_VERDICTS] = {
        [METRICS_ADMITTED] = "admitted",
        [METRICS_MISSING_KEY] = "missing_key",
        [METRICS_INVALID_KEY] = "invalid_key",
        [METRICS_EXPIRED_KEY] = "expired_key",
        [METRICS_REVOKED_KEY] = "revoked_key",
        [METRICS_RATE_LIMITED] = "rate_limited",
        [METRICS_RATE_LIMITED_REMEMBERED] = "rate_limited_remembered",
        [METRICS_PLAN_REQUIRED] = "plan_required",
        [METRICS_INSUFFICIENT_SCOPE] = "insufficient_scope",
        [METRICS_UNDECIDED] = "undecided",
    };
    describe(sums, name, "counter",
             "Requests that need a key, by whether it may do this now; remembered: refused without "
             "asking the database, undecided: it could not be asked.");
    for (size_t i = 0; i < METRICS_VERDICTS; i++) {
        print_labelled(sums, name, "verdict", verdicts[i], read_figure(&sums->total->verdicts[i]));
    }
}

static void print_slowed(const struct sums *sums)
{
    print_one(sums, "kabaido_slowed_refusals_total", "counter",
              "Refusals of unknown keys that were sent slowly, since there were too many of them.",
              read_figure(&sums->total->slowed));
}

static void print_errors(const struct sums *sums)
{
    static const char name[] = "kabaido_errors_total";
    describe(sums, name, "counter", "Answers that are errors, by their code (docs/errors.md).");
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        print_labelled(sums, name, "code", error_rows[i].code,
                       read_figure(&sums->total->errors[i]));
    }
}

static void print_database(const struct sums *sums)
{
    static const char name[] = "kabaido_database_pipelines_total";
    static const char *const outcomes[METRICS_PIPELINES] = {
        [DB_OK] = "ok", [DB_UNAVAILABLE] = "unavailable", [DB_REJECTED] = "rejected"};
    describe(sums, name, "counter",
             "Round trips to PostgreSQL; rejected: it refused a statement, which is a fault of "
             "ours.");
    for (size_t i = 0; i < METRICS_PIPELINES; i++) {
        print_labelled(sums, name, "outcome", outcomes[i], read_figure(&sums->total->pipelines[i]));
    }
    print_one(sums, "kabaido_database_connections", "gauge",
              "Workers that are connected to PostgreSQL.", sums->connected);
}

static void print_workers(const struct sums *sums)
{
    const struct metrics_master *master = sums->metrics->master;
    describe(sums, "kabaido_workers", "gauge",
             "Workers at a request, this one included, and workers that wait for one.");
    print_labelled(sums, "kabaido_workers", "state", "busy", sums->busy);
    print_labelled(sums, "kabaido_workers", "state", "idle", sums->living - sums->busy);
    print_one(sums, "kabaido_workers_configured", "gauge", "Workers that there are to be.",
              read_figure(&master->workers));
    print_one(sums, "kabaido_worker_starts_total", "counter",
              "Workers that were started, the first ones included.", read_figure(&master->starts));
    describe(sums, "kabaido_worker_deaths_total", "counter",
             "Workers that ended otherwise than they should, by cause.");
    print_labelled(sums, "kabaido_worker_deaths_total", "cause", "signal",
                   read_figure(&master->deaths_signal));
    print_labelled(sums, "kabaido_worker_deaths_total", "cause", "exit",
                   read_figure(&master->deaths_exit));
    print_labelled(sums, "kabaido_worker_deaths_total", "cause", "overdue",
                   read_figure(&master->deaths_overdue));
    print_one(sums, "kabaido_accept_failures_total", "counter",
              "Connections of the web server that could not be taken.",
              read_figure(&sums->total->accept_failures));
}

static void print_master(const struct sums *sums)
{
    const struct metrics_master *master = sums->metrics->master;
    describe(sums, "kabaido_build_info", "gauge", "The version that runs, as a label.");
    print_labelled(sums, "kabaido_build_info", "version", KABAIDO_VERSION, 1);
    print_one(sums, "kabaido_start_time_seconds", "gauge",
              "When counting began, in seconds since 1970.", read_figure(&master->started_at));
    describe(sums, "kabaido_reloads_total", "counter",
             "Reloads; refused: the new program or configuration was not sound.");
    print_labelled(sums, "kabaido_reloads_total", "outcome", "done", read_figure(&master->reloads));
    print_labelled(sums, "kabaido_reloads_total", "outcome", "refused",
                   read_figure(&master->reloads_refused));
}

bool metrics_print(const struct metrics *metrics, FILE *out)
{
    struct sums sums = {.metrics = metrics, .out = out, .total = calloc(1, metrics->place_size)};
    if (sums.total == NULL) {
        return false;
    }
    size_t places = read_figure(&metrics->master->places);
    for (size_t i = 0; i < places; i++) {
        add_place(&sums, metrics_place(metrics, i));
    }
    print_master(&sums);
    print_workers(&sums);
    print_requests(&sums);
    print_admissions(&sums);
    print_slowed(&sums);
    print_errors(&sums);
    print_database(&sums);
    free(sums.total);
    return ferror(out) == 0;
}
