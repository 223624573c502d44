/* What the commands of kabaidoctl share: the database, a memory, and how they end. */
#ifndef KABAIDO_TOOL_H
#define KABAIDO_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "../arena.h"
#include "../db.h"

/* Exit statuses. */
enum { TOOL_DONE = 0, TOOL_REFUSED = 1, TOOL_MISUSED = 2 };

struct tool {
    struct arena arena; /* everything that a command allocates or owns */
    struct db *db;
    bool json;       /* results and errors as JSON documents */
    const char *who; /* for the audit trail: a JSON object of who is running this */
};

/* Gets ready and connects; false when that fails, and why has been said. */
bool tool_init(struct tool *tool, bool json);
void tool_free(struct tool *tool);

/*
 * Runs the calls in one transaction; the arena owns their results. Any other status than DB_OK is
 * for tool_fail(), unless the command knows better.
 */
enum db_status tool_query(struct tool *tool, struct db_call *calls, size_t count);

/* Says why the last query failed. Returns TOOL_REFUSED, so that a command can end with it. */
int tool_fail(struct tool *tool, enum db_status status);

/*
 * Says why a command did not do what it was asked, or what is wrong with its arguments, on stderr.
 * Return TOOL_REFUSED and TOOL_MISUSED. No secret may be among the values.
 */
int tool_refuse(bool json, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tool_misuse(bool json, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
