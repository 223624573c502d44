/* Half of the workers, and what becomes of a place when its worker dies. */
#include "share.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "unit.h"
#include "worker.h"

enum { MOST_WORKERS = 9 };

static struct arena arena;
static struct config config;
static struct worker worker = {.config = &config};

static int set_up(void **state)
{
    (void)state;
    worker.shares = share_open();
    return worker.shares >= 0 && arena_init(&arena, 4096, 65536) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(worker.shares);
    arena_free(&arena);
    return 0;
}

static bool take(int64_t share)
{
    struct reply reply;
    reply_init(&reply, &arena, "r-1");
    return share_take(&worker, share, "Too many.", &reply);
}

/* Another worker, which takes a place and keeps it. Returns its process id, or 0 without a place.
 */
static pid_t other_worker(int64_t share)
{
    int ends[2];
    char taken = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        taken = (char)take(share);
        if (write(ends[1], &taken, 1) == 1 && taken) {
            pause();
        }
        _exit(0);
    }
    assert_int_equal(read(ends[0], &taken, 1), 1);
    close(ends[0]);
    close(ends[1]);
    if (!taken) {
        waitpid(child, NULL, 0);
    }
    return taken ? child : 0;
}

static void end_worker(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void half_of_the_workers_and_at_least_one(void **state)
{
    (void)state;
    static const int64_t places[MOST_WORKERS + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 5};
    for (config.workers = 1; config.workers <= MOST_WORKERS; config.workers++) {
        pid_t others[MOST_WORKERS];
        int64_t count = 0;
        while (count < MOST_WORKERS && (others[count] = other_worker(7)) != 0) {
            count++;
        }
        assert_int_equal(count, places[config.workers]);
        assert_false(take(7));
        while (count > 0) {
            end_worker(others[--count]);
        }
    }
}

static void each_share_has_its_own_places(void **state)
{
    (void)state;
    config.workers = 1;
    pid_t other = other_worker(SHARE_SLOW_HASHES);
    assert_int_not_equal(other, 0);
    assert_false(take(SHARE_SLOW_HASHES));
    assert_true(take(SHARE_SLOW_HASHES + 1));
    share_return(&worker);
    end_worker(other);
}

static void a_place_is_free_when_it_was_returned_or_its_worker_is_dead(void **state)
{
    (void)state;
    config.workers = 2;
    for (int i = 0; i < 3; i++) {
        assert_true(take(9));
        assert_int_equal(other_worker(9), 0);
        share_return(&worker);
        pid_t other = other_worker(9);
        assert_int_not_equal(other, 0);
        assert_false(take(9));
        end_worker(other);
    }
}

static void the_refusal_says_why_and_when_to_come_again(void **state)
{
    (void)state;
    config.workers = 1;
    pid_t other = other_worker(3);
    struct reply reply;
    reply_init(&reply, &arena, "r-1");
    assert_false(share_take(&worker, 3, "Too many.", &reply));
    size_t size;
    const char *head = reply_head(&reply, &size);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(head, "Retry-After: 1\r\n"));
    assert_non_null(strstr(reply.body, "\"error\":\"Too many.\""));
    end_worker(other);
}

static void an_organisation_has_a_share_that_is_not_the_hashes(void **state)
{
    (void)state;
    int64_t one = share_of_organisation("11111111-1111-4111-8111-111111111111");
    int64_t other = share_of_organisation("11111111-1111-4111-8111-111111111112");
    assert_true(one > SHARE_SLOW_HASHES && other > SHARE_SLOW_HASHES);
    assert_int_not_equal(one, other);
    assert_int_equal(one, share_of_organisation("11111111-1111-4111-8111-111111111111"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(half_of_the_workers_and_at_least_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_share_has_its_own_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_is_free_when_it_was_returned_or_its_worker_is_dead,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_refusal_says_why_and_when_to_come_again, set_up,
                                        tear_down),
        cmocka_unit_test(an_organisation_has_a_share_that_is_not_the_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
