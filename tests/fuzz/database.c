/* Answers in the place of PostgreSQL, and looks at what it is asked. */
#include "database.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "utf8.h"

enum { ARRAY_HEAD = 20 };

struct db_result {
    const struct database_column *columns;
    int column_count;
    int row_count;
    struct cell {
        char *text;
        size_t length;
    } * cells; /* row by row */
};

struct database database;

void database_reset(void)
{
    database = (struct database){.answer = NULL};
}

/* --- What is asked --------------------------------------------------------------------------- */

static uint32_t read_int4(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* True when the statement takes this parameter, counted from 1, as an array; type: of elements. */
static bool is_array(const char *statement, int parameter, uint32_t *type)
{
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {
        {"text[]",    25},
        {"integer[]", 23},
        {"bigint[]",  20}
    };
    for (const char *at = strchr(statement, '$'); at != NULL; at = strchr(at, '$')) {
        char *end;
        long number = strtol(++at, &end, 10);
        for (size_t i = 0; i < 3 && number == parameter && strncmp(end, "::", 2) == 0; i++) {
            if (strncmp(end + 2, types[i].name, strlen(types[i].name)) == 0) {
                *type = types[i].type;
                return true;
            }
        }
    }
    return false;
}

static int count_parameters(const char *statement)
{
    long most = 0;
    for (const char *at = strchr(statement, '$'); at != NULL; at = strchr(at, '$')) {
        long number = strtol(++at, NULL, 10);
        most = number > most ? number : most;
    }
    return (int)most;
}

/* One dimension from 1, elements of the type and of its size, and nothing behind the last. */
static void check_binary_array(const unsigned char *bytes, size_t size, uint32_t type)
{
    MUST(size >= ARRAY_HEAD && read_int4(bytes) == 1 && read_int4(bytes + 4) <= 1);
    MUST(read_int4(bytes + 8) == type && read_int4(bytes + 16) == 1);
    uint32_t count = read_int4(bytes + 12);
    const unsigned char *end = bytes + size;
    bytes += ARRAY_HEAD;
    for (uint32_t i = 0; i < count; i++) {
        MUST(end - bytes >= 4);
        uint32_t length = read_int4(bytes);
        bytes += 4;
        if (length == UINT32_MAX) {
            continue;
        }
        MUST((size_t)(end - bytes) >= length);
        MUST(type == 25 ? utf8_valid((const char *)bytes, length) : length == (type == 20 ? 8 : 4));
        bytes += length;
    }
    MUST(bytes == end);
}

/* Elements that need no quotes, with commas between them. */
static void check_text_array(const char *text)
{
    size_t length = strlen(text);
    MUST(length >= 2 && text[0] == '{' && text[length - 1] == '}');
    MUST(strpbrk(text, " \t\r\n\v\f\"\\") == NULL && strcspn(text, "}") == length - 1);
    MUST(strstr(text, "{,") == NULL && strstr(text, ",,") == NULL && strstr(text, ",}") == NULL);
    MUST(strchr(text + 1, '{') == NULL);
}

static void check_call(const struct db_call *call)
{
    static int counts[QUERY_COUNT]; /* parameters of each statement, and 1 */
    MUST(call->query >= 0 && call->query < QUERY_COUNT);
    const char *statement = query_texts[call->query].sql;
    MUST(!query_texts[call->query].tool); /* the workers' role could not run it */
    if (counts[call->query] == 0) {
        counts[call->query] = count_parameters(statement) + 1;
    }
    MUST(call->parameter_count == counts[call->query] - 1 || call->prepare_only);
    for (int i = 0; i < call->parameter_count; i++) {
        const char *text = call->parameters[i];
        uint32_t type;
        if (call->binary_size[i] > 0) {
            MUST(text != NULL);
            if (is_array(statement, i + 1, &type)) {
                check_binary_array((const unsigned char *)text, (size_t)call->binary_size[i], type);
            }
        } else if (text != NULL) {
            MUST(utf8_valid(text, strlen(text)));
            if (is_array(statement, i + 1, &type)) {
                check_text_array(text);
            }
        }
    }
}

struct database_elements database_elements(const struct db_call *call, int parameter)
{
    const unsigned char *bytes = (const unsigned char *)call->parameters[parameter];
    return (struct database_elements){bytes + ARRAY_HEAD, (int32_t)read_int4(bytes + 12)};
}

bool database_next(struct database_elements *elements, const char **text, size_t *length)
{
    if (elements->left-- <= 0) {
        return false;
    }
    uint32_t size = read_int4(elements->at);
    elements->at += 4;
    *text = size == UINT32_MAX ? NULL : (const char *)elements->at;
    *length = size == UINT32_MAX ? 0 : size;
    elements->at += *length;
    return true;
}

/* --- What is answered ------------------------------------------------------------------------ */

struct db_result *database_result(const struct database_column *columns, int count)
{
    struct db_result *result = calloc(1, sizeof(*result));
    MUST(result != NULL);
    result->columns = columns;
    result->column_count = count;
    return result;
}

void database_set(struct db_result *result, int column, const char *text, size_t length)
{
    struct cell *cell = &result->cells[(result->row_count - 1) * result->column_count + column];
    free(cell->text);
    cell->text = malloc(length + 1);
    MUST(cell->text != NULL);
    memcpy(cell->text, text, length);
    cell->text[length] = '\0';
    cell->length = length;
}

void database_row(struct db_result *result)
{
    size_t before = (size_t)result->row_count * (size_t)result->column_count;
    size_t count = (size_t)result->column_count;
    result->cells = realloc(result->cells, (before + count) * sizeof(*result->cells));
    MUST(result->cells != NULL);
    memset(result->cells + before, 0, count * sizeof(*result->cells));
    result->row_count++;
    for (int i = 0; i < result->column_count; i++) {
        const char *initial = result->columns[i].initial;
        if (initial != NULL) {
            database_set(result, i, initial, strlen(initial));
        }
    }
}

#define UUID   "7f0c0000-0000-0000-0000-000000000000"
#define MOMENT "2026-06-01 15:00:00.25+00"

/* What a row has where nobody says anything else: all that any list or record goes by. */
static const struct database_column record[] = {
    {"id",          DB_TEXT,      UUID                                },
    {"sku",         DB_TEXT,      "EM-1204"                           },
    {"number",      DB_TEXT,      "Q-1024"                            },
    {"title",       DB_TEXT,      "End mill \"12mm\"\n\xE2\x82\xAC"   },
    {"total_minor", DB_INTEGER,   "58200"                             },
    {"qty",         DB_DECIMAL,   "2.5"                               },
    {"vat_exempt",  DB_BOOLEAN,   "f"                                 },
    {"attrs",       DB_JSON,      "{\"a\": [1, 2.5], \"b\": \"\\\"\"}"},
    {"sent_at",     DB_TIMESTAMP, NULL                                },
    {"created_at",  DB_TIMESTAMP, MOMENT                              },
    {"updated_at",  DB_TIMESTAMP, MOMENT                              },
};

static const struct database_column admission[] = {
    {"verdict",   DB_TEXT,    "admitted"},
    {"quota",     DB_INTEGER, "600"     },
    {"remaining", DB_INTEGER, "599"     },
    {"reset_us",  DB_INTEGER, "1000000" },
};

static const struct database_column session[] = {
    {"verdict",      DB_TEXT,    "admitted"   },
    {"user_id",      DB_TEXT,    UUID         },
    {"email",        DB_TEXT,    "a@b.example"},
    {"role",         DB_TEXT,    "owner"      },
    {"integrations", DB_BOOLEAN, "t"          },
};

/* Nobody of this name: sixteen bytes of salt and thirty-two of hash are not for a text to hold. */
static const struct database_column attempt[] = {
    {"retry_seconds", DB_INTEGER, "0" },
    {"org_id",        DB_TEXT,    NULL},
    {"user_id",       DB_TEXT,    NULL},
    {"email",         DB_TEXT,    NULL},
    {"disabled",      DB_BOOLEAN, NULL},
    {"salt",          DB_TEXT,    NULL},
    {"hash",          DB_TEXT,    NULL},
    {"n",             DB_INTEGER, NULL},
    {"r",             DB_INTEGER, NULL},
    {"p",             DB_INTEGER, NULL},
};

static const struct database_column lock[] = {
    {"locked", DB_BOOLEAN, "t"}
};

static const struct database_column state[] = {
    {"state", DB_TEXT, "active"}
};

static const struct database_column organisation[] = {
    {"currency",      DB_TEXT,    "GBP"},
    {"product_limit", DB_INTEGER, NULL },
};

static const struct database_column existing[] = {
    {"place",      DB_INTEGER, NULL},
    {"currency",   DB_TEXT,    NULL},
    {"attrs_size", DB_INTEGER, NULL},
};

static const struct database_column schema[] = {
    {"deployed", DB_BOOLEAN, "t"},
    {"standby",  DB_BOOLEAN, "f"},
};

static const struct {
    enum query query;
    const struct database_column *columns;
    int column_count;
    int rows;
} answers[] = {
    {QUERY_ADMIT,                    admission,    4,  1},
    {QUERY_SETTINGS_SESSION_ADMIT,   session,      5,  1},
    {QUERY_SETTINGS_SIGN_IN_ATTEMPT, attempt,      10, 1},
    {QUERY_SETTINGS_KEY_LOCK,        state,        1,  1},
    {QUERY_IDEMPOTENCY_LOCK,         lock,         1,  1},
    {QUERY_IDEMPOTENCY_FIND,         record,       1,  0},
    {QUERY_CREDENTIAL_FIND,          record,       1,  0},
    {QUERY_PRODUCTS_LIMIT,           organisation, 2,  1},
    {QUERY_PRODUCTS_EXISTING,        existing,     3,  0},
    {QUERY_PRODUCTS_ATTRS,           existing,     3,  0},
    {QUERY_SCHEMA_READ,              schema,       2,  1},
};

static struct db_result *answer(const struct db_call *call)
{
    struct db_result *result = database.answer == NULL ? NULL : database.answer(call);
    if (result != NULL) {
        return result;
    }
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        if (answers[i].query == call->query) {
            result = database_result(answers[i].columns, answers[i].column_count);
            if (answers[i].rows > 0) {
                database_row(result);
            }
            return result;
        }
    }
    result = database_result(record, sizeof(record) / sizeof(*record));
    database_row(result);
    return result;
}

/* --- db.h ------------------------------------------------------------------------------------ */

struct db {
    struct db_error error;
};

struct db *db_new(const char *application_name, int timeout_ms, bool prepare)
{
    (void)application_name;
    (void)timeout_ms;
    (void)prepare;
    return calloc(1, sizeof(struct db));
}

void db_free(struct db *db)
{
    free(db);
}

enum db_status db_pipeline(struct db *db, struct db_call *calls, size_t count)
{
    /* A transaction can always be taken back, unless the connection goes. */
    bool fails = ++database.pipelines == database.fail_at &&
                 (database.failure == DB_UNAVAILABLE || calls[0].query != QUERY_ROLLBACK);
    MUST(count >= 1 && count <= DB_MAX_CALLS);
    for (size_t i = 0; i < count; i++) {
        check_call(&calls[i]);
        calls[i].result = NULL;
    }
    if (fails) {
        /* One that was refused leaves a failed transaction to be taken back. */
        database.lost = database.failure == DB_UNAVAILABLE;
        database.open = database.open && !database.lost;
        db->error = (struct db_error){.call = count - 1, .deferred = true};
        return database.failure;
    }
    database.lost = false;
    for (size_t i = 0; i < count; i++) {
        calls[i].result = calls[i].prepare_only ? NULL : answer(&calls[i]);
        database.open =
            calls[i].query == QUERY_BEGIN ||
            (database.open && calls[i].query != QUERY_COMMIT && calls[i].query != QUERY_ROLLBACK);
        database.committed = database.committed || calls[i].query == QUERY_COMMIT;
    }
    return DB_OK;
}

enum db_status db_connect(struct db *db)
{
    (void)db;
    return DB_OK;
}

const struct db_error *db_error(const struct db *db)
{
    return &db->error;
}

bool db_in_transaction(const struct db *db)
{
    (void)db;
    return database.open;
}

int db_socket(const struct db *db)
{
    (void)db;
    return database.lost ? -1 : 0;
}

unsigned db_connections(const struct db *db)
{
    (void)db;
    return 1;
}

void db_idle_event(struct db *db)
{
    (void)db;
    database.open = false;
    database.closed = true;
}

int64_t db_take_elapsed_us(struct db *db)
{
    (void)db;
    return 1;
}

void db_result_free(struct db_result *result)
{
    if (result != NULL) {
        for (int i = 0; i < result->row_count * result->column_count; i++) {
            free(result->cells[i].text);
        }
        free(result->cells);
        free(result);
    }
}

int db_rows(const struct db_result *result)
{
    return result->row_count;
}

int db_columns(const struct db_result *result)
{
    return result->column_count;
}

const char *db_column_name(const struct db_result *result, int column)
{
    return result->columns[column].name;
}

enum db_kind db_column_kind(const struct db_result *result, int column)
{
    return result->columns[column].kind;
}

int db_column(const struct db_result *result, const char *name)
{
    int column = result->column_count - 1;
    while (column >= 0 && strcmp(result->columns[column].name, name) != 0) {
        column--;
    }
    return column;
}

static const struct cell *cell_at(const struct db_result *result, int row, int column)
{
    MUST(row >= 0 && row < result->row_count && column >= 0 && column < result->column_count);
    return &result->cells[row * result->column_count + column];
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return cell_at(result, row, column)->text == NULL;
}

const char *db_text(const struct db_result *result, int row, int column)
{
    const char *text = cell_at(result, row, column)->text;
    return text == NULL ? "" : text;
}

size_t db_length(const struct db_result *result, int row, int column)
{
    return cell_at(result, row, column)->length;
}

int64_t db_integer(const struct db_result *result, int row, int column)
{
    return strtoll(db_text(result, row, column), NULL, 10);
}

bool db_bytes(const struct db_result *result, int row, int column, void *out, size_t size)
{
    const struct cell *cell = cell_at(result, row, column);
    if (cell->text == NULL || cell->length != size) {
        return false;
    }
    memcpy(out, cell->text, size);
    return true;
}
