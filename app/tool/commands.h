/* The commands of kabaidoctl: a file for each noun. Each returns the process's exit status. */
#ifndef KABAIDO_TOOL_COMMANDS_H
#define KABAIDO_TOOL_COMMANDS_H

#include "arguments.h"
#include "output.h"
#include "tool.h"

int org_create(struct tool *tool, const struct arguments *arguments);
int org_list(struct tool *tool, const struct arguments *arguments);
int org_set_plan(struct tool *tool, const struct arguments *arguments);

int key_create(struct tool *tool, const struct arguments *arguments);
int key_list(struct tool *tool, const struct arguments *arguments);
int key_revoke(struct tool *tool, const struct arguments *arguments);
int key_rotate(struct tool *tool, const struct arguments *arguments);
int key_check(struct tool *tool, const struct arguments *arguments);

int user_create(struct tool *tool, const struct arguments *arguments);
int user_list(struct tool *tool, const struct arguments *arguments);
int user_set_password(struct tool *tool, const struct arguments *arguments);
int user_disable(struct tool *tool, const struct arguments *arguments);
int user_enable(struct tool *tool, const struct arguments *arguments);

int audit_list(struct tool *tool, const struct arguments *arguments);

/*
 * The two parameters by which statements take an organisation: its id and NULL, or NULL and its
 * name. Memory comes from the tool's arena.
 */
void org_parameters(struct tool *tool, const char *id_or_name, const char *parameters[2]);

/* Says that there is no such organisation; returns TOOL_REFUSED. */
int org_refuse_unknown(const struct tool *tool, const char *id_or_name);

/*
 * Lists what an organisation has: the rows of a statement that takes org_parameters(), as the JSON
 * array of this name or as a table.
 */
int org_list_its(struct tool *tool, const char *id_or_name, enum query query, const char *member,
                 const struct output_column *columns, size_t count);

#endif
