/*
 * Functions that are compile errors here, because each has a better sibling. The Makefile puts this
 * file before every other, so that no source can forget it. The headers come first: what they
 * declare or define is spared.
 */
#ifndef KABAIDO_BANNED_H
#define KABAIDO_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where the C library has macros of these names, which cannot be poisoned. */
#undef sprintf
#undef vsprintf

/* Write without knowing how much room there is: snprintf(), memcpy(), arena_print(). */
#pragma GCC poison strcpy stpcpy strcat sprintf vsprintf gets

/* Leave a string without its NUL, or fill it up: snprintf(), memcpy(). */
#pragma GCC poison strncpy stpncpy strncat

/* Cannot tell a number from none, or one that does not fit: strtol() and its end pointer. */
#pragma GCC poison atoi atol atoll atof

/* Keep their state or their answer in one static place: strcspn(), strftime(), gmtime_r(). */
#pragma GCC poison strtok asctime ctime gmtime localtime asctime_r ctime_r

/* Can be guessed: secret_random_bytes(). */
#pragma GCC poison srand random srandom rand_r drand48 lrand48
#define rand() rand_is_banned /* only the call: OpenSSL's headers have parameters of this name */

/* Name a file that another may make first: mkstemp(). */
#pragma GCC poison tmpnam tempnam mktemp

/* Hand text to a shell. */
#pragma GCC poison system popen

#endif
