/* GET /openapi.json: the document that describes every operation, as the build put it in here. */
#include "openapi.h"

#include "../openapi/document.h"

bool openapi_read_represent(const struct request *request, const struct read_plan *plan,
                            struct reply *reply)
{
    (void)request;
    (void)plan;
    return reply_text(reply, 200, (const char *)openapi_document, openapi_document_size);
}
