/* Figures that several processes share: each counts in its own place, and nothing is lost. */
#include "metrics.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "endpoints.h"
#include "unit.h"

enum { LIVES = 20, REQUESTS = 500 };

static struct metrics metrics;

static int set_up(void **state)
{
    (void)state;
    return metrics_open(&metrics, 4) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    metrics_close(&metrics);
    return 0;
}

static char *print(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(metrics_print(&metrics, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_printed(const char *line)
{
    char *text = print();
    if (strstr(text, line) == NULL) {
        fail_msg("'%s' is not in\n%s", line, text);
    }
    free(text);
}

static struct metrics_request request(size_t row, int status)
{
    return (struct metrics_request){
        .row = row, .status = status, .error = ERROR_COUNT, .verdict = METRICS_ADMITTED};
}

/* A process counts, and dies without a word. */
static pid_t start_life(struct metrics_place *place)
{
    const struct metrics_request one = request(endpoint_count, 200);
    pid_t pid = fork();
    if (pid == 0) {
        metrics_set_busy(place, true);
        metrics_set_connected(place, true);
        for (int i = 0; i < REQUESTS; i++) {
            metrics_count_request(place, &one);
        }
        _exit(0);
    }
    assert_true(pid > 0);
    metrics_assign(place, pid);
    return pid;
}

static void what_the_dead_have_counted_stays(void **state)
{
    (void)state;
    for (int i = 0; i < LIVES; i += 2) {
        pid_t both[2];
        for (int j = 0; j < 2; j++) {
            struct metrics_place *place = metrics_free_place(&metrics);
            assert_ptr_equal(place, metrics_place(&metrics, (size_t)j));
            both[j] = start_life(place);
        }
        for (int j = 0; j < 2; j++) {
            assert_int_equal(waitpid(both[j], NULL, 0), both[j]);
        }
        assert_printed("kabaido_workers{state=\"busy\"} 2\nkabaido_workers{state=\"idle\"} 0\n");
        assert_printed("\nkabaido_database_connections 2\n");
        metrics_release(&metrics, both[0]);
        metrics_release(&metrics, both[1]);
    }
    assert_printed("kabaido_requests_total{method=\"none\",path=\"none\",status=\"200\"} 10000\n");
    assert_printed("kabaido_workers{state=\"busy\"} 0\nkabaido_workers{state=\"idle\"} 0\n");
    assert_printed("\nkabaido_database_connections 0\n");
    /* Nor is a successor busy because the former was when it died. */
    metrics_assign(metrics_free_place(&metrics), getpid());
    assert_printed("kabaido_workers{state=\"busy\"} 0\nkabaido_workers{state=\"idle\"} 1\n");
    assert_printed("\nkabaido_database_connections 0\n");
}

static void a_place_has_one_owner(void **state)
{
    (void)state;
    for (int i = 0; i < METRICS_PLACES; i++) {
        struct metrics_place *place = metrics_free_place(&metrics);
        assert_ptr_equal(place, metrics_place(&metrics, (size_t)i));
        metrics_assign(place, 1000 + i);
    }
    assert_null(metrics_free_place(&metrics));
    metrics_release(&metrics, 1003);
    assert_ptr_equal(metrics_free_place(&metrics), metrics_place(&metrics, 3));
}

/* There are more workers than anybody thought of: that is no reason to fall over. */
static void who_has_no_place_counts_nothing(void **state)
{
    const struct metrics_request one = request(0, 200);
    (void)state;
    metrics_assign(NULL, 1);
    metrics_set_busy(NULL, true);
    metrics_set_connected(NULL, true);
    metrics_count_request(NULL, &one);
    metrics_count_pipeline(NULL, DB_OK);
    metrics_count_accept_failure(NULL);
}

static void a_request_is_in_every_figure(void **state)
{
    struct metrics_place *place = metrics_free_place(&metrics);
    struct metrics_request one = request(0, 422);
    (void)state;
    one.error = ERROR_INVALID_BODY;
    one.duration_us = 2500;
    one.database_us = 1000001;
    one.bytes_received = 7;
    one.bytes_sent = 11;
    one.rows_upserted = 3;
    one.rows_refused = 2;
    metrics_count_request(place, &one);
    one.duration_us = 2501;
    one.status = 299;
    one.error = ERROR_COUNT;
    one.verdict = METRICS_NOT_ASKED;
    metrics_count_request(place, &one);
    one.duration_us = 99000000;
    metrics_count_request(place, &one);
#define ROW "{method=\"GET\",path=\"/api/v1/products\""
    assert_printed("\nkabaido_requests_total" ROW ",status=\"422\"} 1\n");
    assert_printed("\nkabaido_requests_total" ROW ",status=\"other\"} 2\n");
    assert_printed("\nkabaido_request_duration_seconds_bucket" ROW ",le=\"0.001\"} 0\n");
    assert_printed("\nkabaido_request_duration_seconds_bucket" ROW ",le=\"0.0025\"} 1\n");
    assert_printed("\nkabaido_request_duration_seconds_bucket" ROW ",le=\"0.005\"} 2\n");
    assert_printed("\nkabaido_request_duration_seconds_bucket" ROW ",le=\"10\"} 2\n");
    assert_printed("\nkabaido_request_duration_seconds_bucket" ROW ",le=\"+Inf\"} 3\n");
    assert_printed("\nkabaido_request_duration_seconds_sum" ROW "} 99.005001\n");
    assert_printed("\nkabaido_request_duration_seconds_count" ROW "} 3\n");
    assert_printed("\nkabaido_database_seconds_total" ROW "} 3.000003\n");
    assert_printed("\nkabaido_request_body_bytes_total" ROW "} 21\n");
    assert_printed("\nkabaido_response_body_bytes_total" ROW "} 33\n");
    assert_printed("\nkabaido_bulk_rows_total" ROW ",outcome=\"upserted\"} 9\n");
    assert_printed("\nkabaido_bulk_rows_total" ROW ",outcome=\"refused\"} 6\n");
    assert_printed("\nkabaido_admissions_total{verdict=\"admitted\"} 1\n");
    assert_printed("\nkabaido_errors_total{code=\"invalid_body\"} 1\n");
#undef ROW
}

static void every_status_of_an_error_has_a_name(void **state)
{
    (void)state;
    for (int error = 0; error < ERROR_COUNT; error++) {
        size_t i = 0;
        while (i < METRICS_STATUSES && metrics_status(i) != error_rows[error].status) {
            i++;
        }
        assert_true(i < METRICS_STATUSES);
    }
}

/* As a reload does: the same process, and nothing but a number in the environment. */
static void a_reload_goes_on_counting(void **state)
{
    const struct metrics_request one = request(0, 200);
    struct metrics next;
    const pid_t former[] = {42};
    (void)state;
    metrics_count_request(metrics_free_place(&metrics), &one);
    metrics_assign(metrics_place(&metrics, 0), 41);
    metrics_assign(metrics_free_place(&metrics), 42);
    metrics_pass_on(&metrics);
    assert_int_equal(fcntl(metrics.descriptor, F_GETFD), 0);
    assert_true(metrics_open(&next, 8));
    assert_int_equal(fcntl(metrics.descriptor, F_GETFD), FD_CLOEXEC);
    assert_null(getenv("KABAIDO_HANDOVER_METRICS"));
    metrics_release_others(&next, former, 1);
    assert_ptr_equal(metrics_free_place(&next), metrics_place(&next, 0));
    assert_int_equal(metrics_place(&next, 1)->owner, 42);
    assert_printed("\nkabaido_requests_total{method=\"GET\",path=\"/api/v1/products\","
                   "status=\"200\"} 1\n");
    assert_printed("\nkabaido_workers_configured 8\n");
    assert_printed("\nkabaido_reloads_total{outcome=\"done\"} 1\n");
    metrics.descriptor = dup(metrics.descriptor); /* the two share it, and each closes its own */
    metrics_close(&next);
}

static void another_layout_begins_anew(void **state)
{
    const struct metrics_request one = request(0, 200);
    struct metrics next;
    int kept = dup(metrics.descriptor);
    (void)state;
    metrics_count_request(metrics_free_place(&metrics), &one);
    metrics.master->layout++;
    metrics_pass_on(&metrics);
    assert_true(metrics_open(&next, 4));
    metrics.descriptor = kept;
    assert_int_equal(next.master->places, 0);
    assert_int_equal(next.master->reloads, 0);
    metrics_close(&next);
}

static void nonsense_in_the_environment_begins_anew(void **state)
{
    static const char *const values[] = {"", "x", "-1", "0", "2", "99999", "99999999999999999999"};
    char other[16];
    int descriptor = open("/dev/null", O_RDWR);
    (void)state;
    snprintf(other, sizeof(other), "%d", descriptor);
    for (size_t i = 0; i <= COUNT(values); i++) {
        struct metrics next;
        setenv("KABAIDO_HANDOVER_METRICS", i < COUNT(values) ? values[i] : other, 1);
        assert_true(metrics_open(&next, 4));
        assert_int_equal(next.master->reloads, 0);
        metrics_close(&next);
    }
    assert_true(fcntl(2, F_GETFD) >= 0 && fcntl(descriptor, F_GETFD) >= 0);
    close(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_dead_have_counted_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_has_one_owner, set_up, tear_down),
        cmocka_unit_test(who_has_no_place_counts_nothing),
        cmocka_unit_test_setup_teardown(a_request_is_in_every_figure, set_up, tear_down),
        cmocka_unit_test(every_status_of_an_error_has_a_name),
        cmocka_unit_test_setup_teardown(a_reload_goes_on_counting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_layout_begins_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nonsense_in_the_environment_begins_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
