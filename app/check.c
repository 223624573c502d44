/* Looks at the configuration, the socket's place and the database as a worker would find them. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"

enum { LEAST_SERVER_VERSION = 150000, OTHERS_MAY_CONNECT = 0002, POOLER_LOOKS = 5 };

struct check {
    FILE *out;
    bool ok; /* nothing failed so far */
};

static void report(struct check *check, bool ok, const char *item, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void report(struct check *check, bool ok, const char *item, const char *format, ...)
{
    va_list values;
    fprintf(check->out, "%-4s  %s: ", ok ? "ok" : "FAIL", item);
    va_start(values, format);
    vfprintf(check->out, format, values);
    va_end(values);
    fputc('\n', check->out);
    check->ok = check->ok && ok;
}

static void check_directory(struct check *check, const char *socket)
{
    struct stat status;
    const char *slash = strrchr(socket, '/');
    char *directory = slash == NULL     ? strdup(".")
                      : slash == socket ? strdup("/")
                                        : strndup(socket, (size_t)(slash - socket));
    if (directory == NULL) {
        report(check, false, "socket", "out of memory");
    } else if (stat(directory, &status) != 0) {
        report(check, false, "socket",
               "%s: %s; create it, or set KABAIDO_SOCKET to a path in another directory", directory,
               strerror(errno));
    } else if (!S_ISDIR(status.st_mode)) {
        report(check, false, "socket", "%s is no directory; set KABAIDO_SOCKET to another path",
               directory);
    } else if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0) {
        report(check, false, "socket",
               "%s: %s; give it to the service's user, or set KABAIDO_SOCKET to another path",
               directory, strerror(errno));
    } else if (lstat(socket, &status) == 0 && !S_ISSOCK(status.st_mode)) {
        report(check, false, "socket",
               "%s is there and is no socket; move it away, or set KABAIDO_SOCKET to another path",
               socket);
    } else {
        report(check, true, "socket", "%s can be made", socket);
    }
    free(directory);
}

/* Whoever can open the socket is trusted on every parameter (fastcgi.h). */
static void check_access(struct check *check, const struct config *config)
{
    if (config->socket_mode & OTHERS_MAY_CONNECT) {
        report(check, false, "socket access",
               "KABAIDO_SOCKET_MODE %04o lets every user of this machine speak for any client; "
               "use 0660 and KABAIDO_SOCKET_GROUP",
               (unsigned)config->socket_mode);
    } else if (config->socket_group[0] != '\0' && getgrnam(config->socket_group) == NULL) {
        report(check, false, "socket access",
               "there is no group '%s'; set KABAIDO_SOCKET_GROUP to the web server's",
               config->socket_group);
    } else {
        report(check, true, "socket access", "mode %04o, group %s", (unsigned)config->socket_mode,
               config->socket_group[0] == '\0' ? "of the process" : config->socket_group);
    }
}

/* The one row of a statement, owned by the caller, or NULL and a failure of the item. */
static struct db_result *ask(struct check *check, struct db *db, const char *item, enum query query)
{
    struct db_call call = {.query = query};
    if (db_pipeline(db, &call, 1) != DB_OK) {
        report(check, false, item, "%s", db_error(db)->message);
    }
    return call.result;
}

static const char *value(const struct db_result *row, const char *column)
{
    return db_text(row, 0, db_column(row, column));
}

static bool is_set(const struct db_result *row, const char *column)
{
    return !db_is_null(row, 0, db_column(row, column));
}

static void check_server(struct check *check, const struct db_result *session)
{
    if (db_integer(session, 0, db_column(session, "version_number")) < LEAST_SERVER_VERSION) {
        report(check, false, "database", "the server is PostgreSQL %s; 15 or later is needed",
               value(session, "version"));
    } else if (value(session, "standby")[0] == 't') {
        report(check, false, "database",
               "the server is a standby, which cannot write; set PGHOST to the primary, or to all "
               "hosts with PGTARGETSESSIONATTRS=read-write");
    } else {
        report(check, true, "database", "connected to %s as %s, PostgreSQL %s",
               value(session, "database"), value(session, "role"), value(session, "version"));
    }
}

/*
 * A role that owns a table, or may become one that bypasses row security, is bound by nothing; one
 * that has policies of its own (the tool's) sees more than one organisation.
 */
static void check_role(struct check *check, const struct db_result *session)
{
    const char *role = value(session, "role");
    if (is_set(session, "bypassing")) {
        report(check, false, "role",
               "%s is, or may become, a role that bypasses row security (%s); set PGUSER to the "
               "workers' role, kabaido_worker",
               role, value(session, "bypassing"));
    } else if (is_set(session, "owned")) {
        report(check, false, "role",
               "%s owns tables (%s); set PGUSER to the workers' role, kabaido_worker", role,
               value(session, "owned"));
    } else if (is_set(session, "exempt")) {
        report(check, false, "role",
               "%s sees every organisation's rows of some tables (%s); set PGUSER to the workers' "
               "role, kabaido_worker",
               role, value(session, "exempt"));
    } else if (value(session, "admits_nobody")[0] == 't') {
        report(check, false, "role",
               "%s may not admit a request; set PGUSER to the workers' role, kabaido_worker", role);
    } else {
        report(check, true, "role", "%s owns nothing and is bound by row security", role);
    }
}

static void check_timeout(struct check *check, const struct db_result *session, const char *name)
{
    if (strcmp(value(session, name), "0") == 0) {
        report(check, false, "timeout", "%s is not set; ALTER ROLE %s SET %s = '10s'", name,
               value(session, "role"), name);
    } else {
        report(check, true, "timeout", "%s is %s", name, value(session, name));
    }
}

/*
 * What is read as text has to come as db.c asked for it, which a pooler may not have passed on.
 */
static void check_text(struct check *check, const struct db_result *session)
{
    static const struct {
        const char *name;
        const char *wanted;
    } settings[] = {
        {"timezone",     "UTC"     },
        {"datestyle",    "ISO, YMD"},
        {"bytea_output", "hex"     }
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        const char *found = value(session, settings[i].name);
        if (strcmp(found, settings[i].wanted) != 0) {
            report(check, false, "session", "%s is %s; ALTER ROLE %s SET %s = '%s'",
                   settings[i].name, found, value(session, "role"), settings[i].name,
                   settings[i].wanted);
        }
    }
}

/* The process that serves this connection just now; 0 when the database does not say. */
static int64_t server_process(struct check *check, struct db *db)
{
    struct db_result *session = ask(check, db, "pooler", QUERY_CHECK_SESSION);
    int64_t process = session == NULL ? 0 : db_integer(session, 0, db_column(session, "process"));
    db_result_free(session);
    return process;
}

enum pooling { POOLS_UNKNOWN, POOLS_SESSIONS, POOLS_TRANSACTIONS };

/*
 * Whether somebody else may be given the process that served us, while we are connected. An idle
 * pooler gives the one that was left last to who comes next, be it us or a second client. Unknown
 * when one of the two was not served, which has been reported.
 */
static enum pooling find_pooling(struct check *check, struct db *db, struct db *second,
                                 int64_t process)
{
    for (int i = 0; i < POOLER_LOOKS; i++) {
        int64_t theirs = server_process(check, second);
        int64_t ours = theirs == 0 ? 0 : server_process(check, db);
        if (ours == 0) {
            return POOLS_UNKNOWN;
        }
        if (theirs == process || ours != process) {
            return POOLS_TRANSACTIONS;
        }
    }
    return POOLS_SESSIONS;
}

/*
 * A pooler tells each of its clients a process of its own making. A statement's name is good for
 * one connection to the server, so a pooler of transactions and names do not go together: the name
 * may be unknown there, or mean another version's statement.
 */
static void check_pooler(struct check *check, struct db *db, const struct config *config,
                         const struct db_result *session)
{
    int64_t process = db_integer(session, 0, db_column(session, "process"));
    if (process == db_server_process(db)) {
        return;
    }
    if (!config->prepared_statements) {
        report(check, true, "pooler", "there is one, and statements go without names");
        return;
    }
    struct db *second = db_new("kabaido-api --check", config->database_timeout_ms, false);
    if (second == NULL) {
        report(check, false, "pooler", "out of memory");
        return;
    }
    switch (find_pooling(check, db, second, process)) {
    case POOLS_TRANSACTIONS:
        report(check, false, "pooler",
               "it gives each transaction another connection, where prepared statements are not; "
               "set KABAIDO_PREPARED_STATEMENTS=off, or let it pool sessions");
        break;
    case POOLS_SESSIONS:
        report(check, true, "pooler", "there is one, and it pools sessions");
        break;
    case POOLS_UNKNOWN:
    default:
        break;
    }
    db_free(second);
}

static void check_tables(struct check *check, struct db *db)
{
    struct db_result *tables = ask(check, db, "row security", QUERY_CHECK_TABLES);
    if (tables == NULL) {
        return;
    }
    if (strcmp(value(tables, "tables"), "0") == 0) {
        report(check, false, "row security",
               "there are no tables; deploy the schema with sqitch, or set PGDATABASE to the "
               "database that has it");
    } else if (is_set(tables, "unforced")) {
        report(check, false, "row security",
               "it is not enabled and forced on %s; ALTER TABLE ... ENABLE ROW LEVEL SECURITY, "
               "FORCE ROW LEVEL SECURITY",
               value(tables, "unforced"));
    } else {
        report(check, true, "row security", "forced on all %s tables of organisations",
               value(tables, "tables"));
    }
    db_result_free(tables);
}

static void check_change(struct check *check, struct db *db)
{
    struct db_call call = {
        .query = QUERY_SCHEMA_READ, .parameter_count = 1, .parameters = {query_schema}};
    if (db_pipeline(db, &call, 1) != DB_OK) {
        report(check, false, "schema", "%s; deploy the schema of this version with sqitch",
               db_error(db)->message);
        return;
    }
    if (strcmp(value(call.result, "deployed"), "t") == 0) {
        report(check, true, "schema", "the change '%s' is deployed", query_schema);
    } else {
        report(check, false, "schema",
               "the change '%s' is not deployed; deploy the schema of this version with sqitch",
               query_schema);
    }
    db_result_free(call.result);
}

/* The schema is the right one when every statement of the workers can be prepared on it. */
static void check_statements(struct check *check, struct db *db)
{
    int prepared = 0;
    bool all = true;
    for (int i = 0; i < QUERY_COUNT; i++) {
        struct db_call call = {.query = (enum query)i, .prepare_only = true};
        if (query_texts[i].tool) {
            continue;
        }
        if (db_pipeline(db, &call, 1) == DB_OK) {
            prepared++;
        } else {
            all = false;
            report(check, false, "schema",
                   "statement %s: %s; deploy the schema of this version with sqitch",
                   query_texts[i].name, db_error(db)->message);
        }
    }
    if (all) {
        report(check, true, "schema", "all %d statements can be prepared", prepared);
    }
}

static void check_database(struct check *check, const struct config *config)
{
    /* Without names, which would stay with a pooler. */
    struct db *db = db_new("kabaido-api --check", config->database_timeout_ms, false);
    if (db == NULL) {
        report(check, false, "database", "out of memory");
    } else if (db_connect(db) != DB_OK) {
        report(check, false, "database", "%s; see PGHOST, PGPORT, PGDATABASE and PGUSER",
               db_error(db)->message);
    } else {
        struct db_result *session = ask(check, db, "database", QUERY_CHECK_SESSION);
        if (session != NULL) {
            check_server(check, session);
            check_role(check, session);
            check_timeout(check, session, "statement_timeout");
            check_timeout(check, session, "lock_timeout");
            check_timeout(check, session, "idle_in_transaction_session_timeout");
            check_text(check, session);
            check_pooler(check, db, config, session);
            check_tables(check, db);
            check_change(check, db);
            check_statements(check, db);
        }
        db_result_free(session);
    }
    db_free(db);
}

bool check_run(const struct config *config, const char *reason, FILE *out)
{
    struct check check = {.out = out, .ok = true};
    if (config == NULL) {
        report(&check, false, "configuration", "%s", reason);
        return false;
    }
    report(&check, true, "configuration", "%d workers", config->workers);
    check_directory(&check, config->socket);
    check_access(&check, config);
    check_database(&check, config);
    return check.ok;
}
