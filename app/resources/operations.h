/*
 * What the web server's loopback server passes on for operators (docs/operations.md):
 *
 * GET /healthz: a worker answers. GET /readyz: and the database does, can be written to and has the
 * schema of this program. GET /metrics: the figures of all workers, for Prometheus.
 */
#ifndef KABAIDO_RESOURCES_OPERATIONS_H
#define KABAIDO_RESOURCES_OPERATIONS_H

#include "../endpoints.h"

bool health_perform(struct worker *worker, struct request *request, struct reply *reply);
bool readiness_perform(struct worker *worker, struct request *request, struct reply *reply);
bool metrics_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
