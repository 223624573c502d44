/* The digits of base 62, in the order of their values and of their bytes. */
#ifndef KABAIDO_BASE62_H
#define KABAIDO_BASE62_H

#define BASE62_DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum { BASE62 = sizeof(BASE62_DIGITS) - 1 };

#endif
