/* GET /healthz, /readyz and /metrics: how it goes, for operators. */
#include "operations.h"

#include <stdlib.h>
#include <string.h>

#include "../json.h"
#include "../metrics.h"
#include "../worker.h"

bool health_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    static const char ok[] = "{\"status\":\"ok\"}";
    (void)worker;
    (void)request;
    return reply_text(reply, 200, ok, sizeof(ok) - 1);
}

static void release_result(void *result)
{
    db_result_free(result);
}

/* The operator is told the database's own words, which no client ever is. */
static bool refuse_database(const struct worker *worker, struct reply *reply)
{
    reply_header(reply, "Retry-After", "1");
    return reply_error(reply, ERROR_UNAVAILABLE, NULL, "PostgreSQL: %s.",
                       db_error(worker->db)->message);
}

/*
 * The change that this program needs is among those that are deployed. It need not be the newest:
 * at an upgrade the database goes first, and the programs from before it go on serving.
 */
static bool schema_is_deployed(struct worker *worker, struct request *request, struct reply *reply)
{
    struct db_call call = {
        .query = QUERY_SCHEMA_READ, .parameter_count = 1, .parameters = {query_schema}};
    if (db_pipeline(worker->db, &call, 1) != DB_OK) {
        return refuse_database(worker, reply);
    }
    if (arena_own(request->arena, call.result, release_result) == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (strcmp(db_text(call.result, 0, db_column(call.result, "deployed")), "t") != 0) {
        return reply_error(reply, ERROR_UNAVAILABLE, NULL,
                           "The change '%s' is not deployed: deploy the schema of this version "
                           "with sqitch.",
                           query_schema);
    }
    return strcmp(db_text(call.result, 0, db_column(call.result, "standby")), "f") == 0 ||
           reply_error(reply, ERROR_UNAVAILABLE, NULL,
                       "PostgreSQL is a standby, which cannot be written to.");
}

/* Every statement of the workers can be prepared, which is tried once a connection. */
static bool statements_fit(struct worker *worker, struct reply *reply)
{
    if (worker->fitting_connection == db_connections(worker->db)) {
        return true;
    }
    for (int i = 0; i < QUERY_COUNT; i++) {
        struct db_call call = {.query = (enum query)i, .prepare_only = true};
        if (!query_texts[i].tool && db_pipeline(worker->db, &call, 1) != DB_OK) {
            return refuse_database(worker, reply);
        }
    }
    worker->fitting_connection = db_connections(worker->db);
    return true;
}

bool readiness_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    if (!schema_is_deployed(worker, request, reply) || !statements_fit(worker, reply)) {
        return false;
    }
    struct json_object *answer = json_new_object(request->arena);
    answer = json_add_text(answer, "status", "ready");
    return reply_json(reply, 200, json_add_text(answer, "schema", query_schema));
}

bool metrics_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool printed = out != NULL && metrics_print(worker->metrics, out);
    printed = (out == NULL || fclose(out) == 0) && printed;
    if (text != NULL) {
        text = arena_own(request->arena, text, free);
    }
    if (!printed || text == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    reply_text(reply, 200, text, size);
    reply_header(reply, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return true;
}
