/* Opens the socket on which the web server reaches the workers. */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* systemd's first descriptor, SD_LISTEN_FDS_START. */
enum { SYSTEMD_FIRST = 3 };

static const char handover_socket[] = HANDOVER "SOCKET"; /* the descriptor's number */
static const char handover_owned[] = HANDOVER "OWNED";   /* there if the path is ours */

static bool fail(char *reason, size_t size, const char *what, const char *path)
{
    snprintf(reason, size, "cannot %s %s: %s", what, path, strerror(errno));
    return false;
}

static bool is_unix_listener(int descriptor)
{
    int listening = 0;
    int domain = 0;
    socklen_t length = sizeof(listening);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) {
        return false;
    }
    length = sizeof(domain);
    return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && listening &&
           domain == AF_UNIX;
}

/* The whole text as a number from 0 up, or -1. */
static int number_from(const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    bool whole = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    return whole && value <= INT_MAX ? (int)value : -1;
}

/* Workers share the socket, so accept() must not block one of them when another was faster. */
static bool adopt(struct listener *listener, int descriptor, bool owned, char *reason, size_t size)
{
    struct listener fresh = {.descriptor = descriptor, .owned = owned};
    socklen_t length = sizeof(fresh.address) - 1; /* a path need not be ended by NUL */
    if (!is_unix_listener(descriptor)) {
        snprintf(reason, size, "descriptor %d that was passed on is no listening unix socket",
                 descriptor);
        return false;
    }
    if (getsockname(descriptor, (struct sockaddr *)&fresh.address, &length) != 0 ||
        fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        return fail(reason, size, "set up", "the socket");
    }
    *listener = fresh;
    return true;
}

/*
 * Whether somebody listens at a path. Without waiting: a hung program whose queue is full would
 * hold us up for ever, and is there all the same.
 */
static bool is_taken(const struct sockaddr_un *address, bool *taken, char *reason, size_t size)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return fail(reason, size, "make", "a socket");
    }
    int connected = connect(probe, (const struct sockaddr *)address, sizeof(*address));
    int error = connected == 0 ? 0 : errno;
    close(probe);
    *taken = error == 0 || error == EAGAIN;
    errno = error;
    return *taken || error == ECONNREFUSED || fail(reason, size, "look at", address->sun_path);
}

/* Removes what a crash left behind. */
static bool clear_path(const struct sockaddr_un *address, char *reason, size_t size)
{
    struct stat status;
    bool taken;
    if (lstat(address->sun_path, &status) != 0) {
        return errno == ENOENT || fail(reason, size, "look at", address->sun_path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(reason, size, "%s is there and is no socket", address->sun_path);
        return false;
    }
    if (!is_taken(address, &taken, reason, size)) {
        return false;
    }
    if (taken) {
        snprintf(reason, size, "another program is serving on %s", address->sun_path);
        return false;
    }
    return unlink(address->sun_path) == 0 || fail(reason, size, "remove", address->sun_path);
}

static bool set_group(const char *path, const char *name, char *reason, size_t size)
{
    if (name[0] == '\0') {
        return true;
    }
    const struct group *group = getgrnam(name);
    if (group == NULL) {
        snprintf(reason, size, "KABAIDO_SOCKET_GROUP is '%s': there is no such group", name);
        return false;
    }
    return chown(path, (uid_t)-1, group->gr_gid) == 0 ||
           fail(reason, size, "change the group of", path);
}

/* Who may connect to a socket of ours, and how many may wait. */
static bool apply(int descriptor, const char *path, const struct config *config, char *reason,
                  size_t size)
{
    return set_group(path, config->socket_group, reason, size) &&
           (chmod(path, (mode_t)config->socket_mode) == 0 ||
            fail(reason, size, "set the mode of", path)) &&
           (listen(descriptor, config->backlog) == 0 || fail(reason, size, "listen on", path));
}

static bool create(struct listener *listener, const struct config *config, char *reason,
                   size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(config->socket) >= sizeof(address.sun_path)) {
        snprintf(reason, size, "KABAIDO_SOCKET is too long: %s", config->socket);
        return false;
    }
    memcpy(address.sun_path, config->socket, strlen(config->socket));
    if (!clear_path(&address, reason, size)) {
        return false;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return fail(reason, size, "make", "a socket");
    }
    mode_t before = umask(0777); /* nobody gets in before mode and group are right */
    int bound = bind(descriptor, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    bool ok = (bound == 0 || fail(reason, size, "bind", config->socket)) &&
              apply(descriptor, config->socket, config, reason, size) &&
              adopt(listener, descriptor, true, reason, size);
    if (!ok) {
        if (bound == 0) {
            unlink(config->socket);
        }
        close(descriptor);
    }
    return ok;
}

/*
 * From the master before a reload, which was this very process. What cannot be changed about a
 * socket in use is no reason to stop serving on it.
 */
static bool take_over(struct listener *listener, const struct config *config, const char *number,
                      char *reason, size_t size)
{
    int descriptor = number_from(number);
    bool owned = getenv(handover_owned) != NULL;
    unsetenv(handover_socket);
    unsetenv(handover_owned);
    if (!adopt(listener, descriptor, owned, reason, size)) {
        return false;
    }
    const char *path = listener->address.sun_path;
    if (owned && apply(descriptor, path, config, reason, size) &&
        strcmp(path, config->socket) != 0) {
        snprintf(reason, size, "KABAIDO_SOCKET changed: the socket stays at %s until a restart",
                 path);
    }
    return true;
}

bool listener_open(struct listener *listener, const struct config *config, char *reason,
                   size_t size)
{
    const char *passed = getenv(handover_socket);
    reason[0] = '\0';
    if (passed != NULL) {
        return take_over(listener, config, passed, reason, size);
    }
    const char *systemd_pid = getenv("LISTEN_PID");
    const char *systemd_count = getenv("LISTEN_FDS");
    if (systemd_pid != NULL && systemd_count != NULL && number_from(systemd_pid) == (int)getpid()) {
        if (number_from(systemd_count) != 1) {
            snprintf(reason, size, "systemd passed %s sockets: one is expected", systemd_count);
            return false;
        }
        return adopt(listener, SYSTEMD_FIRST, false, reason, size);
    }
    return create(listener, config, reason, size);
}

void listener_pass_on(const struct listener *listener)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", listener->descriptor);
    fcntl(listener->descriptor, F_SETFD, 0);
    setenv(handover_socket, number, 1);
    if (listener->owned) {
        setenv(handover_owned, "1", 1);
    }
}

void listener_keep(const struct listener *listener)
{
    fcntl(listener->descriptor, F_SETFD, FD_CLOEXEC);
}

void listener_unlink(const struct listener *listener)
{
    if (listener->owned) {
        unlink(listener->address.sun_path);
    }
}
