/* Keeps the pool of workers: starts, replaces, reloads, drains. */
#include "pool.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "listener.h"
#include "log.h"
#include "metrics.h"
#include "share.h"
#include "worker.h"

enum {
    SHORT_LIFE_MS = 1000, /* a worker that dies sooner is broken, not unlucky */
    FIRST_PAUSE_MS = 50,
    MOST_PAUSE_MS = 800, /* below the second within which a worker is to be replaced */
    TICK_MS = 100,
    TRIAL_MS = 10000, /* for the new program to read its configuration at a reload */
    TRIAL_TICK_US = 5000,
};

/* Process ids of the workers that go on from before a reload, for the new master. */
static const char handover_workers[] = HANDOVER "WORKERS";

struct slot {
    pid_t pid; /* 0: nobody */
    int64_t started_ms;
    int64_t start_at_ms; /* not before this moment */
    int pause_ms;
};

struct pool {
    const struct config *config;
    const struct program *program;
    struct listener listener;
    struct metrics metrics;
    int shares;
    struct slot *slots; /* config->workers of them */
    pid_t *former;      /* workers from before a reload that have not left yet */
    int former_count;
    int64_t former_deadline_ms;
    sigset_t signals;
    bool stopping;
};

static int64_t now_ms(void)
{
    return worker_now_us() / 1000;
}

/* The process of a new worker: undoes what belongs to the master, and never returns. */
static void become_worker(const struct pool *pool, struct metrics_place *place, pid_t master)
{
    struct rlimit no_core = {0, 0};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGQUIT);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signal(SIGINT, SIG_IGN); /* a terminal's Ctrl-C is the master's business */
    signal(SIGHUP, SIG_IGN);
    /*
     * A master that is killed takes its pool along, and at once: the next one cannot start as long
     * as anybody listens on the path.
     */
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != master) {
        _exit(EXIT_FAILURE);
    }
    /* Secrets pass through this memory: no core file, no debugger of the same user. */
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    const struct worker_surroundings surroundings = {.config = pool->config,
                                                     .listener = pool->listener.descriptor,
                                                     .metrics = &pool->metrics,
                                                     .place = place,
                                                     .shares = pool->shares};
    exit(worker_run(&surroundings));
}

static void start_worker(struct pool *pool, struct slot *slot)
{
    struct metrics_place *place = metrics_free_place(&pool->metrics);
    pid_t master = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become_worker(pool, place, master);
    }
    slot->started_ms = now_ms();
    if (pid < 0) {
        log_event(LOG_LEVEL_ERROR, "cannot fork a worker: %s", strerror(errno));
        slot->start_at_ms = slot->started_ms + MOST_PAUSE_MS;
        return;
    }
    slot->pid = pid;
    metrics_assign(place, pid);
    metrics_add(&pool->metrics.master->starts, 1);
    log_event(LOG_LEVEL_DEBUG, "worker %d started", (int)pid);
}

static void start_due_workers(struct pool *pool)
{
    for (int i = 0; i < pool->config->workers && !pool->stopping; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->pid == 0 && now_ms() >= slot->start_at_ms) {
            start_worker(pool, slot);
        }
    }
}

static void note_death(struct pool *pool, pid_t pid, int status)
{
    struct metrics_master *figures = pool->metrics.master;
    if (WIFSIGNALED(status)) {
        metrics_add(&figures->deaths_signal, 1);
        log_event(LOG_LEVEL_ERROR, "worker %d was killed by signal %d (%s)", (int)pid,
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        metrics_add(&figures->deaths_exit, 1);
        log_event(LOG_LEVEL_ERROR, "worker %d ended with status %d", (int)pid, WEXITSTATUS(status));
    }
}

/* When the place of one that died is to be filled: at once, unless it hardly lived. */
static void plan_successor(struct slot *slot)
{
    if (now_ms() - slot->started_ms >= SHORT_LIFE_MS) {
        slot->pause_ms = 0;
    } else {
        slot->pause_ms = slot->pause_ms == 0 ? FIRST_PAUSE_MS : slot->pause_ms * 2;
        slot->pause_ms = slot->pause_ms > MOST_PAUSE_MS ? MOST_PAUSE_MS : slot->pause_ms;
    }
    slot->start_at_ms = now_ms() + slot->pause_ms;
}

static void forget_former(struct pool *pool, pid_t pid)
{
    for (int i = 0; i < pool->former_count; i++) {
        if (pool->former[i] == pid) {
            pool->former[i] = pool->former[--pool->former_count];
            return;
        }
    }
}

static void reap(struct pool *pool)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        forget_former(pool, pid);
        metrics_release(&pool->metrics, pid);
        for (int i = 0; i < pool->config->workers; i++) {
            if (pool->slots[i].pid == pid) {
                pool->slots[i].pid = 0;
                plan_successor(&pool->slots[i]);
                if (!pool->stopping) {
                    note_death(pool, pid, status);
                }
            }
        }
    }
}

static int living(const struct pool *pool)
{
    int count = pool->former_count;
    for (int i = 0; i < pool->config->workers; i++) {
        count += pool->slots[i].pid != 0;
    }
    return count;
}

static void signal_workers(const struct pool *pool, int signal_number)
{
    for (int i = 0; i < pool->config->workers; i++) {
        if (pool->slots[i].pid != 0) {
            kill(pool->slots[i].pid, signal_number);
        }
    }
}

static void signal_former(const struct pool *pool, int signal_number)
{
    for (int i = 0; i < pool->former_count; i++) {
        kill(pool->former[i], signal_number);
    }
}

/* Waits up to milliseconds for a signal; 0 when none came. */
static int wait_for_signal(const struct pool *pool, int milliseconds)
{
    struct timespec wait = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
    int got = sigtimedwait(&pool->signals, NULL, &wait);
    return got < 0 ? 0 : got;
}

static int64_t drain_deadline_ms(const struct pool *pool)
{
    return now_ms() + pool->config->drain_seconds * (int64_t)1000;
}

/*
 * Of a socket of our own the workers serve what is waiting before they leave. One of systemd's
 * stays, and what is waiting is for whoever gets it next.
 */
static int stop(struct pool *pool)
{
    int64_t deadline = drain_deadline_ms(pool);
    log_event(LOG_LEVEL_INFO, "stopping");
    pool->stopping = true;
    listener_unlink(&pool->listener);
    signal_workers(pool, pool->listener.owned ? SIGTERM : SIGQUIT);
    while (living(pool) > 0 && now_ms() < deadline) {
        wait_for_signal(pool, TICK_MS);
        reap(pool);
    }
    if (living(pool) > 0) {
        log_event(LOG_LEVEL_WARNING, "%d workers did not finish in %d s and are killed",
                  living(pool), pool->config->drain_seconds);
        signal_workers(pool, SIGKILL);
        signal_former(pool, SIGKILL);
        return EXIT_FAILURE;
    }
    log_event(LOG_LEVEL_INFO, "stopped");
    return EXIT_SUCCESS;
}

/* Whether a child ends in time, and well; else it is killed. */
static bool ends_well(pid_t child)
{
    int64_t deadline = now_ms() + TRIAL_MS;
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && now_ms() < deadline) {
        usleep(TRIAL_TICK_US);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/*
 * Runs the program with --check-configuration in the environment that a reload would give it. By
 * execv(), since execvp() hands a file that is no program to a shell: to it an empty file, such as
 * an upgrade half-way is, would be a script that succeeds.
 */
static bool trial_run(const struct pool *pool)
{
    size_t count = 0;
    while (pool->program->arguments[count] != NULL) {
        count++;
    }
    const char **arguments = calloc(count + 2, sizeof(*arguments));
    if (arguments == NULL) {
        return false;
    }
    memcpy(arguments, pool->program->arguments, count * sizeof(*arguments));
    arguments[count] = "--check-configuration";
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        environ = pool->program->environment;
        execv(pool->program->path, (char *const *)(void *)arguments);
        log_event(LOG_LEVEL_ERROR, "cannot execute %s: %s", pool->program->path, strerror(errno));
        _exit(EXIT_FAILURE);
    }
    free(arguments);
    return pid > 0 && ends_well(pid);
}

/* The new master learns who the old workers are, so that it can send them home. */
static void pass_on_workers(const struct pool *pool)
{
    size_t size = ((size_t)pool->config->workers + (size_t)pool->former_count) * 12 + 1;
    char *list = calloc(1, size);
    size_t used = 0;
    for (int i = 0; list != NULL && i < pool->config->workers; i++) {
        if (pool->slots[i].pid != 0) {
            used += (size_t)snprintf(list + used, size - used, "%d ", (int)pool->slots[i].pid);
        }
    }
    for (int i = 0; list != NULL && i < pool->former_count; i++) {
        used += (size_t)snprintf(list + used, size - used, "%d ", (int)pool->former[i]);
    }
    setenv(handover_workers, list == NULL ? "" : list, 1);
    free(list);
}

/* Only our own children are anybody whom we may send home. */
static bool is_living_child(long pid)
{
    return pid > 1 && pid <= INT_MAX && waitpid((pid_t)pid, NULL, WNOHANG) == 0;
}

static bool read_former_workers(struct pool *pool)
{
    const char *list = getenv(handover_workers);
    size_t most = list == NULL ? 0 : strlen(list) / 2 + 1;
    pool->former = calloc(most + 1, sizeof(*pool->former));
    while (pool->former != NULL && list != NULL) {
        char *end;
        long pid = strtol(list, &end, 10);
        if (end == list) {
            break;
        }
        if (is_living_child(pid)) {
            pool->former[pool->former_count++] = (pid_t)pid;
        }
        list = end;
    }
    unsetenv(handover_workers);
    return pool->former != NULL;
}

/*
 * Called once new workers serve: those from before the reload finish the request at hand and leave
 * what is waiting, which under load never ends, to the new.
 */
static void dismiss_former_workers(struct pool *pool)
{
    signal_former(pool, SIGQUIT);
    pool->former_deadline_ms = drain_deadline_ms(pool);
}

static void kill_overdue_workers(struct pool *pool)
{
    if (pool->former_count > 0 && now_ms() >= pool->former_deadline_ms) {
        log_event(LOG_LEVEL_WARNING,
                  "%d workers from before a reload did not finish in %d s and are killed",
                  pool->former_count, pool->config->drain_seconds);
        metrics_add(&pool->metrics.master->deaths_overdue, (uint64_t)pool->former_count);
        signal_former(pool, SIGKILL);
        pool->former_deadline_ms = drain_deadline_ms(pool);
    }
}

static void reload(struct pool *pool)
{
    if (!trial_run(pool)) {
        metrics_add(&pool->metrics.master->reloads_refused, 1);
        log_event(LOG_LEVEL_ERROR, "reload refused: the new configuration or program is not "
                                   "sound; going on with the old");
        return;
    }
    log_event(LOG_LEVEL_INFO, "reloading");
    char **before = environ;
    environ = pool->program->environment;
    listener_pass_on(&pool->listener);
    metrics_pass_on(&pool->metrics);
    pass_on_workers(pool);
    execv(pool->program->path, pool->program->arguments);
    log_event(LOG_LEVEL_ERROR, "cannot execute %s: %s; going on", pool->program->path,
              strerror(errno));
    environ = before;
    listener_keep(&pool->listener);
    metrics_keep(&pool->metrics);
}

static bool pool_init(struct pool *pool, const struct config *config, const struct program *program)
{
    char reason[256];
    *pool = (struct pool){.config = config, .program = program};
    signal(SIGPIPE, SIG_IGN); /* whoever reads our log may go, and we do not go with it */
    sigemptyset(&pool->signals);
    sigaddset(&pool->signals, SIGCHLD);
    sigaddset(&pool->signals, SIGTERM);
    sigaddset(&pool->signals, SIGINT);
    sigaddset(&pool->signals, SIGHUP);
    sigprocmask(SIG_SETMASK, &pool->signals, NULL);
    pool->slots = calloc((size_t)config->workers, sizeof(*pool->slots));
    if (pool->slots == NULL || !read_former_workers(pool)) {
        log_event(LOG_LEVEL_ERROR, "out of memory");
        return false;
    }
    if (!metrics_open(&pool->metrics, (size_t)config->workers)) {
        log_event(LOG_LEVEL_ERROR, "cannot map the metrics' memory: %s", strerror(errno));
        return false;
    }
    pool->shares = share_open();
    if (pool->shares < 0) {
        log_event(LOG_LEVEL_ERROR, "cannot make a file in memory: %s", strerror(errno));
        return false;
    }
    metrics_release_others(&pool->metrics, pool->former, pool->former_count);
    if (!listener_open(&pool->listener, config, reason, sizeof(reason))) {
        log_event(LOG_LEVEL_ERROR, "%s", reason);
        return false;
    }
    if (reason[0] != '\0') {
        log_event(LOG_LEVEL_WARNING, "%s", reason);
    }
    return true;
}

static void pool_free(struct pool *pool)
{
    metrics_close(&pool->metrics);
    free(pool->slots);
    free(pool->former);
}

/* Until a signal says to stop. */
static int keep_pool(struct pool *pool)
{
    for (;;) {
        int got = wait_for_signal(pool, TICK_MS);
        if (got == SIGTERM || got == SIGINT) {
            return stop(pool);
        }
        if (got == SIGHUP) {
            reload(pool);
        }
        reap(pool);
        start_due_workers(pool);
        kill_overdue_workers(pool);
    }
}

int pool_run(const struct config *config, const struct program *program)
{
    struct pool pool;
    int status = EXIT_FAILURE;
    if (pool_init(&pool, config, program)) {
        start_due_workers(&pool);
        dismiss_former_workers(&pool);
        log_event(LOG_LEVEL_INFO, "serving on %s with %d workers", pool.listener.address.sun_path,
                  config->workers);
        status = keep_pool(&pool);
    }
    pool_free(&pool);
    return status;
}
