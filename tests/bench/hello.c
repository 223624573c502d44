/*
 * The bound of the web server's part: a FastCGI worker that gives one answer, which it was given,
 * to whatever it is asked. It waits and accepts as the API's workers do, and knows no database.
 *
 * usage: hello SOCKET WORKERS FILE; FILE holds head and body as a worker of the API sends them.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096, ANSWER_MOST = 4 * 1024 * 1024 };

static void fail(const char *what)
{
    fprintf(stderr, "hello: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || strlen(path) >= sizeof(address.sun_path)) {
        fail(path);
    }
    memcpy(address.sun_path, path, strlen(path));
    unlink(path);
    if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0666) != 0 || listen(listener, BACKLOG) != 0) {
        fail(path);
    }
    return listener;
}

static char *read_answer(const char *path, int *size)
{
    FILE *file = fopen(path, "rb");
    char *answer = malloc(ANSWER_MOST);
    if (file == NULL || answer == NULL) {
        fail(path);
    }
    *size = (int)fread(answer, 1, ANSWER_MOST, file);
    fclose(file);
    return answer;
}

/* A body is read, as the API would, and forgotten. */
static void read_body(FCGX_Request *request)
{
    char bytes[65536];
    while (FCGX_GetStr(bytes, sizeof(bytes), request->in) > 0) {
    }
}

static void serve(int listener, const char *answer, int size)
{
    FCGX_Request request;
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, listener, FCGI_FAIL_ACCEPT_ON_INTR) != 0 ||
        poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) {
        fail("a worker cannot start");
    }
    for (;;) {
        epoll_wait(poller, &event, 1, -1);
        if (FCGX_Accept_r(&request) == 0) {
            read_body(&request);
            FCGX_PutStr(answer, size, request.out);
            FCGX_Finish_r(&request);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: hello SOCKET WORKERS FILE\n", stderr);
        return EXIT_FAILURE;
    }
    int size;
    const char *answer = read_answer(argv[3], &size);
    int listener = listen_on(argv[1]);
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(listener, answer, size);
        }
    }
    puts("ready");
    fflush(stdout);
    pause();
    return EXIT_FAILURE;
}
