/* THE table of endpoints. A new operation is a row here and a file in resources/. */
#include "endpoints.h"

#include <string.h>

#include "resources/customers.h"
#include "resources/key.h"
#include "resources/openapi.h"
#include "resources/operations.h"
#include "resources/products.h"
#include "resources/products_bulk.h"
#include "resources/quotes_orders.h"
#include "resources/requests.h"
#include "scope.h"
#include "settings/audit.h"
#include "settings/keys.h"
#include "settings/password_change.h"
#include "settings/sign_in.h"
#include "settings/signed_in.h"

enum { MEBIBYTE = 1024 * 1024, SETTINGS_BODY = 16 * 1024 };

static const struct parameter_rule none[] = {
    {NULL, false}
};

/* clang-format 14 crashes on a table of designated rows. */
/* clang-format off */
const struct endpoint endpoints[] = {
    {.method = METHOD_GET,
     .path = "/api/v1/products",
     .scope = "products:read",
     .parameters = products_list_parameters,
     .plan = products_list_plan,
     .represent = products_list_represent},
    {.method = METHOD_POST,
     .path = "/api/v1/products/bulk",
     .scope = "products:write",
     .parameters = products_bulk_parameters,
     .body_limit = (size_t)16 * 1024 * 1024,
     .perform = products_bulk_perform},
    {.method = METHOD_GET,
     .path = "/api/v1/quotes",
     .scope = "quotes:read",
     .parameters = documents_list_parameters,
     .plan = quotes_list_plan,
     .represent = documents_list_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/quotes/{id}",
     .scope = "quotes:read",
     .parameters = none,
     .plan = quote_read_plan,
     .represent = document_read_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/orders",
     .scope = "orders:read",
     .parameters = documents_list_parameters,
     .plan = orders_list_plan,
     .represent = documents_list_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/orders/{id}",
     .scope = "orders:read",
     .parameters = none,
     .plan = order_read_plan,
     .represent = document_read_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/customers",
     .scope = "customers:read",
     .parameters = customers_list_parameters,
     .plan = customers_list_plan,
     .represent = customers_list_represent},
    {.method = METHOD_POST,
     .path = "/api/v1/customers",
     .scope = "customers:write",
     .parameters = customers_upsert_parameters,
     .body_limit = MEBIBYTE,
     .perform = customers_upsert_perform},
    {.method = METHOD_GET,
     .path = "/api/v1/customers/{id}",
     .scope = "customers:read",
     .parameters = none,
     .plan = customer_read_plan,
     .represent = customer_read_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/requests",
     .scope = "requests:read",
     .parameters = requests_list_parameters,
     .plan = requests_list_plan,
     .represent = requests_list_represent},
    {.method = METHOD_POST,
     .path = "/api/v1/requests",
     .scope = "requests:write",
     .parameters = none,
     .body_limit = MEBIBYTE,
     .perform = request_open_perform},
    {.method = METHOD_GET,
     .path = "/api/v1/requests/{id}",
     .scope = "requests:read",
     .parameters = none,
     .plan = request_read_plan,
     .represent = request_read_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/key",
     .scope = NULL,
     .parameters = none,
     .flags = ENDPOINT_ANY_KEY | ENDPOINT_UNCOUNTED,
     .plan = key_read_plan,
     .represent = key_read_represent},
    {.method = METHOD_GET,
     .path = "/api/v1/openapi.json",
     .scope = NULL,
     .parameters = none,
     .flags = ENDPOINT_PUBLIC,
     .represent = openapi_read_represent},

    /* Settings, Integrations: what its page calls (docs/settings.md). */
    {.method = METHOD_POST,
     .path = "/settings/api/session",
     .flags = ENDPOINT_SIGN_IN,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = sign_in_perform},
    {.method = METHOD_GET,
     .path = "/settings/api/session",
     .flags = ENDPOINT_SESSION,
     .parameters = none,
     .plan = signed_in_plan,
     .represent = signed_in_represent},
    {.method = METHOD_DELETE,
     .path = "/settings/api/session",
     .flags = ENDPOINT_SESSION,
     .parameters = none,
     .perform = sign_out_perform},
    {.method = METHOD_POST,
     .path = "/settings/api/password",
     .flags = ENDPOINT_SESSION,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = password_change_perform},
    {.method = METHOD_GET,
     .path = "/settings/api/keys",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = none,
     .plan = keys_list_plan,
     .represent = keys_list_represent},
    {.method = METHOD_POST,
     .path = "/settings/api/keys",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = key_create_perform},
    {.method = METHOD_PATCH,
     .path = "/settings/api/keys/{id}",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = key_update_perform},
    {.method = METHOD_POST,
     .path = "/settings/api/keys/{id}/rotate",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = key_rotate_perform},
    {.method = METHOD_POST,
     .path = "/settings/api/keys/{id}/revoke",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = none,
     .body_limit = SETTINGS_BODY,
     .perform = key_revoke_perform},
    {.method = METHOD_GET,
     .path = "/settings/api/audit",
     .flags = ENDPOINT_SESSION | ENDPOINT_MANAGES_KEYS,
     .parameters = audit_list_parameters,
     .plan = audit_list_plan,
     .represent = audit_list_represent},
    {.method = METHOD_GET,
     .path = "/healthz",
     .scope = NULL,
     .parameters = none,
     .flags = ENDPOINT_OPERATIONS,
     .perform = health_perform},
    {.method = METHOD_GET,
     .path = "/readyz",
     .scope = NULL,
     .parameters = none,
     .flags = ENDPOINT_OPERATIONS,
     .perform = readiness_perform},
    {.method = METHOD_GET,
     .path = "/metrics",
     .scope = NULL,
     .parameters = none,
     .flags = ENDPOINT_OPERATIONS,
     .perform = metrics_perform},
};
/* clang-format on */

const size_t endpoint_count = sizeof(endpoints) / sizeof(*endpoints);

const char *endpoint_method_name(enum method method)
{
    switch (method) {
    case METHOD_GET:
        return "GET";
    case METHOD_POST:
        return "POST";
    case METHOD_PATCH:
        return "PATCH";
    case METHOD_DELETE:
        return "DELETE";
    case METHOD_OPTIONS:
        return "OPTIONS";
    case METHOD_OTHER:
    default:
        return "?";
    }
}

static const char *access_name(const struct endpoint *row)
{
    if (row->scope != NULL) {
        return row->scope;
    }
    if (row->flags & ENDPOINT_OPERATIONS) {
        return "operations";
    }
    if (row->flags & ENDPOINT_SIGN_IN) {
        return "sign-in";
    }
    if (row->flags & ENDPOINT_SESSION) {
        return row->flags & ENDPOINT_MANAGES_KEYS ? "session:manages-keys" : "session";
    }
    return row->flags & ENDPOINT_PUBLIC ? "public" : "any-key";
}

bool endpoint_takes_key(const struct endpoint *endpoint)
{
    return endpoint->scope != NULL || (endpoint->flags & ENDPOINT_ANY_KEY) != 0;
}

void endpoints_print(FILE *out)
{
    for (size_t i = 0; i < endpoint_count; i++) {
        const struct endpoint *row = &endpoints[i];
        bool counted = endpoint_takes_key(row) && !(row->flags & ENDPOINT_UNCOUNTED);
        fprintf(out, "%s\t%s\t%s\t%s\t%zu\t", endpoint_method_name(row->method), row->path,
                access_name(row), counted ? "counted" : "uncounted", row->body_limit);
        for (const struct parameter_rule *rule = row->parameters; rule->name != NULL; rule++) {
            fprintf(out, "%s%s%s", rule == row->parameters ? "" : ",", rule->name,
                    rule->repeatable ? "*" : "");
        }
        fputs(row->parameters[0].name == NULL ? "-\n" : "\n", out);
    }
}

/* Where browsers call, and nobody else. */
#define SETTINGS_PATH "/settings/api/"

/* NULL, or what is wrong with who may call it. */
static const char *access_fault(const struct endpoint *row)
{
    unsigned open = row->flags & (ENDPOINT_ANY_KEY | ENDPOINT_PUBLIC | ENDPOINT_SIGN_IN |
                                  ENDPOINT_SESSION | ENDPOINT_OPERATIONS);
    if (row->scope == NULL && open == 0) {
        return "has no scope and does not say that any key will do, or none";
    }
    if (row->scope != NULL && open != 0) {
        return "has a scope and says that any key will do, or none";
    }
    if ((open & (open - 1)) != 0) {
        return "says more than one thing about who may call it";
    }
    if ((row->flags & ENDPOINT_MANAGES_KEYS) && !(row->flags & ENDPOINT_SESSION)) {
        return "asks for an admin without asking for a session";
    }
    if (strncmp(row->path, SETTINGS_PATH, sizeof(SETTINGS_PATH) - 1) == 0 &&
        !(open & (ENDPOINT_SIGN_IN | ENDPOINT_SESSION))) {
        return "is a row of Settings that a key opens, or anybody";
    }
    if ((open & (ENDPOINT_SIGN_IN | ENDPOINT_SESSION)) &&
        strncmp(row->path, SETTINGS_PATH, sizeof(SETTINGS_PATH) - 1) != 0) {
        return "is opened by a session outside Settings";
    }
    return row->scope == NULL || scope_exists(row->scope) ? NULL
                                                          : "has a scope that does not exist";
}

/* Whether it has the functions of its kind, and no other. */
static bool has_its_functions(const struct endpoint *row)
{
    if (row->flags & ENDPOINT_PUBLIC) {
        return row->method == METHOD_GET && row->plan == NULL && row->represent != NULL &&
               row->perform == NULL;
    }
    if (row->flags & ENDPOINT_OPERATIONS) {
        return row->method == METHOD_GET && row->plan == NULL && row->represent == NULL &&
               row->perform != NULL;
    }
    if (row->method == METHOD_GET) {
        return row->plan != NULL && row->represent != NULL && row->perform == NULL;
    }
    return row->plan == NULL && row->represent == NULL && row->perform != NULL;
}

/* What is wrong with a row by itself, or NULL. */
static const char *row_fault(const struct endpoint *row)
{
    if (row->path == NULL || row->path[0] != '/') {
        return "has no path";
    }
    if (row->method >= METHOD_OPTIONS) {
        return "has a method that is not served";
    }
    if (row->parameters == NULL) {
        return "lacks its parameters";
    }
    if (!has_its_functions(row)) {
        return "has not the functions of its method";
    }
    bool takes_body = row->method == METHOD_POST || row->method == METHOD_PATCH;
    if (takes_body != (row->body_limit > 0)) {
        return "has a body limit that does not go with its method";
    }
    return access_fault(row);
}

bool endpoints_check(const struct endpoint *table, size_t count, char *reason, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const struct endpoint *row = &table[i];
        const char *fault = row_fault(row);
        for (size_t j = 0; j < i && fault == NULL; j++) {
            if (table[j].method == row->method && strcmp(table[j].path, row->path) == 0) {
                fault = "is there twice";
            }
        }
        if (fault != NULL) {
            snprintf(reason, size, "endpoint %s %s %s", endpoint_method_name(row->method),
                     row->path == NULL ? "(no path)" : row->path, fault);
            return false;
        }
    }
    return true;
}
