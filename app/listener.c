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
    if (!is_unix_listener(descriptor)) {
        snprintf(reason, size, "descriptor %d that was passed on is no listening unix socket",
                 descriptor);
        return false;
    }
    if (fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        return fail(reason, size, "set up", "the socket");
    }
    *listener = (struct listener){.descriptor = descriptor, .owned = owned};
    return true;
}

/* Removes what a crash left behind; refuses when somebody answers there. */
static bool clear_path(const struct sockaddr_un *address, char *reason, size_t size)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0) {
        return errno == ENOENT || fail(reason, size, "look at", address->sun_path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(reason, size, "%s is there and is no socket", address->sun_path);
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered =
        probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (probe >= 0) {
        close(probe);
    }
    if (answered) {
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
              set_group(config->socket, config->socket_group, reason, size) &&
              (chmod(config->socket, (mode_t)config->socket_mode) == 0 ||
               fail(reason, size, "set the mode of", config->socket)) &&
              (listen(descriptor, config->backlog) == 0 ||
               fail(reason, size, "listen on", config->socket)) &&
              adopt(listener, descriptor, true, reason, size);
    if (!ok) {
        if (bound == 0) {
            unlink(config->socket);
        }
        close(descriptor);
    }
    return ok;
}

bool listener_open(struct listener *listener, const struct config *config, char *reason,
                   size_t size)
{
    const char *passed = getenv("KABAIDO_LISTENER");
    if (passed != NULL) {
        int descriptor = number_from(passed);
        bool owned = getenv("KABAIDO_LISTENER_OWNED") != NULL;
        unsetenv("KABAIDO_LISTENER");
        unsetenv("KABAIDO_LISTENER_OWNED");
        return adopt(listener, descriptor, owned, reason, size);
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
    setenv("KABAIDO_LISTENER", number, 1);
    if (listener->owned) {
        setenv("KABAIDO_LISTENER_OWNED", "1", 1);
    }
}

void listener_unlink(const struct listener *listener, const struct config *config)
{
    if (listener->owned) {
        unlink(config->socket);
    }
}
