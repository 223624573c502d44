/*
 * The master process: a listening socket and a pool of pre-forked workers on it.
 *
 * SIGTERM, SIGINT: stop. The socket's path goes first, so that nobody new comes; the workers
 *   answer what is waiting and leave.
 * SIGHUP: reload. The configuration is checked by a trial run of the program; if that is content
 *   the master executes the program anew in its own place (same process id, same socket), starts
 *   new workers and lets the old ones finish the requests in their hands. Binary and configuration
 *   may both be new; the socket's path alone stays until a restart.
 * A worker that dies is replaced at once, or after a growing pause if it does not live a second.
 * One that is to leave and does not is killed after KABAIDO_DRAIN_SECONDS.
 */
#ifndef KABAIDO_POOL_H
#define KABAIDO_POOL_H

#include "config.h"

/* How to run the program again for a reload. */
struct program {
    const char *path; /* with a slash: nothing is searched for */
    char *const *arguments;
    char **environment; /* as it was before an environment file was read into it */
};

/* Runs the pool until it is told to stop; returns the process's exit status. */
int pool_run(const struct config *config, const struct program *program);

#endif
