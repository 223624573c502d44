/* One request's way through a worker, from its FastCGI parameters to its answer. */
#ifndef KABAIDO_EXCHANGE_H
#define KABAIDO_EXCHANGE_H

struct worker;

/* Serves the request that fastcgi_accept() has taken, and ends it. */
void exchange(struct worker *worker);

#endif
