/* The listening socket: made anew, or taken over from systemd or from the master before a reload.
 */
#ifndef KABAIDO_LISTENER_H
#define KABAIDO_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct listener {
    int descriptor;
    bool owned; /* we made the path, and remove it when we stop */
};

/*
 * Order of preference: KABAIDO_LISTENER (a reload), LISTEN_FDS (systemd, sd_listen_fds(3)), a new
 * socket at KABAIDO_SOCKET. A stale path is replaced; one on which somebody answers is not.
 * On failure reason says why.
 */
bool listener_open(struct listener *listener, const struct config *config, char *reason,
                   size_t size);

/* For a reload: passes the socket on to the program that is executed next. */
void listener_pass_on(const struct listener *listener);

/* Removes the path, so that nobody new can connect; those who are waiting already stay. */
void listener_unlink(const struct listener *listener, const struct config *config);

#endif
