/* The FastCGI side, through libfcgi. */
#include "fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct fastcgi {
    FCGX_Request request;
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

void fastcgi_finish(struct fastcgi *fastcgi)
{
    FCGX_Finish_r(&fastcgi->request);
}
