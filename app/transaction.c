/* Begins, commits and takes back a transaction. */
#include "transaction.h"

#include "admit.h"
#include "settings/session.h"
#include "worker.h"

bool transaction_begin(struct worker *worker, struct request *request, struct db_call *calls,
                       size_t count, struct reply *reply)
{
    bool person = request->session != NULL;
    struct db_call all[DB_MAX_CALLS] = {
        {.query = QUERY_BEGIN},
        person ? session_call(request) : admit_call(request, false),
    };
    for (size_t i = 0; i < count; i++) {
        all[2 + i] = calls[i];
    }
    if (!worker_query(worker, all, 2 + count, reply) ||
        !(person ? session_judge : admit_judge)(request, all[1].result, reply)) {
        transaction_rollback(worker);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        calls[i].result = all[2 + i].result;
    }
    return true;
}

bool transaction_commit(struct worker *worker, struct db_call *calls, size_t count,
                        struct reply *reply)
{
    struct db_call all[DB_MAX_CALLS];
    for (size_t i = 0; i < count; i++) {
        all[i] = calls[i];
    }
    all[count] = (struct db_call){.query = QUERY_COMMIT};
    if (!worker_query(worker, all, count + 1, reply)) {
        transaction_rollback(worker);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        calls[i].result = all[i].result;
    }
    return true;
}

void transaction_rollback(struct worker *worker)
{
    struct db_call call = {.query = QUERY_ROLLBACK};
    if (db_in_transaction(worker->db) && db_pipeline(worker->db, &call, 1) == DB_OK) {
        db_result_free(call.result);
    }
}
