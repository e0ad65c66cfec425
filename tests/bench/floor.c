/* SPDX-License-Identifier: Apache-2.0
 *
 * The floor: what each concurrency model costs when the server does nothing but read, count bytes and write a
 * fixed reply. A mode of concurd is measured beside the floor of its own shape (DESIGN.md, chapter 11), so
 * that the ratio shows our work and not the price of the kernel or of the model.
 *
 *   loop     N threads, an epoll loop each, one persistent level-triggered registration per connection
 *   fork     the same with N processes, which receive their connections as descriptors from the parent
 *   oneshot  N threads on one epoll set: wait for one event, read, write, arm the connection again
 *   thread   a blocking thread per client
 *
 * In every shape the main thread accepts, and hands a connection to the lane with the fewest. There is no
 * parsing: bytes divided by the length of one request give the number of replies, the remainder is kept per
 * connection, and the replies to one read leave in one write. Sockets block: a client that doesn't read its
 * replies stops its lane, which a floor may afford.
 *
 * CPU time is read from outside, by the process's CPU clock (servers.py). */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLY "+PONG\r\n"

enum {
    REPLY_BYTES = sizeof REPLY - 1,
    READ_BYTES = 16 * 1024,
    REQUEST_BYTES_MIN = 6,      /* "PING\r\n" */
    REQUEST_BYTES_DEFAULT = 14, /* "*1\r\n$4\r\nPING\r\n", what redis-benchmark and concur load send */
    REPLIES_MAX = READ_BYTES / REQUEST_BYTES_MIN + 1,
    LANES_MAX = 64,
    CLIENTS_MAX = 16 * 1024,
    BATCH = 64,
    THREAD_STACK_BYTES = 256 * 1024, /* concurd's default [thread] stack_size */
};

/* Whoever serves connections: a thread or a process. Lives in memory shared with the forked ones. */
struct lane {
    /* set by the main thread before the lane starts */
    int epoll;   /* loop: the lane's own; oneshot: the common set */
    int control; /* fork: the parent's end of the socket pair */
    pid_t pid;   /* fork */
    /* atomic: the main thread counts up, the lane down; a hint for the choice, so relaxed is enough */
    _Atomic unsigned clients;
};

/* A connection, found by its descriptor. Owned by its lane; oneshot: by the thread that holds the event. */
struct client {
    struct lane *lane;
    unsigned remainder; /* bytes of a request that has not arrived whole */
};

struct shape {
    const char *name;
    void (*start)(void);
    void (*submit)(struct lane *lane, int fd);
    void (*stop)(void);
};

/* Set before start, then read only. */
static unsigned lane_count = 2;
static unsigned request_bytes = REQUEST_BYTES_DEFAULT;
static char replies[REPLIES_MAX * REPLY_BYTES];

static struct lane *lanes;
static struct client clients[CLIENTS_MAX];
static volatile sig_atomic_t stopping;

static void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* --- one connection ------------------------------------------------------------------------------------- */

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* One read and the replies it earned in one write; false at the end of the connection. */
static bool client_serve(int fd)
{
    char bytes[READ_BYTES];
    struct client *client = &clients[fd];
    ssize_t got = read(fd, bytes, sizeof bytes);
    size_t total;

    if (got <= 0)
        return got < 0 && errno == EINTR;
    total = client->remainder + (size_t)got;
    client->remainder = (unsigned)(total % request_bytes);
    return write_all(fd, replies, total / request_bytes * REPLY_BYTES);
}

static void client_open(struct lane *lane, int fd)
{
    clients[fd].lane = lane;
    clients[fd].remainder = 0;
}

static void client_close(int fd)
{
    atomic_fetch_sub_explicit(&clients[fd].lane->clients, 1, memory_order_relaxed);
    close(fd);
}

static void watch(int epoll, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(epoll, operation, fd, &event) != 0)
        die("epoll_ctl");
}

static int epoll_new(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0)
        die("epoll_create1");
    return epoll;
}

static void thread_start(void *(*body)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    errno = pthread_create(&thread, &attributes, body, argument);
    if (errno != 0)
        die("pthread_create");
    pthread_attr_destroy(&attributes);
}

/* Detached threads end with the process. */
static void threads_stop(void)
{
}

/* --- loop: an epoll loop per thread --------------------------------------------------------------------- */

static void *loop_run(void *argument)
{
    struct lane *lane = argument;
    struct epoll_event events[BATCH];

    for (;;) {
        int ready = epoll_wait(lane->epoll, events, BATCH, -1);

        for (int i = 0; i < ready; i++)
            if (!client_serve(events[i].data.fd))
                client_close(events[i].data.fd);
    }
    return NULL;
}

static void loop_start(void)
{
    for (unsigned i = 0; i < lane_count; i++) {
        lanes[i].epoll = epoll_new();
        thread_start(loop_run, &lanes[i]);
    }
}

static void loop_submit(struct lane *lane, int fd)
{
    client_open(lane, fd);
    watch(lane->epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/* --- oneshot: threads on one epoll set ------------------------------------------------------------------ */

static void *oneshot_run(void *argument)
{
    int epoll = ((struct lane *)argument)->epoll;
    struct epoll_event event;

    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) != 1)
            continue;
        if (client_serve(event.data.fd))
            watch(epoll, EPOLL_CTL_MOD, event.data.fd, EPOLLIN | EPOLLONESHOT);
        else
            client_close(event.data.fd);
    }
    return NULL;
}

static void oneshot_start(void)
{
    int epoll = epoll_new();

    for (unsigned i = 0; i < lane_count; i++) {
        lanes[i].epoll = epoll;
        thread_start(oneshot_run, &lanes[i]);
    }
}

static void oneshot_submit(struct lane *lane, int fd)
{
    client_open(lane, fd);
    watch(lane->epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT);
}

/* --- thread: one per client ----------------------------------------------------------------------------- */

static void *thread_run(void *argument)
{
    int fd = (int)(intptr_t)argument;

    while (client_serve(fd))
        ;
    client_close(fd);
    return NULL;
}

static void thread_prepare(void)
{
}

static void thread_submit(struct lane *lane, int fd)
{
    client_open(lane, fd);
    thread_start(thread_run, (void *)(intptr_t)fd);
}

/* --- fork: an epoll loop per process -------------------------------------------------------------------- */

union descriptor_message {
    struct cmsghdr header; /* aligns the rest */
    char bytes[CMSG_SPACE(sizeof(int))];
};

static void descriptor_send(int control, int fd)
{
    union descriptor_message message = {0};
    char byte = 0;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr packet = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &message, .msg_controllen = sizeof message};

    message.header.cmsg_level = SOL_SOCKET;
    message.header.cmsg_type = SCM_RIGHTS;
    message.header.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&message.header), &fd, sizeof fd);
    if (sendmsg(control, &packet, MSG_NOSIGNAL) != 1)
        die("sendmsg");
}

/* The descriptor, or -1 when the parent is gone. */
static int descriptor_receive(int control)
{
    union descriptor_message message = {0};
    char byte;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr packet = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &message, .msg_controllen = sizeof message};
    int fd = -1;

    if (recvmsg(control, &packet, MSG_CMSG_CLOEXEC) == 1 && message.header.cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(&message.header), sizeof fd);
    return fd;
}

static void worker_adopt(struct lane *lane, int control)
{
    int fd = descriptor_receive(control);

    if (fd < 0)
        exit(0);
    assert(fd < CLIENTS_MAX);
    client_open(lane, fd);
    watch(lane->epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/* The body of a forked worker. */
static void worker_run(struct lane *lane, int control)
{
    struct epoll_event events[BATCH];

    lane->epoll = epoll_new();
    watch(lane->epoll, EPOLL_CTL_ADD, control, EPOLLIN);
    for (;;) {
        int ready = epoll_wait(lane->epoll, events, BATCH, -1);

        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;

            if (fd == control)
                worker_adopt(lane, control);
            else if (!client_serve(fd))
                client_close(fd);
        }
    }
}

static void fork_start(void)
{
    for (unsigned i = 0; i < lane_count; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
            die("socketpair");
        lanes[i].control = pair[0];
        lanes[i].pid = fork();
        if (lanes[i].pid < 0)
            die("fork");
        if (lanes[i].pid == 0) {
            /* The parent's ends must be the parent's alone: their closing is what ends a worker. */
            for (unsigned other = 0; other <= i; other++)
                close(lanes[other].control);
            worker_run(&lanes[i], pair[1]);
        }
        close(pair[1]);
    }
}

static void fork_submit(struct lane *lane, int fd)
{
    descriptor_send(lane->control, fd);
    close(fd);
}

static void fork_stop(void)
{
    for (unsigned i = 0; i < lane_count; i++)
        close(lanes[i].control);
    for (unsigned i = 0; i < lane_count; i++)
        waitpid(lanes[i].pid, NULL, 0);
}

/* --- the main thread: accept and hand out --------------------------------------------------------------- */

static const struct shape shapes[] = {
    {"loop", loop_start, loop_submit, threads_stop},
    {"fork", fork_start, fork_submit, fork_stop},
    {"oneshot", oneshot_start, oneshot_submit, threads_stop},
    {"thread", thread_prepare, thread_submit, threads_stop},
};

static const struct shape *shape_find(const char *name)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

static struct lane *lane_with_fewest(void)
{
    struct lane *best = &lanes[0];

    for (unsigned i = 1; i < lane_count; i++)
        if (atomic_load_explicit(&lanes[i].clients, memory_order_relaxed) <
            atomic_load_explicit(&best->clients, memory_order_relaxed))
            best = &lanes[i];
    return best;
}

static void accept_one(const struct shape *shape, int listener)
{
    struct lane *lane = lane_with_fewest();
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int on = 1;

    if (fd < 0)
        return;
    assert(fd < CLIENTS_MAX);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    atomic_fetch_add_explicit(&lane->clients, 1, memory_order_relaxed);
    shape->submit(lane, fd);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0)
        die("listen");
    return listener;
}

static void announce(int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        die("getsockname");
    printf("listen=127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* TERM and INT stay blocked in every thread and are let in by ppoll alone, so that none is lost between
 * looking at `stopping` and waiting. A terminal's INT doesn't end the workers: their control socket does. */
static void signals_block(sigset_t *before)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static void serve(const struct shape *shape, int listener)
{
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    sigset_t open_mask;

    signals_block(&open_mask);
    shape->start();
    announce(listener);
    while (!stopping)
        if (ppoll(&ready, 1, NULL, &open_mask) == 1)
            accept_one(shape, listener);
    shape->stop();
}

static void prepare(void)
{
    size_t bytes = LANES_MAX * sizeof *lanes;

    for (size_t i = 0; i < REPLIES_MAX; i++)
        memcpy(replies + i * REPLY_BYTES, REPLY, REPLY_BYTES);
    lanes = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lanes == MAP_FAILED)
        die("mmap");
}

static int usage(void)
{
    fprintf(stderr, "usage: floor [-p PORT] [-n LANES] [-l REQUEST_BYTES] loop|fork|oneshot|thread\n");
    return 2;
}

static bool number_parse(const char *text, unsigned minimum, unsigned maximum, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || value < minimum || value > maximum)
        return false;
    *number = (unsigned)value;
    return true;
}

int main(int argc, char **argv)
{
    const struct shape *shape;
    unsigned port = 0;
    bool good = true;
    int option;

    while (good && (option = getopt(argc, argv, "p:n:l:")) != -1)
        if (option == 'p')
            good = number_parse(optarg, 0, UINT16_MAX, &port);
        else if (option == 'n')
            good = number_parse(optarg, 1, LANES_MAX, &lane_count);
        else if (option == 'l')
            good = number_parse(optarg, REQUEST_BYTES_MIN, READ_BYTES, &request_bytes);
        else
            good = false;
    shape = good && optind == argc - 1 ? shape_find(argv[optind]) : NULL;
    if (shape == NULL)
        return usage();
    prepare();
    serve(shape, listen_on(port));
    return 0;
}
