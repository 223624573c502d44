/* Which worker goes to which CPU, on machines that are not this one. */
#include "affinity.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

#include "log.h"
#include "unit.h"

/* The linker puts these in the system calls' places (see the Makefile). */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker chose them */
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);

static cpu_set_t allowed;
static cpu_set_t bound; /* empty: the process is free */
static bool refused;

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    assert_int_equal(pid, 0);
    assert_int_equal(size, sizeof(*set));
    *set = allowed;
    return 0;
}

int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    assert_int_equal(pid, 0);
    assert_int_equal(size, sizeof(*set));
    if (refused) {
        errno = EPERM;
        return -1;
    }
    bound = *set;
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static int set_up(void **state)
{
    (void)state;
    CPU_ZERO(&allowed);
    CPU_ZERO(&bound);
    refused = false;
    log_set_level(LOG_LEVEL_ERROR);
    return 0;
}

static void workers_go_round_the_cpus(void **state)
{
    (void)state;
    for (size_t workers = 4; workers <= 16; workers += 4) {
        for (size_t i = 0; i < workers; i++) {
            assert_int_equal(affinity_of(i, workers, 4), i % 4);
            assert_int_equal(affinity_of(i, workers, 2), i % 2);
        }
    }
}

static void workers_stay_free_where_cpus_would_not_get_as_many(void **state)
{
    static const struct {
        size_t workers;
        size_t cpus;
    } cases[] = {
        {4,    1 },
        {1,    1 },
        {1,    2 },
        {3,    2 },
        {5,    2 },
        {4,    3 },
        {4,    8 },
        {4,    64},
        {1023, 2 },
        {4,    0 }
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t worker = 0; worker < cases[i].workers; worker++) {
            assert_int_equal(affinity_of(worker, cases[i].workers, cases[i].cpus), AFFINITY_NONE);
        }
    }
}

/* As in a container, or under taskset: some of the machine's CPUs, and not the first ones. */
static void only_cpus_that_are_allowed_are_used(void **state)
{
    static const size_t cpus[] = {3, 700, CPU_SETSIZE - 1};
    (void)state;
    for (size_t i = 0; i < COUNT(cpus); i++) {
        CPU_SET(cpus[i], &allowed);
    }
    for (size_t i = 0; i < 6; i++) {
        affinity_bind(i, 6);
        assert_int_equal(CPU_COUNT(&bound), 1);
        assert_true(CPU_ISSET(cpus[i % COUNT(cpus)], &bound));
    }
}

static void a_worker_that_is_to_stay_free_is_left_alone(void **state)
{
    (void)state;
    CPU_SET(0, &allowed);
    CPU_SET(1, &allowed);
    affinity_bind(0, 3);
    assert_int_equal(CPU_COUNT(&bound), 0);
    CPU_CLR(0, &allowed);
    affinity_bind(0, 4);
    assert_int_equal(CPU_COUNT(&bound), 0);
}

static void a_system_that_refuses_is_lived_with(void **state)
{
    (void)state;
    CPU_SET(0, &allowed);
    CPU_SET(1, &allowed);
    refused = true;
    affinity_bind(0, 2);
    assert_int_equal(CPU_COUNT(&bound), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(workers_go_round_the_cpus, set_up),
        cmocka_unit_test_setup(workers_stay_free_where_cpus_would_not_get_as_many, set_up),
        cmocka_unit_test_setup(only_cpus_that_are_allowed_are_used, set_up),
        cmocka_unit_test_setup(a_worker_that_is_to_stay_free_is_left_alone, set_up),
        cmocka_unit_test_setup(a_system_that_refuses_is_lived_with, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
