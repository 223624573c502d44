/* How many in this second and the last, counted by several processes at once. */
#include "flood.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static flood_memory memory;

static int set_up(void **state)
{
    (void)state;
    memory = 0;
    return 0;
}

/* Counts so many in a second; returns how many of them were too many. */
static unsigned count(int64_t second, unsigned times, unsigned most)
{
    unsigned over = 0;
    for (unsigned i = 0; i < times; i++) {
        over += flood_count(&memory, second, most);
    }
    return over;
}

static void up_to_the_most_is_no_flood(void **state)
{
    (void)state;
    for (int64_t second = 1000; second < 1100; second++) {
        assert_int_equal(count(second, 20, 20), 0);
    }
}

static void what_is_over_the_most_is_one_and_the_next_second_too(void **state)
{
    (void)state;
    assert_int_equal(count(1000, 25, 20), 5);
    assert_int_equal(count(1001, 3, 20), 3);
    assert_int_equal(count(1002, 3, 20), 0);
}

static void a_second_without_any_is_forgotten_as_well(void **state)
{
    (void)state;
    assert_int_equal(count(1000, 25, 20), 5);
    assert_int_equal(count(1002, 3, 20), 0);
    assert_int_equal(count(5000000, 21, 20), 1);
}

static void a_clock_that_was_read_just_before_the_tick_counts_after_it(void **state)
{
    (void)state;
    assert_int_equal(count(1001, 20, 20), 0);
    assert_int_equal(count(1000, 1, 20), 1);
    assert_int_equal(count(1001, 1, 20), 1);
    assert_int_equal(count(1002, 1, 20), 1);
}

static void a_count_stays_at_its_highest(void **state)
{
    (void)state;
    assert_int_equal(count(1000, FLOOD_MOST, FLOOD_MOST), 0);
    assert_int_equal(count(1000, 100000, FLOOD_MOST), 100000);
    assert_int_equal(count(1001, 10, FLOOD_MOST), 10);
    assert_int_equal(count(1002, 10, FLOOD_MOST), 0);
}

/* All of them, and nothing twice: the last one is just not too many. */
static void processes_count_together(void **state)
{
    enum { PROCESSES = 4, EACH = 5000 };
    flood_memory *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_ptr_not_equal(shared, MAP_FAILED);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (int j = 0; j < EACH; j++) {
                flood_count(shared, 1000, PROCESSES * EACH);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_true(flood_count(shared, 1000, PROCESSES * EACH));
    assert_false(flood_count(shared, 1000, PROCESSES * EACH + 2));
    munmap(shared, sizeof(*shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(up_to_the_most_is_no_flood, set_up),
        cmocka_unit_test_setup(what_is_over_the_most_is_one_and_the_next_second_too, set_up),
        cmocka_unit_test_setup(a_second_without_any_is_forgotten_as_well, set_up),
        cmocka_unit_test_setup(a_clock_that_was_read_just_before_the_tick_counts_after_it, set_up),
        cmocka_unit_test_setup(a_count_stays_at_its_highest, set_up),
        cmocka_unit_test(processes_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
