/*
 * The connection to PostgreSQL; db.c is the only file that knows libpq.
 *
 * A connection runs one pipeline at a time: all its statements travel in one write, end with one
 * Sync and are therefore one transaction (PostgreSQL documentation, "Pipeline Mode"). Statements
 * are the files of sql/queries, prepared by name on first use and again after a reconnect; or,
 * where transactions of several clients share a connection (a pooler), sent without names.
 *
 * A connection that has lost track of its answers is closed, never reused: a mixed-up answer would
 * be another tenant's data.
 */
#ifndef KABAIDO_DB_H
#define KABAIDO_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queries.h"

enum { DB_MAX_PARAMETERS = 16, DB_MAX_CALLS = 8 };

enum db_status {
    DB_OK,          /* every statement succeeded and the transaction committed */
    DB_UNAVAILABLE, /* no connection, lost, overloaded or timed out: try later */
    DB_REJECTED,    /* the database refused a statement: see db_error(); nothing was written */
};

/* The rows of one statement. Owned by whoever made the call; release with db_result_free(). */
struct db_result;

/* How a column's values become JSON (see json.c); read off the column's type. */
enum db_kind { DB_TEXT, DB_INTEGER, DB_DECIMAL, DB_BOOLEAN, DB_TIMESTAMP, DB_JSON };

/*
 * One statement of a pipeline. Parameters are text ended by NUL, NULL for SQL null; a parameter
 * with binary_size > 0 is sent as that many raw bytes (bytea). The strings must live until
 * db_pipeline() returns.
 */
struct db_call {
    enum query query;
    bool prepare_only; /* see whether this schema can run it, and do not; result stays NULL */
    int parameter_count;
    const char *parameters[DB_MAX_PARAMETERS];
    int binary_size[DB_MAX_PARAMETERS];
    struct db_result *result; /* set by db_pipeline() when it returns DB_OK, else NULL */
};

/* Nobody let go of a lock in time. The next call connects anew; the database is there. */
#define DB_LOCK_TIMEOUT "55P03"

/* What the database said when it refused. Never shown to API clients: it names our tables. */
struct db_error {
    char sqlstate[6];    /* "" when the failure is the connection's */
    char constraint[64]; /* name of the violated constraint, or "" */
    char message[256];   /* for the log and the operator */
    size_t call;         /* which call of the pipeline was refused; their count: the commit */
    bool after_send;     /* the transaction may have committed though no answer came */
    bool deferred;       /* nothing was tried, so soon after a failure that was told already */
};

struct db;

/*
 * Makes a connection object without connecting yet. Where to connect comes from libpq's own PG*
 * environment; connecting may take two seconds for each host that does not answer, or
 * PGCONNECT_TIMEOUT. timeout_ms bounds a whole pipeline after that. prepare: whether statements are
 * prepared by name. NULL when out of memory.
 */
struct db *db_new(const char *application_name, int timeout_ms, bool prepare);
void db_free(struct db *db);

/*
 * Runs the calls in one transaction, connecting first if need be. While the database is away it
 * returns DB_UNAVAILABLE at once, and tries to connect again with back-off and jitter (in the end
 * every half second, with several hosts every second). On DB_OK each call owns its result.
 */
enum db_status db_pipeline(struct db *db, struct db_call *calls, size_t count);

/* Connects now if not connected. */
enum db_status db_connect(struct db *db);

/* The last failure; valid until the next call on this connection. */
const struct db_error *db_error(const struct db *db);

/* True between BEGIN and COMMIT or ROLLBACK, also of a transaction that has failed. */
bool db_in_transaction(const struct db *db);

/* For a poll loop: the socket of an idle connection, or -1. */
int db_socket(const struct db *db);

/*
 * The process that the other side says it is, or 0. It is not pg_backend_pid() where a pooler
 * stands between, which has each client believe something of its own.
 */
int db_server_process(const struct db *db);

/* How many connections have been made: tells one socket from a later one of the same number. */
unsigned db_connections(const struct db *db);

/*
 * To be called when the idle connection's socket is readable. An idle server has nothing to say
 * but goodbye, so the connection is closed, and made anew when it is next needed.
 */
void db_idle_event(struct db *db);

/* Microseconds spent inside db_pipeline() since the last call of this function. */
int64_t db_take_elapsed_us(struct db *db);

void db_result_free(struct db_result *result); /* NULL is fine */
int db_rows(const struct db_result *result);
int db_columns(const struct db_result *result);
const char *db_column_name(const struct db_result *result, int column);
enum db_kind db_column_kind(const struct db_result *result, int column);
int db_column(const struct db_result *result, const char *name); /* -1 when there is none */
bool db_is_null(const struct db_result *result, int row, int column);

/* The value as text ended by NUL, "" for null; lives as long as the result. */
const char *db_text(const struct db_result *result, int row, int column);
size_t db_length(const struct db_result *result, int row, int column);
int64_t db_integer(const struct db_result *result, int row, int column);

/* Decodes a bytea value into out; false when it is null or not exactly size bytes long. */
bool db_bytes(const struct db_result *result, int row, int column, void *out, size_t size);

#endif
