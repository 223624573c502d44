/*
 * The OpenAPI document that describes the API, as it is served: made from openapi.yaml and the
 * guides beside this file when the workers are built (compile.c).
 */
#ifndef KABAIDO_OPENAPI_DOCUMENT_H
#define KABAIDO_OPENAPI_DOCUMENT_H

#include <stddef.h>

/* JSON in UTF-8, without a NUL at its end. */
extern const unsigned char openapi_document[];
extern const size_t openapi_document_size;

#endif
