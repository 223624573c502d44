/*
 * What a client asked for, as the rest of the worker sees it: parsed once, before any policy.
 * Everything here lives in the request's arena.
 */
#ifndef KABAIDO_REQUEST_H
#define KABAIDO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "reply.h"

struct config;
struct credential;
struct endpoint;
struct session;

enum { REQUEST_MAX_PARAMETERS = 32, REQUEST_UUID_LENGTH = 36 };

enum method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER,
};

struct parameter {
    const char *name;  /* percent-decoded (RFC 3986), UTF-8, without NUL */
    const char *value; /* likewise; "" when there was no '=' */
};

/* The headers that the worker reads, as the web server passed them; NULL when absent. */
struct request_input {
    const char *method;
    const char *uri; /* raw: the worker routes on this and on nothing that was normalised */
    const char *request_id;
    const char *authorization;
    size_t authorization_count; /* how many such headers came */
    const char *content_type;
    const char *content_encoding;
    const char *content_length; /* digits, as the web server counted them */
    const char *idempotency_key;
    const char *if_none_match;

    /* For Settings only, which browsers call. */
    const char *cookie;
    const char *origin;
    const char *host;
    const char *address; /* of the client */

    /* Status with which the web server refused a request, for us to say; NULL or "": it took it. */
    const char *web_error;

    /* Set by the web server's loopback server alone: the request is an operator's; or NULL. */
    const char *operations;
};

struct request {
    struct arena *arena;
    const struct config *config;
    enum method method; /* HEAD is METHOD_GET with head_only */
    bool head_only;
    const char *id;            /* request id, for error bodies; "" when the web server sent none */
    const char *authorization; /* raw header value or NULL */
    size_t authorization_count;
    bool operations;                   /* it came to the loopback server, for the operator */
    bool refused_by_web_server;        /* it found the headers or the body malformed */
    const char *path;                  /* raw, without the query */
    const char *query;                 /* raw, without the question mark; "" when there is none */
    const struct request_input *input; /* the headers that only some operations read */
    struct parameter parameters[REQUEST_MAX_PARAMETERS];
    size_t parameter_count;

    /* Set by route_find(). */
    const struct endpoint *endpoint;
    const char *path_id; /* the {id} of the path: a lower-case UUID, or NULL if it is none */

    /* Set by authenticate(): whose key it is. */
    struct credential *credential;

    /* Set by session_read(), in its place where a person asks and no key: who is signed in. */
    struct session *session;

    /* The organisation of the one or the other. */
    const char *org_id;

    /* Set by body_read(): the body, checked JSON. */
    const char *body;
    size_t body_size;

    /* Set by admit(): the key was admitted, and what is left of its limit, this request counted. */
    bool admitted;
    int64_t remaining;
};

/* Parses the request line; on failure the reply holds the error. */
bool request_parse(struct request *request, struct arena *arena, const struct config *config,
                   const struct request_input *input, struct reply *reply);

/* True for 36 characters in the form of RFC 4122; lower receives it in lower case with a NUL. */
bool request_uuid(const char *text, size_t length, char lower[REQUEST_UUID_LENGTH + 1]);

#endif
