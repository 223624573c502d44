/* GET /products. */
#include "products.h"

#include "../list.h"
#include "../parameters.h"

/* In bytes: four for each character that the column may have. */
enum { SKU_MOST = 400, CATEGORY_MOST = 2000, SEARCH_MOST = 400 };

static const struct list_rule rule = {
    .member = "products", .most = 500, .initial = 100, .order = {"sku"}, .first = {""}};

const struct parameter_rule products_list_parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"sku",           false},
    {"category",      false},
    {"search",        false},
    {"updated_since", false},
    {NULL,            false},
};

/* What narrows the list; NULL where it does not. */
struct filters {
    const char *sku;
    const char *category;
    const char *search;
};

static bool read_filters(const struct request *request, struct filters *filters,
                         struct reply *reply)
{
    return parameter_text(request, "sku", SKU_MOST, &filters->sku, reply) &&
           parameter_text(request, "category", CATEGORY_MOST, &filters->category, reply) &&
           parameter_text(request, "search", SEARCH_MOST, &filters->search, reply);
}

static struct db_call call_one(const struct list *list, const struct filters *filters)
{
    return (struct db_call){
        .query = QUERY_PRODUCT_OF_SKU,
        .parameter_count = 5,
        .parameters = {filters->sku, filters->category, filters->search,
                       list->by_change ? list->position[0] : NULL,
                       list->by_change ? list->position[1] : NULL}
    };
}

static struct db_call call_changes(const struct list *list, const struct filters *filters)
{
    bool all = filters->category == NULL && filters->search == NULL;
    return (struct db_call){
        .query = all ? QUERY_PRODUCTS_CHANGED : QUERY_PRODUCTS_CHANGED_FOUND,
        .parameter_count = all ? 3 : 5,
        .parameters = {list->position[0], list->position[1], list->fetch, filters->category,
                       filters->search}
    };
}

static struct db_call call_by_sku(const struct list *list, const struct filters *filters)
{
    struct db_call call = {
        .query = QUERY_PRODUCTS_LIST,
        .parameter_count = 2,
        .parameters = {list->position[0], list->fetch, filters->category, filters->search}
    };
    if (filters->search != NULL) {
        call.query = QUERY_PRODUCTS_FOUND;
        call.parameter_count = 4;
    } else if (filters->category != NULL) {
        call.query = QUERY_PRODUCTS_OF_CATEGORY;
        call.parameter_count = 3;
    }
    return call;
}

/* A statement for each way to find products: what each reads is bounded by an index of its own. */
static struct db_call call_for(const struct list *list, const struct filters *filters)
{
    if (filters->sku != NULL) {
        return call_one(list, filters);
    }
    return list->by_change ? call_changes(list, filters) : call_by_sku(list, filters);
}

bool products_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    struct filters filters;
    const struct list *list = list_read(request, &rule, reply);
    if (list == NULL || !read_filters(request, &filters, reply)) {
        return false;
    }
    plan->calls[0] = call_for(list, &filters);
    plan->count = 1;
    plan->state = list;
    return true;
}

bool products_list_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}
