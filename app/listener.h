/* The listening socket: made anew, or taken over from systemd or from the master before a reload.
 */
#ifndef KABAIDO_LISTENER_H
#define KABAIDO_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "config.h"

/*
 * How the names begin of the variables in which a master leaves word for the program that it
 * executes at a reload. They hold for that once, and are no configuration.
 */
#define HANDOVER "KABAIDO_HANDOVER_"

struct listener {
    int descriptor;
    bool owned;                 /* we made the path, and remove it when we stop */
    struct sockaddr_un address; /* where it listens, which may not be where it is configured now */
};

/*
 * Order of preference: the socket of the master before a reload, LISTEN_FDS (systemd,
 * sd_listen_fds(3)), a new socket at KABAIDO_SOCKET. A stale path is replaced; one on which
 * somebody listens is not. Mode, group and backlog of a socket of our own are those of config, also
 * after a reload; its path is what it was. reason says why this failed or, if it did not, what of
 * the configuration could not be applied to a socket that was taken over, or "".
 */
bool listener_open(struct listener *listener, const struct config *config, char *reason,
                   size_t size);

/* For a reload: passes the socket on to the program that is executed next, or no longer does. */
void listener_pass_on(const struct listener *listener);
void listener_keep(const struct listener *listener);

/* Removes the path, so that nobody new can connect; those who are waiting already stay. */
void listener_unlink(const struct listener *listener);

#endif
