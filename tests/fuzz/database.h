/*
 * A database that answers as it is told, in place of db.c: so that what strangers send can be given
 * to the handlers a hundred thousand times a minute. What every call must have is looked at here:
 * as many parameters as its statement names, UTF-8 in each, arrays that PostgreSQL can read.
 */
#ifndef KABAIDO_FUZZ_DATABASE_H
#define KABAIDO_FUZZ_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db.h"

/* A column of a result, and what it holds in a row that says nothing else; NULL for null. */
struct database_column {
    const char *name;
    enum db_kind kind;
    const char *initial;
};

struct database {
    /* The answer to a call; NULL, or no function: the one that database.c has for its statement. */
    struct db_result *(*answer)(const struct db_call *call);

    size_t fail_at; /* the pipeline that fails, counted from 1; 0: none does */
    enum db_status failure;

    size_t pipelines; /* that were run */
    bool open;        /* a transaction is */
    bool lost;        /* the connection is, since a pipeline was DB_UNAVAILABLE */
    bool committed;   /* a transaction was */
    bool closed;      /* because a transaction was left open */
};

extern struct database database;

/* As after its start: answers everything, and has been asked nothing. */
void database_reset(void);

/* A result without rows; database_row() adds one that holds what the columns say. */
struct db_result *database_result(const struct database_column *columns, int count);
void database_row(struct db_result *result);

/* Puts text, which is copied, into the last row. */
void database_set(struct db_result *result, int column, const char *text, size_t length);

/* Elements of a parameter that is an array, as pg_array.h writes them. */
struct database_elements {
    const unsigned char *at;
    int32_t left;
};

struct database_elements database_elements(const struct db_call *call, int parameter);

/* The next element; text NULL for null. False behind the last. */
bool database_next(struct database_elements *elements, const char **text, size_t *length);

#endif
