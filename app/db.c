/* PostgreSQL through libpq: one connection, prepared statements, one pipeline at a time. */
#include "db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Type numbers from PostgreSQL's pg_type.dat; they never change. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_JSON = 114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_JSONB = 3802,
};

enum { RECONNECT_FIRST_MS = 25, RECONNECT_MOST_MS = 500, RECONNECT_MOST_OF_SEVERAL_MS = 1000 };

/* A host that takes so long to let us in is not there, and is not asked again for a while. */
enum { HOSTS_MOST = 8, SILENT_AFTER_MS = 1500, SILENT_FOR_MS = 5000 };

/*
 * The hosts of PGHOST where there are several and PGTARGETSESSIONATTRS asks for the one that takes
 * writes. libpq would begin with the first each time, and wait for it each time if it is gone.
 */
struct hosts {
    char *names[HOSTS_MOST];
    char *ports[HOSTS_MOST];             /* NULL: libpq's own choice */
    int64_t silent_until_ms[HOSTS_MOST]; /* monotonic */
    int count;                           /* 0: libpq sees to it */
    int first;                           /* whom to ask first: not the one that was lost */
};

struct db {
    PGconn *connection;
    const char *application_name;
    int timeout_ms;
    bool unnamed; /* statements go without names */
    bool prepared[QUERY_COUNT];
    struct hosts hosts;
    int64_t retry_at_ms; /* no attempt to connect before this moment (monotonic) */
    int retry_delay_ms;
    int64_t elapsed_us;
    unsigned connections;
    bool unconfirmed; /* a commit of this pipeline has not been waited for */
    struct db_error error;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t monotonic_ms(void)
{
    return monotonic_us() / 1000;
}

/* Takes a list apart at its commas; the number of its parts, or -1 where they are too many. */
static int split(const char *list, char *parts[HOSTS_MOST])
{
    int count = 0;
    for (const char *part = list;; count++) {
        size_t length = strcspn(part, ",");
        if (count == HOSTS_MOST || (parts[count] = strndup(part, length)) == NULL) {
            return -1;
        }
        if (part[length] == '\0') {
            return count + 1;
        }
        part += length + 1;
    }
}

static void hosts_free(struct hosts *hosts)
{
    for (int i = 0; i < HOSTS_MOST; i++) {
        free(hosts->names[i]);
        free(hosts->ports[i]);
    }
    memset(hosts, 0, sizeof(*hosts));
}

/* What it does not understand it leaves to libpq. */
static void hosts_read(struct hosts *hosts)
{
    const char *wanted = getenv("PGTARGETSESSIONATTRS");
    const char *names = getenv("PGHOST");
    const char *ports = getenv("PGPORT");
    if (wanted == NULL || (strcmp(wanted, "read-write") != 0 && strcmp(wanted, "primary") != 0) ||
        names == NULL || strchr(names, ',') == NULL || getenv("PGHOSTADDR") != NULL) {
        return;
    }
    int count = split(names, hosts->names);
    int port_count = ports == NULL ? 0 : split(ports, hosts->ports);
    if (count < 2 || (port_count > 1 && port_count != count) || port_count < 0) {
        hosts_free(hosts);
        return;
    }
    if (port_count == 1) { /* one for all of them: libpq reads it itself */
        free(hosts->ports[0]);
        hosts->ports[0] = NULL;
    }
    hosts->count = count;
}

struct db *db_new(const char *application_name, int timeout_ms, bool prepare)
{
    struct db *db = calloc(1, sizeof(*db));
    if (db == NULL) {
        return NULL;
    }
    db->application_name = application_name;
    db->timeout_ms = timeout_ms;
    db->unnamed = !prepare;
    hosts_read(&db->hosts);
    return db;
}

static void disconnect(struct db *db)
{
    PQfinish(db->connection);
    db->connection = NULL;
    memset(db->prepared, 0, sizeof(db->prepared));
}

void db_free(struct db *db)
{
    if (db != NULL) {
        disconnect(db);
        hosts_free(&db->hosts);
        free(db);
    }
}

/* Keeps the first line of libpq's message: the rest is context with our statements in it. */
static void error_set(struct db *db, const char *sqlstate, const char *constraint,
                      const char *message)
{
    snprintf(db->error.sqlstate, sizeof(db->error.sqlstate), "%s", sqlstate ? sqlstate : "");
    snprintf(db->error.constraint, sizeof(db->error.constraint), "%s",
             constraint ? constraint : "");
    snprintf(db->error.message, sizeof(db->error.message), "%s", message ? message : "");
    db->error.message[strcspn(db->error.message, "\n")] = '\0';
}

static void error_set_connection(struct db *db)
{
    error_set(db, "", "", PQerrorMessage(db->connection));
}

/*
 * Back-off doubles up to half a second; the jitter keeps a pool from knocking in step. Up to a
 * second where each attempt asks several hosts: a TLS handshake and a password check for every one
 * of them, just when they are to agree on who is primary.
 */
static void schedule_retry(struct db *db)
{
    int most = db->hosts.count > 0 ? RECONNECT_MOST_OF_SEVERAL_MS : RECONNECT_MOST_MS;
    int delay = db->retry_delay_ms == 0 ? RECONNECT_FIRST_MS : db->retry_delay_ms * 2;
    db->retry_delay_ms = delay > most ? most : delay;
    db->retry_at_ms = monotonic_ms() + db->retry_delay_ms / 2 +
                      (int)(monotonic_us() % (db->retry_delay_ms / 2 + 1));
}

/*
 * A notice is the server's chatter; it may name data, so it is not logged. But for one: a commit
 * waits for its synchronous standby, and when somebody cancels that (pg_cancel_backend), PostgreSQL
 * warns that the standby may not have it, and calls it done. It is known by the function that says
 * so, in whatever language.
 */
static void read_notice(void *context, const PGresult *result)
{
    struct db *db = context;
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    if (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0) {
        db->unconfirmed = true;
    }
}

/*
 * The text that json.c and db_bytes() read, and that read_notice() is told, must not depend on the
 * server's configuration or on the environment. libpq sends these two variables as parameters of
 * their own, which beat options, and which a pooler keeps for each of its clients (spelt as the
 * server reports them, or it would see a difference). The others go last in options, which a pooler
 * ignores: --check looks at the first of them there, and warnings come by default.
 */
static char *session_options(void)
{
    const char *wanted = getenv("PGOPTIONS");
    char *options = NULL;
    if (setenv("PGTZ", "UTC", 1) != 0 || setenv("PGDATESTYLE", "ISO, YMD", 1) != 0 ||
        asprintf(&options, "%s -c bytea_output=hex -c client_min_messages=warning",
                 wanted == NULL ? "" : wanted) < 0) {
        return NULL;
    }
    return options;
}

/*
 * Where to connect, as whom and how long to wait for each host is the operator's to say (PG*). A
 * connection to a host that is gone without a word, as its cable was pulled, is given up after ten
 * seconds, whether it is in use or idle: before another has become primary, so that no request
 * meets a connection that leads nowhere. It is the host's kernel that answers: a slow database is
 * not given up.
 */
static PGconn *connect_host(const char *application_name, const char *host, const char *port)
{
    char *options = session_options();
    if (options == NULL) {
        return NULL;
    }
    const char *patience = getenv("PGCONNECT_TIMEOUT");
    const char *const keywords[] = {"fallback_application_name",
                                    "client_encoding",
                                    "options",
                                    "connect_timeout",
                                    "keepalives_idle",
                                    "keepalives_interval",
                                    "tcp_user_timeout",
                                    "host",
                                    "port",
                                    NULL};
    const char *const values[] = {application_name,
                                  "UTF8",
                                  options,
                                  patience == NULL ? "2" : patience,
                                  "5",
                                  "2",
                                  "10000",
                                  host,
                                  port,
                                  NULL};
    PGconn *connection = PQconnectdbParams(keywords, values, 0);
    free(options);
    return connection;
}

static bool is_connected(const PGconn *connection)
{
    return connection != NULL && PQstatus(connection) == CONNECTION_OK;
}

/* The first host that takes writes; else the last that did not, for what it said. */
static PGconn *connect_server(struct db *db)
{
    struct hosts *hosts = &db->hosts;
    PGconn *connection = NULL;
    bool asked = false;
    if (hosts->count == 0) {
        return connect_host(db->application_name, NULL, NULL);
    }
    for (int i = 0; i < 2 * hosts->count && !is_connected(connection); i++) {
        int place = (hosts->first + i) % hosts->count;
        int64_t start = monotonic_ms();
        /* Those that were silent have their turn when nobody else is left to ask. */
        if (i < hosts->count ? start < hosts->silent_until_ms[place] : asked) {
            continue;
        }
        asked = asked || i < hosts->count;
        PQfinish(connection);
        connection = connect_host(db->application_name, hosts->names[place], hosts->ports[place]);
        if (is_connected(connection)) {
            hosts->first = (place + 1) % hosts->count; /* when this one will be lost */
        } else if (monotonic_ms() - start >= SILENT_AFTER_MS) {
            hosts->silent_until_ms[place] = monotonic_ms() + SILENT_FOR_MS;
        }
    }
    return connection;
}

enum db_status db_connect(struct db *db)
{
    if (db->connection != NULL) {
        return DB_OK;
    }
    memset(&db->error, 0, sizeof(db->error));
    if (monotonic_ms() < db->retry_at_ms) {
        error_set(db, "", "", "waiting before the next attempt to connect");
        db->error.deferred = true;
        return DB_UNAVAILABLE;
    }
    db->connection = connect_server(db);
    if (!is_connected(db->connection)) {
        error_set_connection(db);
        disconnect(db);
        schedule_retry(db);
        return DB_UNAVAILABLE;
    }
    PQsetNoticeReceiver(db->connection, read_notice, db);
    if (PQsetnonblocking(db->connection, 1) != 0 || PQenterPipelineMode(db->connection) != 1) {
        error_set_connection(db);
        disconnect(db);
        schedule_retry(db);
        return DB_UNAVAILABLE;
    }
    db->connections++;
    db->retry_delay_ms = 0;
    db->retry_at_ms = 0;
    return DB_OK;
}

const struct db_error *db_error(const struct db *db)
{
    return &db->error;
}

bool db_in_transaction(const struct db *db)
{
    PGTransactionStatusType status =
        db->connection == NULL ? PQTRANS_IDLE : PQtransactionStatus(db->connection);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

int db_socket(const struct db *db)
{
    return db->connection == NULL ? -1 : PQsocket(db->connection);
}

int db_server_process(const struct db *db)
{
    return db->connection == NULL ? 0 : PQbackendPID(db->connection);
}

unsigned db_connections(const struct db *db)
{
    return db->connections;
}

void db_idle_event(struct db *db)
{
    disconnect(db);
}

int64_t db_take_elapsed_us(struct db *db)
{
    int64_t elapsed = db->elapsed_us;
    db->elapsed_us = 0;
    return elapsed;
}

/*
 * Queues the call, preceded by its PREPARE where this connection has not yet seen the statement.
 * The one without a name is parsed with each call, and nobody is to find it there afterwards.
 */
static bool send_call(struct db *db, const struct db_call *call, bool *prepares)
{
    const struct query_text *text = &query_texts[call->query];
    int formats[DB_MAX_PARAMETERS];
    *prepares = db->unnamed ? call->prepare_only : !db->prepared[call->query];
    if (*prepares) {
        const char *name = db->unnamed ? "" : text->name;
        if (PQsendPrepare(db->connection, name, text->sql, 0, NULL) != 1) {
            return false;
        }
        db->prepared[call->query] = !db->unnamed; /* also for a later call of this very pipeline */
    }
    if (call->prepare_only) {
        return true;
    }
    for (int i = 0; i < call->parameter_count; i++) {
        formats[i] = call->binary_size[i] > 0;
    }
    if (db->unnamed) {
        return PQsendQueryParams(db->connection, text->sql, call->parameter_count, NULL,
                                 call->parameters, call->binary_size, formats, 0) == 1;
    }
    return PQsendQueryPrepared(db->connection, text->name, call->parameter_count, call->parameters,
                               call->binary_size, formats, 0) == 1;
}

/* Waits until libpq holds a whole result, sending what is still queued; false when time is up. */
static bool await_result(struct db *db, int64_t deadline_ms)
{
    for (;;) {
        int unsent = PQflush(db->connection);
        if (unsent < 0) {
            return false;
        }
        if (unsent == 0 && !PQisBusy(db->connection)) {
            return true;
        }
        int64_t left = deadline_ms - monotonic_ms();
        if (left <= 0) {
            error_set(db, "", "", "the database did not answer in time");
            return false;
        }
        struct pollfd wait = {.fd = PQsocket(db->connection),
                              .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
        int ready = poll(&wait, 1, (int)left);
        if (ready < 0 && errno != EINTR) {
            return false;
        }
        if (ready > 0 && (wait.revents & (POLLIN | POLLHUP | POLLERR)) &&
            PQconsumeInput(db->connection) != 1) {
            return false;
        }
    }
}

/*
 * Next result of the pipeline, skipping the NULL that libpq puts after each statement's result.
 * NULL means that the connection is lost.
 */
static PGresult *next_result(struct db *db, int64_t deadline_ms)
{
    for (int nulls = 0; nulls < 2; nulls++) {
        if (!await_result(db, deadline_ms)) {
            return NULL;
        }
        PGresult *result = PQgetResult(db->connection);
        if (result != NULL) {
            return result;
        }
    }
    return NULL;
}

/* Remembers the first refusal of a pipeline; what follows it is only "aborted". */
static void note_refusal(struct db *db, const PGresult *result, size_t call, bool *refused)
{
    if (*refused || PQresultStatus(result) == PGRES_PIPELINE_ABORTED) {
        *refused = true;
        return;
    }
    *refused = true;
    error_set(db, PQresultErrorField(result, PG_DIAG_SQLSTATE),
              PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
              PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    db->error.call = call;
}

/* Reads the answer to a call's PREPARE; false when the connection is lost. */
static bool read_prepared(struct db *db, const struct db_call *calls, size_t call,
                          int64_t deadline_ms, bool *refused)
{
    PGresult *result = next_result(db, deadline_ms);
    if (result == NULL) {
        return false;
    }
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        db->prepared[calls[call].query] = false;
        note_refusal(db, result, call, refused);
    }
    PQclear(result);
    return true;
}

/*
 * Reads everything up to the Sync, whatever happened on the way, so that the next pipeline cannot
 * read this one's results. prepares: which calls brought their PREPARE along. False when the
 * connection is lost.
 */
static bool read_results(struct db *db, struct db_call *calls, size_t count, const bool *prepares,
                         int64_t deadline_ms, bool *refused)
{
    for (size_t i = 0; i < count; i++) {
        if (prepares[i] && !read_prepared(db, calls, i, deadline_ms, refused)) {
            return false;
        }
        if (calls[i].prepare_only) {
            continue;
        }
        PGresult *result = next_result(db, deadline_ms);
        if (result == NULL) {
            return false;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return false; /* fewer results than statements: we have lost track */
        }
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            note_refusal(db, result, i, refused);
        }
        calls[i].result = (struct db_result *)result;
    }
    /* The commit itself may still fail (a deferred constraint): its error comes before the Sync. */
    for (;;) {
        PGresult *result = next_result(db, deadline_ms);
        if (result == NULL) {
            return false;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_PIPELINE_SYNC) {
            note_refusal(db, result, count, refused);
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            return true;
        }
    }
}

/*
 * A refusal that is the database's state, not the statement's fault (PostgreSQL documentation,
 * appendix A): the client may try later. Those that say that this session is of no more use (a
 * standby after a failover, prepared statements gone behind a pooler, a changed table under a
 * prepared statement) also ask for a new connection. So does a lock that nobody let go of: a former
 * primary that does not know it yet holds those of commits that it cannot confirm, for ever, and
 * only a new connection finds the primary that there is.
 */
static bool is_transient(const char *sqlstate, bool *reconnect)
{
    static const struct {
        const char *prefix;
        bool reconnect;
    } transient[] = {
        {"08",            true }, /* connection exception */
        {"53",            false}, /* insufficient resources: disk full, too many connections */
        {"57P",           true }, /* the server is shutting down or starting */
        {"57014",         false}, /* statement timeout */
        {DB_LOCK_TIMEOUT, true },
        {"40",            false}, /* serialization failure, deadlock */
        {"25006",         true }, /* read-only: no longer the primary */
        {"25P03",         true }, /* idle in transaction timeout */
        {"26000",         true }, /* prepared statement does not exist */
        {"42P05",         true }, /* prepared statement already exists */
        {"0A000",         true }, /* cached plan must not change result type */
    };
    for (size_t i = 0; i < sizeof(transient) / sizeof(*transient); i++) {
        if (strncmp(sqlstate, transient[i].prefix, strlen(transient[i].prefix)) == 0) {
            *reconnect = transient[i].reconnect;
            return true;
        }
    }
    return false;
}

static void release_results(struct db_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        db_result_free(calls[i].result);
        calls[i].result = NULL;
    }
}

static enum db_status run(struct db *db, struct db_call *calls, size_t count)
{
    memset(&db->error, 0, sizeof(db->error));
    db->unconfirmed = false;
    for (size_t i = 0; i < count; i++) {
        calls[i].result = NULL;
    }
    if (count > DB_MAX_CALLS) {
        error_set(db, "", "", "too many statements for one pipeline");
        return DB_REJECTED;
    }
    enum db_status connected = db_connect(db);
    if (connected != DB_OK) {
        return connected;
    }
    int64_t deadline_ms = monotonic_ms() + db->timeout_ms;
    bool refused = false;
    bool sent = true;
    bool prepares[DB_MAX_CALLS];
    for (size_t i = 0; i < count && sent; i++) {
        sent = send_call(db, &calls[i], &prepares[i]);
    }
    sent = sent && PQpipelineSync(db->connection) == 1;
    if (!sent || !read_results(db, calls, count, prepares, deadline_ms, &refused)) {
        if (db->error.message[0] == '\0') {
            error_set_connection(db);
        }
        db->error.after_send = sent;
        release_results(calls, count);
        disconnect(db);
        return DB_UNAVAILABLE;
    }
    if (!refused && !db->unconfirmed) {
        return DB_OK;
    }
    release_results(calls, count);
    if (!refused) {
        error_set(db, "", "", "a commit's wait for its standby was cancelled");
        db->error.after_send = true;
        return DB_UNAVAILABLE;
    }
    bool reconnect = false;
    bool transient = is_transient(db->error.sqlstate, &reconnect);
    if (reconnect || PQstatus(db->connection) != CONNECTION_OK) {
        disconnect(db);
    }
    return transient ? DB_UNAVAILABLE : DB_REJECTED;
}

enum db_status db_pipeline(struct db *db, struct db_call *calls, size_t count)
{
    int64_t start = monotonic_us();
    enum db_status status = run(db, calls, count);
    db->elapsed_us += monotonic_us() - start;
    return status;
}

static const PGresult *rows_of(const struct db_result *result)
{
    return (const PGresult *)result;
}

void db_result_free(struct db_result *result)
{
    PQclear((PGresult *)result);
}

int db_rows(const struct db_result *result)
{
    return PQntuples(rows_of(result));
}

int db_columns(const struct db_result *result)
{
    return PQnfields(rows_of(result));
}

const char *db_column_name(const struct db_result *result, int column)
{
    return PQfname(rows_of(result), column);
}

int db_column(const struct db_result *result, const char *name)
{
    return PQfnumber(rows_of(result), name);
}

enum db_kind db_column_kind(const struct db_result *result, int column)
{
    switch (PQftype(rows_of(result), column)) {
    case OID_BOOL:
        return DB_BOOLEAN;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return DB_INTEGER;
    case OID_NUMERIC:
        return DB_DECIMAL;
    case OID_TIMESTAMPTZ:
        return DB_TIMESTAMP;
    case OID_JSON:
    case OID_JSONB:
        return DB_JSON;
    default:
        return DB_TEXT; /* text, uuid, date and char are already what the contract prints */
    }
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return PQgetisnull(rows_of(result), row, column) == 1;
}

const char *db_text(const struct db_result *result, int row, int column)
{
    return PQgetvalue(rows_of(result), row, column);
}

size_t db_length(const struct db_result *result, int row, int column)
{
    return (size_t)PQgetlength(rows_of(result), row, column);
}

int64_t db_integer(const struct db_result *result, int row, int column)
{
    return strtoll(db_text(result, row, column), NULL, 10);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool db_bytes(const struct db_result *result, int row, int column, void *out, size_t size)
{
    const char *text = db_text(result, row, column); /* \x followed by lower-case hex */
    if (db_is_null(result, row, column) || db_length(result, row, column) != 2 + 2 * size) {
        return false;
    }
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 + 2 * i]);
        int low = hex_value(text[3 + 2 * i]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
