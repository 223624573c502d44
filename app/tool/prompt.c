/* Reads secrets, and leaves a terminal as it was found. */
#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>

#include "../secret.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * waiting: the signals that are blocked while this waits on a terminal; those that end the waiting
 * are blocked at all other times, or one that came just before would be waited through. NULL where
 * nobody is asked.
 */
static enum prompt_result read_input(const sigset_t *waiting, char *secret, size_t size,
                                     size_t *length)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    size_t used = 0;
    for (;;) {
        if (used == size) {
            return PROMPT_TOO_LONG;
        }
        if (waiting != NULL && ppoll(&input, 1, NULL, waiting) < 0) {
            return errno == EINTR && interrupted ? PROMPT_INTERRUPTED : PROMPT_BROKEN;
        }
        ssize_t got = read(STDIN_FILENO, secret + used, size - used);
        if (got < 0) {
            return PROMPT_BROKEN;
        }
        used += (size_t)got;
        if (got == 0 || (waiting != NULL && secret[used - 1] == '\n')) {
            *length = used;
            return PROMPT_READ;
        }
    }
}

/* Asks on a terminal whose echo is off meanwhile, also when the person gives up. */
static enum prompt_result ask(const struct termios *before, const char *question, char *secret,
                              size_t size, size_t *length)
{
    struct termios silent = *before;
    struct sigaction note = {.sa_handler = on_interrupt};
    struct sigaction former[2];
    sigset_t ending;
    sigset_t waiting;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, &waiting);
    sigaction(SIGINT, &note, &former[0]);
    sigaction(SIGTERM, &note, &former[1]);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    fprintf(stderr, "%s", question);
    enum prompt_result result = read_input(&waiting, secret, size, length);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
    sigaction(SIGINT, &former[0], NULL);
    sigaction(SIGTERM, &former[1], NULL);
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    return result;
}

static void trim(char *secret, size_t *length)
{
    size_t start = 0;
    while (*length > 0 && is_blank(secret[*length - 1])) {
        --*length;
    }
    while (start < *length && is_blank(secret[start])) {
        start++;
    }
    *length -= start;
    memmove(secret, secret + start, *length);
    secret[*length] = '\0';
}

static void drop_line_end(char *secret, size_t *length)
{
    if (*length > 0 && secret[*length - 1] == '\n') {
        --*length;
        *length -= *length > 0 && secret[*length - 1] == '\r';
    }
    secret[*length] = '\0';
}

static enum prompt_result read_secret(const char *question, char *secret, size_t size,
                                      size_t *length)
{
    struct termios before;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    enum prompt_result result = terminal ? ask(&before, question, secret, size, length)
                                         : read_input(NULL, secret, size, length);
    if (result != PROMPT_READ) {
        secret_cleanse(secret, size);
    }
    return result;
}

enum prompt_result prompt_secret(const char *question, char *secret, size_t size, size_t *length)
{
    enum prompt_result result = read_secret(question, secret, size, length);
    if (result == PROMPT_READ) {
        trim(secret, length);
    }
    return result;
}

enum prompt_result prompt_password(const char *question, char *secret, size_t size, size_t *length)
{
    enum prompt_result result = read_secret(question, secret, size, length);
    if (result == PROMPT_READ) {
        drop_line_end(secret, length);
    }
    return result;
}

bool prompt_is_answered_by_hand(void)
{
    return isatty(STDIN_FILENO) == 1;
}
