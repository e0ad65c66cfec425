/* SPDX-License-Identifier: Apache-2.0
 *
 * A private daemon for one run. One thread does all that has to do with it, from its start to its end: it forks it (the
 * kernel's parent-death signal is bound to the thread that forked, so whoever forks must stay), reads its log through a
 * pipe (a full one would make it drop records, which costs), and reaps it. Others ask under a lock.
 *
 * That a daemon is ready is read from its log: `event=ready` is there at any level, and says which port it was given.
 * Nothing is written anywhere, so that nothing is left behind: no file of the log, no socket, no core dump. The child
 * has a process group of its own, so that a ^C in the terminal is for us alone, and dies with us: PR_SET_PDEATHSIG,
 * with a look at the parent for the case that it came too late. Its own workers end when it does; but what was started
 * may be a script that runs the daemon as its child, and the signal that ends the script does not reach that. So
 * whatever is left of the group is killed when its leader has ended, and before the leader is reaped: until then no
 * other group can have that number. Then the pipe is read to its end, which is there when the last of them is gone -
 * and the port free for the next. */
#include "client/compare/server.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/compare/interrupt.h"
#include "common/clock.h"

#define START_SECONDS 30
#define END_US        5000000 /* after TERM; what runs still is cut off then */
#define TAIL_BYTES    8192
#define LINE_BYTES    4096
#define GONE_US       1000000 /* for the rest of its group, once killed */
#define READS_MOST    64      /* at once; more than a pipe holds */
#define LOOK_MS       50      /* how often the main thread looks for a signal while it waits */
#define ARGUMENTS     (8 + 2 * MODEL_SETTINGS_MOST)

enum server_state {
    SERVER_STARTING,
    SERVER_READY,
    SERVER_DEAD, /* and not started again */
    SERVER_ENDED /* by us */
};

struct server {
    /* set before the thread starts, then read only */
    struct server_spec spec;
    pthread_t thread;
    int stop; /* eventfd: written by the main thread */

    /* owner: the keeper's thread */
    pid_t pid;
    int process;               /* pidfd */
    int log;                   /* the pipe's reading end */
    char line[LINE_BYTES + 1]; /* of the log, until it is ready */
    size_t line_bytes;
    bool killed; /* it did not end when it was told; others look after the thread was joined */

    /* lock: lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum server_state state;
    unsigned port; /* 0: not known yet */
    unsigned restarts;
    int status; /* of the last one that ended, as waitpid has it */
    char tail[TAIL_BYTES + 1];
    size_t tail_bytes;
};

/* --- its log ----------------------------------------------------------------------------------------------------- */

static void set_state(struct server *server, enum server_state state)
{
    pthread_mutex_lock(&server->lock);
    server->state = state;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* "... event=ready ... listen=127.0.0.1:PORT ..." */
static void read_line(struct server *server)
{
    const char *listen = strstr(server->line, " listen=127.0.0.1:");
    unsigned port;

    if (strstr(server->line, " event=ready ") == NULL || listen == NULL ||
        sscanf(listen, " listen=127.0.0.1:%u", &port) != 1)
        return;
    pthread_mutex_lock(&server->lock);
    if (server->port == 0) /* else it has not changed, and others read it */
        server->port = port;
    server->state = SERVER_READY;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* Until it is ready its lines are looked at; a longer one than there is room for is none that we look for. */
static void read_lines(struct server *server, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length && server->state == SERVER_STARTING; i++) {
        if (bytes[i] == '\n') {
            server->line[server->line_bytes] = '\0';
            server->line_bytes = 0;
            read_line(server);
        } else if (server->line_bytes < LINE_BYTES) {
            server->line[server->line_bytes++] = bytes[i];
        }
    }
}

static void keep_tail(struct server *server, const char *bytes, size_t length)
{
    size_t kept;

    if (length > TAIL_BYTES) {
        bytes += length - TAIL_BYTES;
        length = TAIL_BYTES;
    }
    pthread_mutex_lock(&server->lock);
    kept = server->tail_bytes + length > TAIL_BYTES ? TAIL_BYTES - length : server->tail_bytes;
    memmove(server->tail, server->tail + server->tail_bytes - kept, kept);
    memcpy(server->tail + kept, bytes, length);
    server->tail_bytes = kept + length;
    server->tail[server->tail_bytes] = '\0';
    pthread_mutex_unlock(&server->lock);
}

/* Takes what is there, but not for ever from one who writes faster than we read. False at the end of the pipe. */
static bool read_log(struct server *server)
{
    char bytes[16384];
    ssize_t got = -1;
    int i;

    for (i = 0; i < READS_MOST && (got = read(server->log, bytes, sizeof bytes)) > 0; i++) {
        keep_tail(server, bytes, (size_t)got);
        read_lines(server, bytes, (size_t)got);
    }
    return got != 0;
}

/* --- the child --------------------------------------------------------------------------------------------------- */

struct launch {
    char *argv[ARGUMENTS];
    char listen[64];
    pid_t parent;
    int log;
    const cpu_set_t *cores;
};

static void add_argument(struct launch *launch, const char *word)
{
    size_t i = 0;

    while (launch->argv[i] != NULL)
        i++;
    launch->argv[i] = (char *)(uintptr_t)word; /* exec does not write to them */
}

static void add_setting(struct launch *launch, const char *setting)
{
    add_argument(launch, "-o");
    add_argument(launch, setting);
}

static void make_arguments(struct launch *launch, const struct server *server, unsigned port)
{
    unsigned i;

    add_argument(launch, server->spec.program);
    if (server->spec.file != NULL) {
        add_argument(launch, "-c");
        add_argument(launch, server->spec.file);
    }
    snprintf(launch->listen, sizeof launch->listen, "%s.listen=127.0.0.1:%u",
             server->spec.tls ? "tls" : "server", port);
    add_setting(launch, launch->listen);
    if (server->spec.tls)
        add_setting(launch, "server.listen=");
    for (i = 0; i < server->spec.settings.count; i++)
        add_setting(launch, server->spec.settings.lines[i]);
}

/* Between fork and exec in a program with threads: nothing but system calls. */
static _Noreturn void become_daemon(const struct launch *launch)
{
    static const struct rlimit no_core = {0, 0};
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != launch->parent)
        _exit(127);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    if (launch->cores != NULL)
        sched_setaffinity(0, sizeof *launch->cores, launch->cores);
    if (dup2(launch->log, STDERR_FILENO) < 0 || dup2(launch->log, STDOUT_FILENO) < 0)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    execv(launch->argv[0], launch->argv);
    _exit(127);
}

/* Reads until nobody holds the pipe's other end any more; one who has left the group may hold it for longer. */
static void drain_log(struct server *server)
{
    uint64_t deadline = clock_now_us() + GONE_US, now;

    while (read_log(server) && (now = clock_now_us()) < deadline) {
        struct pollfd ready = {.fd = server->log, .events = POLLIN};

        poll(&ready, 1, (int)((deadline - now) / 1000 + 1));
    }
}

/* Waits for its end and ends what is left of its group. */
static void reap(struct server *server)
{
    siginfo_t ignored;
    int status = 0;

    while (waitid(P_PID, (id_t)server->pid, &ignored, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    kill(-server->pid, SIGKILL); /* there may be nobody */
    while (waitpid(server->pid, &status, 0) < 0 && errno == EINTR)
        ;
    drain_log(server);
    if (server->process >= 0)
        close(server->process);
    close(server->log);
    server->process = server->log = -1;
    server->pid = 0;
    pthread_mutex_lock(&server->lock);
    server->status = status;
    pthread_mutex_unlock(&server->lock);
}

/* Starts the daemon on `port` (0: a free one). 0, or -1 with errno. */
static int launch_daemon(struct server *server, unsigned port)
{
    struct launch launch = {.parent = getpid(), .cores = server->spec.cores};
    int ends[2];

    make_arguments(&launch, server, port);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    launch.log = ends[1];
    server->pid = fork();
    if (server->pid == 0)
        become_daemon(&launch);
    close(ends[1]);
    if (server->pid < 0) {
        close(ends[0]);
        return -1;
    }
    server->log = ends[0];
    server->line_bytes = 0;
    fcntl(server->log, F_SETFL, O_NONBLOCK);
    server->process = (int)syscall(SYS_pidfd_open, server->pid, 0);
    if (server->process >= 0)
        return 0;
    kill(server->pid, SIGKILL);
    reap(server);
    return -1;
}

/* --- the keeper -------------------------------------------------------------------------------------------------- */

static void launch_or_die(struct server *server, unsigned port)
{
    const char *why;

    if (launch_daemon(server, port) == 0)
        return;
    why = strerror(errno);
    keep_tail(server, "\n", 1);
    keep_tail(server, why, strlen(why));
    set_state(server, SERVER_DEAD);
}

/* It has died. Once it was ready that is what a crash does, and whoever supervises it starts it again; one that dies
 * before will do so again. */
static void on_death(struct server *server)
{
    bool was_ready = server->state == SERVER_READY;

    reap(server);
    if (!server->spec.restarts || !was_ready) {
        set_state(server, SERVER_DEAD);
        return;
    }
    pthread_mutex_lock(&server->lock);
    server->restarts++;
    server->state = SERVER_STARTING;
    pthread_mutex_unlock(&server->lock);
    launch_or_die(server, server->port);
}

static void end_daemon(struct server *server)
{
    uint64_t deadline = clock_now_us() + END_US;
    bool log_open = true;

    if (server->pid <= 0)
        return;
    kill(server->pid, SIGTERM);
    for (;;) {
        struct pollfd ready[] = {{.fd = server->process, .events = POLLIN},
                                 {.fd = log_open ? server->log : -1, .events = POLLIN}};
        uint64_t now = clock_now_us();

        if (now >= deadline) {
            server->killed = true;
            kill(-server->pid, SIGKILL);
        }
        if (poll(ready, 2, now >= deadline ? -1 : (int)((deadline - now) / 1000 + 1)) > 0 &&
            ready[0].revents != 0)
            break;
        log_open = read_log(server);
    }
    reap(server);
}

static void *keep(void *argument)
{
    struct server *server = argument;
    bool log_open = true;

    launch_or_die(server, 0);
    for (;;) {
        struct pollfd ready[] = {{.fd = server->stop, .events = POLLIN},
                                 {.fd = server->process, .events = POLLIN},
                                 {.fd = log_open ? server->log : -1, .events = POLLIN}};

        if (poll(ready, 3, -1) < 0)
            continue;
        if (ready[0].revents != 0)
            break;
        if (ready[2].revents != 0)
            log_open = read_log(server);
        if (ready[1].revents != 0) {
            on_death(server);
            log_open = true;
        }
    }
    end_daemon(server);
    set_state(server, SERVER_ENDED);
    return NULL;
}

/* --- for the others ---------------------------------------------------------------------------------------------- */

/* The lock is held. */
static void await_ready(struct server *server)
{
    uint64_t deadline = clock_now_us() + START_SECONDS * UINT64_C(1000000);

    while (server->state == SERVER_STARTING && clock_now_us() < deadline && !interrupt_is_pending()) {
        struct timespec until = clock_timespec(clock_now_us() + LOOK_MS * 1000);

        pthread_cond_clockwait(&server->changed, &server->lock, CLOCK_MONOTONIC, &until);
    }
}

/* A copy that a terminal can be shown. */
static const char *printable(const char *bytes, size_t length, char *text, size_t size)
{
    size_t i;

    for (i = 0; i < length && i + 1 < size; i++)
        text[i] = isprint((unsigned char)bytes[i]) ? bytes[i] : '?';
    text[i] = '\0';
    return text;
}

/* The last line that it wrote, with how it ended; the lock is held. */
static int describe_end(const struct server *server, struct error *error)
{
    size_t end = server->tail_bytes, start;
    char how[64], said[sizeof error->text];

    if (WIFSIGNALED(server->status))
        snprintf(how, sizeof how, "was killed by signal %d", WTERMSIG(server->status));
    else
        snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(server->status));
    while (end > 0 && server->tail[end - 1] == '\n')
        end--;
    for (start = end; start > 0 && server->tail[start - 1] != '\n'; start--)
        ;
    return error_set(error, "concurd %s%s%s", how, end > start ? ", saying: " : "",
                     printable(server->tail + start, end - start, said, sizeof said));
}

static int judge_start(struct server *server, struct error *error)
{
    int result = 0;

    pthread_mutex_lock(&server->lock);
    await_ready(server);
    if (server->state == SERVER_DEAD)
        result = describe_end(server, error);
    else if (server->state != SERVER_READY)
        result = error_set(
            error, interrupt_is_pending() ? "interrupted" : "concurd did not become ready within %d s",
            START_SECONDS);
    pthread_mutex_unlock(&server->lock);
    return result;
}

static void free_server(struct server **server)
{
    if ((*server)->stop >= 0)
        close((*server)->stop);
    pthread_cond_destroy(&(*server)->changed);
    pthread_mutex_destroy(&(*server)->lock);
    free(*server);
    *server = NULL;
}

int server_start(struct server **made, const struct server_spec *spec, struct error *error)
{
    struct server *server = calloc(1, sizeof *server);

    *made = server;
    if (server == NULL)
        return error_set(error, "out of memory");
    server->spec = *spec;
    server->process = server->log = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (server->stop < 0 || pthread_create(&server->thread, NULL, keep, server) != 0) {
        free_server(made);
        return error_set(error, "no descriptor or no thread for a daemon");
    }
    if (judge_start(server, error) == 0)
        return 0;
    server_stop(made);
    return -1;
}

unsigned server_port(const struct server *server)
{
    return server->port; /* does not change once it was ready */
}

unsigned server_restarts(struct server *server)
{
    unsigned restarts;

    pthread_mutex_lock(&server->lock);
    restarts = server->restarts;
    pthread_mutex_unlock(&server->lock);
    return restarts;
}

bool server_is_dead(struct server *server, struct error *why)
{
    bool dead;

    pthread_mutex_lock(&server->lock);
    dead = server->state == SERVER_DEAD;
    if (dead)
        describe_end(server, why);
    pthread_mutex_unlock(&server->lock);
    return dead;
}

bool server_stop(struct server **server)
{
    static const uint64_t one = 1;
    bool ended;

    if (*server == NULL)
        return true;
    if (write((*server)->stop, &one, sizeof one) == (ssize_t)sizeof one)
        pthread_join((*server)->thread, NULL);
    ended = !(*server)->killed;
    free_server(server);
    return ended;
}
