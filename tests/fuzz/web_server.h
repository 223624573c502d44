/*
 * The web server's side of a FastCGI connection: sends bytes to a worker of this process, over a
 * real socket and through libfcgi, and looks at what comes back.
 */
#ifndef KABAIDO_FUZZ_WEB_SERVER_H
#define KABAIDO_FUZZ_WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* Of the answers that came, the last. */
struct web_answer {
    size_t count; /* of the answers that are whole */
    int status;   /* HTTP; 0: none came */
};

/*
 * Puts the key that the database knows where 55 of these bytes stand in a row: no file holds a
 * whole key, and a mutation that breaks the row makes none. The other byte is for a key that is
 * well formed and has the right public id, but not its secret.
 */
enum { WEB_KEY_BYTE = '#', WEB_WRONG_KEY_BYTE = '~' };

void web_put_key(char *bytes, size_t size);

/* In place of admit()'s "admitted", unless it is NULL; and whether an Idempotency-Key is known. */
extern const char *web_verdict;
extern bool web_known_idempotency;

/* What is sent is what nginx can send: a request id, which answers repeat, is plain ASCII. */
extern bool web_is_plain;

/* Whether a key or a session was admitted since the last exchange began. */
extern bool web_admitted;

/* Sends all of it, waits for the end, and checks each answer and what the worker has left. */
struct web_answer web_exchange(const char *bytes, size_t size);

#endif
