/* The FastCGI side, through libfcgi. */
#include "fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct fastcgi {
    FCGX_Request request;
    size_t read; /* bytes of the body at hand */
};

struct fastcgi *fastcgi_new(int listener)
{
    struct fastcgi *fastcgi = calloc(1, sizeof(*fastcgi));
    if (fastcgi == NULL || FCGX_Init() != 0 ||
        FCGX_InitRequest(&fastcgi->request, listener, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        free(fastcgi);
        return NULL;
    }
    return fastcgi;
}

void fastcgi_free(struct fastcgi *fastcgi)
{
    if (fastcgi != NULL) {
        FCGX_Free(&fastcgi->request, 1);
        free(fastcgi);
    }
}

enum fastcgi_accepted fastcgi_accept(struct fastcgi *fastcgi)
{
    int result = FCGX_Accept_r(&fastcgi->request);
    fastcgi->read = 0;
    if (result == 0) {
        return FASTCGI_REQUEST;
    }
    /* libfcgi hands accept()'s errno back with its sign turned. */
    return result == -EAGAIN || result == -EWOULDBLOCK ? FASTCGI_NONE : FASTCGI_BROKEN;
}

const char *fastcgi_parameter(const struct fastcgi *fastcgi, const char *name)
{
    return FCGX_GetParam(name, fastcgi->request.envp);
}

size_t fastcgi_parameter_count(const struct fastcgi *fastcgi, const char *name)
{
    size_t length = strlen(name);
    size_t count = 0;
    for (char **entry = fastcgi->request.envp; entry != NULL && *entry != NULL; entry++) {
        count += strncmp(*entry, name, length) == 0 && (*entry)[length] == '=';
    }
    return count;
}

bool fastcgi_read(struct fastcgi *fastcgi, char *bytes, size_t size)
{
    while (size > 0) {
        int step = size > INT_MAX ? INT_MAX : (int)size;
        int got = FCGX_GetStr(bytes, step, fastcgi->request.in);
        if (got <= 0) {
            return false;
        }
        bytes += got;
        size -= (size_t)got;
        fastcgi->read += (size_t)got;
    }
    return true;
}

static bool put(FCGX_Stream *out, const char *bytes, size_t size)
{
    while (size > 0) {
        int step = size > INT_MAX ? INT_MAX : (int)size;
        if (FCGX_PutStr(bytes, step, out) != step) {
            return false;
        }
        bytes += step;
        size -= (size_t)step;
    }
    return true;
}

bool fastcgi_send(struct fastcgi *fastcgi, const void *head, size_t head_size, const void *body,
                  size_t body_size)
{
    FCGX_Stream *out = fastcgi->request.out;
    return put(out, head, head_size) && put(out, body, body_size) && FCGX_GetError(out) == 0;
}

/* Whether the web server has nothing more to say: all of the body came, and nothing is waiting. */
static bool is_all_read(const struct fastcgi *fastcgi)
{
    const char *length = fastcgi_parameter(fastcgi, "CONTENT_LENGTH");
    char byte;
    return fastcgi->read == (length == NULL ? 0 : strtoull(length, NULL, 10)) &&
           recv(fastcgi->request.ipcFd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/*
 * libfcgi closes a connection by shutting down its own side and waiting until the web server has
 * closed the other, or what is unread would cost the web server the answer. Where nothing is
 * unread, a worker need not wait for it.
 */
void fastcgi_finish(struct fastcgi *fastcgi)
{
    if (is_all_read(fastcgi)) {
        FCGX_Detach(&fastcgi->request);
    }
    FCGX_Finish_r(&fastcgi->request);
}
