/*
 * FastCGI towards the web server; fastcgi.c is the only file that knows libfcgi.
 * Whoever can open the socket is trusted on every parameter: see KABAIDO_SOCKET_MODE.
 */
#ifndef KABAIDO_FASTCGI_H
#define KABAIDO_FASTCGI_H

#include <stdbool.h>
#include <stddef.h>

struct fastcgi;

enum fastcgi_accepted {
    FASTCGI_REQUEST, /* a request is at hand, to be ended by fastcgi_finish() */
    FASTCGI_NONE,    /* nobody is waiting */
    FASTCGI_BROKEN,  /* a connection cannot be taken: out of descriptors or memory */
};

/* listener: a listening, non-blocking socket. NULL when memory is out. */
struct fastcgi *fastcgi_new(int listener);
void fastcgi_free(struct fastcgi *fastcgi);

/* Takes the next request if one is waiting; does not wait for one. */
enum fastcgi_accepted fastcgi_accept(struct fastcgi *fastcgi);

/* A parameter of the request at hand, or NULL; lives until fastcgi_finish(). */
const char *fastcgi_parameter(const struct fastcgi *fastcgi, const char *name);

/* How often the parameter was passed: the web server passes a header on as often as it came. */
size_t fastcgi_parameter_count(const struct fastcgi *fastcgi, const char *name);

/* Sends the answer. False when the web server is no longer there to take it. */
bool fastcgi_send(struct fastcgi *fastcgi, const void *head, size_t head_size, const void *body,
                  size_t body_size);

/* Ends the request at hand and closes its connection. */
void fastcgi_finish(struct fastcgi *fastcgi);

#endif
