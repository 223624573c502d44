/* Requests for quotation: list the threads, read one with its messages, open one from text. */
#ifndef KABAIDO_RESOURCES_REQUESTS_H
#define KABAIDO_RESOURCES_REQUESTS_H

#include "../endpoints.h"

extern const struct parameter_rule requests_list_parameters[];

bool requests_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool requests_list_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply);
bool request_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool request_read_represent(const struct request *request, const struct read_plan *plan,
                            struct reply *reply);

bool request_open_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
