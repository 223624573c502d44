/* What every unit test needs of cmocka, which leaves the order of its headers to us. */
#ifndef KABAIDO_UNIT_H
#define KABAIDO_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format off */
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
