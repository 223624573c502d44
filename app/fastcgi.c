/* The FastCGI side, through libfcgi. */
#include "fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* FastCGI Specification 1.0, sections 3.3, 5.3 and 5.5. */
enum {
    VERSION = 1,
    END_REQUEST = 3,
    STDOUT = 6,
    HEADER_SIZE = 8,
    END_BODY_SIZE = 8, /* application status 0, protocol status FCGI_REQUEST_COMPLETE, which is 0 */
    CONTENT_MOST = 65528,
};

struct fastcgi {
    FCGX_Request request;
    size_t read;   /* bytes of the body at hand */
    bool answered; /* or it was tried: nothing may follow */
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
    fastcgi->answered = false;
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

static void put_header(uint8_t *header, uint8_t type, int request_id, size_t size)
{
    memset(header, 0, HEADER_SIZE);
    header[0] = VERSION;
    header[1] = type;
    header[2] = (uint8_t)(request_id >> 8);
    header[3] = (uint8_t)request_id;
    header[4] = (uint8_t)(size >> 8);
    header[5] = (uint8_t)size;
}

/* writev() takes what it only reads by a pointer to what it might write. */
static struct iovec part_of(const void *bytes, size_t size)
{
    struct iovec part = {.iov_len = size};
    memcpy(&part.iov_base, &bytes, sizeof(bytes));
    return part;
}

static bool write_all(int descriptor, struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t written = writev(descriptor, parts, count);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        size_t done = written < 0 ? 0 : (size_t)written;
        for (; count > 0 && done >= parts->iov_len; parts++, count--) {
            done -= parts->iov_len;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + done;
            parts->iov_len -= done;
        }
    }
    return true;
}

/*
 * libfcgi's own stream would send the answer in pieces of 8 kB, each of which wakes the web server.
 * Here an answer of up to 64 kB is one write, with the record that ends the request.
 */
bool fastcgi_send(struct fastcgi *fastcgi, const void *head, size_t head_size, const void *body,
                  size_t body_size)
{
    int id = fastcgi->request.requestId;
    uint8_t header[HEADER_SIZE];
    uint8_t tail[HEADER_SIZE + HEADER_SIZE + END_BODY_SIZE] = {0};
    size_t sent = 0;
    fastcgi->answered = true;
    if (head_size == 0 || head_size > CONTENT_MOST) {
        return false;
    }
    put_header(tail, STDOUT, id, 0); /* the end of the stream */
    put_header(tail + HEADER_SIZE, END_REQUEST, id, END_BODY_SIZE);
    do {
        size_t left = body_size - sent;
        size_t room = CONTENT_MOST - head_size;
        bool is_last = left <= room;
        size_t step = is_last ? left : room;
        put_header(header, STDOUT, id, head_size + step);
        struct iovec parts[] = {
            part_of(header, sizeof(header)),
            part_of(head, head_size),
            part_of(step == 0 ? NULL : (const char *)body + sent, step),
            part_of(tail, is_last ? sizeof(tail) : 0),
        };
        if (!write_all(fastcgi->request.ipcFd, parts, sizeof(parts) / sizeof(*parts))) {
            return false;
        }
        sent += step;
        head_size = 0;
    } while (sent < body_size);
    return true;
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
    if (fastcgi->answered) {
        FCGX_Free(&fastcgi->request, 1);
    } else {
        FCGX_Finish_r(&fastcgi->request);
    }
}
