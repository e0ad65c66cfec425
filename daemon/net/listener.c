/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners: one persistent read event per listening socket, a bounded number of accepts per wake-up so that a flood of
 * connections can't starve the main loop, and a pause on a timer when descriptors are short - without it the readable
 * socket would wake the loop again at once, for ever. A reserve descriptor is given up for a moment then, so that the
 * refusal can be said. Runs in the master's main thread. */
#include "daemon/net/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/log/log.h"
#include "daemon/net/stream.h"

#define ACCEPTS_AT_ONCE 64
#define PAUSE_MS        100
#define SPEC_BYTES      200 /* a line of the configuration is shorter */

struct listener {
    int fd, backlog;
    bool inherited; /* its parent has it too: what waits there waits for the next daemon */
    int reserve;    /* on /dev/null: a descriptor to give up when there is none left */
    char name[ADDRESS_TEXT_BYTES];
    char spec[SPEC_BYTES];
    unsigned number; /* its owner's */
    bool tls;
    struct address address;
    dev_t name_device; /* of the unix socket's name that we made */
    ino_t name_inode;
    listener_accepted *accepted;
    void *context;
    struct event *readable, *resume;
    uint64_t paused_us; /* since when; 0 = accepting */
    bool logged;        /* this pause was reported */
    unsigned long pauses;
};

static const char refusal[] = "-LIMIT the server has no descriptors left\r\n";

/* Why nobody can be reached at that name, as connect says it; 0 when somebody can. Never waits: the queue of a daemon that
 * is busy or stopped may be full, which says EAGAIN. */
static int probe(const struct address *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int reason = errno;

    if (fd < 0)
        return reason;
    reason = connect(fd, (const struct sockaddr *)address, address->length) == 0 ? 0 : errno;
    close(fd);
    return reason;
}

/* Removes a unix socket's name that a dead daemon left. Nothing else than a refusal shows that it is dead: whatever keeps
 * us from asking - a full queue, a right or a descriptor that we lack - is no reason to take a living one's name. */
static int clear_stale(const struct address *address, struct error *error)
{
    const struct sockaddr_un *path = (const struct sockaddr_un *)&address->storage;
    struct stat status;
    int reason;

    if (lstat(path->sun_path, &status) != 0)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, "%s exists and is no socket", path->sun_path);
    reason = probe(address);
    if (reason != ECONNREFUSED && reason != ENOENT) {
        errno = reason == 0 || reason == EAGAIN ? EADDRINUSE : reason;
        return error_errno(error, "%s", path->sun_path);
    }
    unlink(path->sun_path);
    return 0;
}

/* Whose name a unix socket's path is now. */
enum name_state { NAME_OURS, NAME_GONE, NAME_ANOTHERS };

static enum name_state look_at_name(const struct listener *listener)
{
    struct stat status;

    if (lstat(((const struct sockaddr_un *)&listener->address.storage)->sun_path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? NAME_GONE : NAME_ANOTHERS;
    return status.st_dev == listener->name_device && status.st_ino == listener->name_inode ? NAME_OURS
                                                                                           : NAME_ANOTHERS;
}

static bool has_own_name(const struct listener *listener)
{
    return listener->address.storage.ss_family == AF_UNIX && !listener->inherited;
}

static void remove_name(const struct listener *listener)
{
    if (has_own_name(listener) && look_at_name(listener) == NAME_OURS)
        unlink(((const struct sockaddr_un *)&listener->address.storage)->sun_path);
}

/* The name may be removed and made by somebody else while we run: it is known by its inode, which is not given to
 * another as long as our socket is open. */
static int remember_name(struct listener *listener, struct error *error)
{
    struct stat status;

    if (lstat(((const struct sockaddr_un *)&listener->address.storage)->sun_path, &status) != 0)
        return error_errno(error, "can't find its own name");
    listener->name_device = status.st_dev;
    listener->name_inode = status.st_ino;
    return 0;
}

static int open_socket(struct listener *listener, int backlog, struct error *error)
{
    const struct sockaddr *to = (const struct sockaddr *)&listener->address.storage;
    int on = 1;

    if (to->sa_family == AF_UNIX && clear_stale(&listener->address, error) != 0)
        return -1;
    listener->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return error_errno(error, "socket");
    if (to->sa_family != AF_UNIX) {
        setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    }
    if (to->sa_family == AF_INET6)
        setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(listener->fd, to, listener->address.length) != 0 || listen(listener->fd, backlog) != 0)
        return error_errno(error, "can't listen");
    if (to->sa_family == AF_UNIX)
        return remember_name(listener, error);
    listener->address.length = sizeof listener->address.storage;
    if (getsockname(listener->fd, (struct sockaddr *)&listener->address.storage, &listener->address.length) !=
        0)
        return error_errno(error, "getsockname");
    return 0;
}

static struct listener *listener_new(int backlog, struct error *error)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL) {
        error_set(error, "no memory");
        return NULL;
    }
    listener->fd = -1;
    listener->backlog = backlog;
    listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return listener;
}

struct listener *listener_open(const char *spec, int backlog, struct error *error)
{
    struct listener *listener = listener_new(backlog, error);

    if (listener == NULL)
        return NULL;
    snprintf(listener->spec, sizeof listener->spec, "%s", spec);
    if (address_parse(spec, &listener->address, error) == 0 && open_socket(listener, backlog, error) == 0) {
        address_format(&listener->address, listener->name);
        return listener;
    }
    error_prefix(error, "%s", spec);
    /* The name may be another daemon's: close without removing it. */
    listener->address.storage.ss_family = AF_UNSPEC;
    listener_close(&listener);
    return NULL;
}

/* What open_socket sets, for a socket that somebody else made. */
static int take_over(struct listener *listener, int fd, struct error *error)
{
    struct sockaddr *address = (struct sockaddr *)&listener->address.storage;
    int on = 1;

    listener->fd = fd;
    listener->inherited = true;
    listener->address.length = sizeof listener->address.storage;
    if (getsockname(fd, address, &listener->address.length) != 0)
        return error_errno(error, "getsockname");
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return listener_set_backlog(listener, listener->backlog, error);
}

struct listener *listener_inherit(int fd, int backlog, struct error *error)
{
    struct listener *listener = listener_new(backlog, error);

    if (listener == NULL)
        return NULL;
    if (take_over(listener, fd, error) == 0) {
        address_format(&listener->address, listener->name);
        return listener;
    }
    error_prefix(error, "inherited socket %d", fd);
    listener_close(&listener);
    return NULL;
}

int listener_set_backlog(struct listener *listener, int backlog, struct error *error)
{
    /* On a socket that listens already this changes the length of its queue and nothing else. */
    if (listen(listener->fd, backlog) != 0)
        return error_errno(error, "can't change the backlog of %s", listener->name);
    listener->backlog = backlog;
    return 0;
}

void listener_close(struct listener **listener)
{
    struct listener *it = *listener;

    if (it == NULL)
        return;
    if (it->readable != NULL)
        event_free(it->readable);
    if (it->resume != NULL)
        event_free(it->resume);
    if (it->fd >= 0) {
        remove_name(it);
        close(it->fd);
    }
    if (it->reserve >= 0)
        close(it->reserve);
    free(it);
    *listener = NULL;
}

void listener_pause(struct listener *listener, unsigned ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    if (listener->paused_us == 0)
        listener->paused_us = clock_now_us();
    event_del(listener->readable);
    event_add(listener->resume, &time);
}

/* Gives the reserve up so that one waiting client can be told, and takes it back. */
static void refuse_one(struct listener *listener)
{
    int fd;

    if (listener->reserve >= 0)
        close(listener->reserve);
    fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        if (!listener->tls)
            stream_say(fd, refusal);
        close(fd);
    }
    listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void out_of_descriptors(struct listener *listener, int reason)
{
    listener->pauses++;
    if (!listener->logged)
        log_event(EVENT_ACCEPT_PAUSED, LOG_S(listener->name), LOG_I(reason));
    listener->logged = true;
    refuse_one(listener);
    listener_pause(listener, PAUSE_MS);
}

/* Accepts one; false when there is no more to accept now. */
static bool accept_one(struct listener *listener)
{
    struct address peer = {.length = sizeof peer.storage};
    int fd =
        accept4(listener->fd, (struct sockaddr *)&peer.storage, &peer.length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int reason = errno;

    if (fd >= 0) {
        if (listener->logged)
            log_event(EVENT_ACCEPT_RESUMED, LOG_S(listener->name),
                      LOG_U((clock_now_us() - listener->paused_us) / 1000u));
        listener->logged = false;
        listener->paused_us = 0;
        listener->accepted(listener->context, listener, fd, &peer);
        return true;
    }
    if (reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM)
        out_of_descriptors(listener, reason);
    /* What is left belongs to the one connection that was lost: go on with the next. */
    return reason == ECONNABORTED || reason == EINTR || reason == EPROTO;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;
    int i;

    (void)fd;
    (void)what;
    for (i = 0; i < ACCEPTS_AT_ONCE && event_pending(listener->readable, EV_READ, NULL); i++)
        if (!accept_one(listener))
            break;
}

/* Between the last accept and the close somebody else may get into the queue, and would be reset. So packets that open a
 * connection are dropped first: their senders send them again after a second, to our successor or to nobody. Those who
 * are half-way through their handshake go on. Accepted sockets inherit the filter, which does them no harm: such a packet
 * never belongs to them. */
static void drop_openings(int fd)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),    /* TCP's flags: a filter's data begin at its header */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12), /* SYN and ACK */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), /* a SYN alone */
        BPF_STMT(BPF_RET | BPF_K, 0),                    /* is dropped */
        BPF_STMT(BPF_RET | BPF_K, 0xffffffffu),          /* all else is taken whole */
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};

    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
        /* Without it there are a few microseconds in which a client may be lost: what can be done is done. */
    }
}

void listener_shut(struct listener *listener)
{
    if (listener->inherited)
        return;
    if (listener->address.storage.ss_family != AF_UNIX)
        drop_openings(listener->fd);
    remove_name(listener);
}

void listener_accept_rest(struct listener *listener)
{
    int rest = listener->backlog; /* those who come from now on are too late */

    if (listener->inherited)
        return;
    while (rest-- > 0 && listener->readable != NULL && event_pending(listener->readable, EV_READ, NULL) &&
           accept_one(listener))
        ;
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(listener->readable, NULL);
}

int listener_start(struct listener *listener, struct event_base *base, listener_accepted *accepted,
                   void *context)
{
    listener->accepted = accepted;
    listener->context = context;
    listener->readable = event_new(base, listener->fd, EV_READ | EV_PERSIST, on_readable, listener);
    listener->resume = evtimer_new(base, on_resume, listener);
    if (listener->readable == NULL || listener->resume == NULL)
        return -1;
    return event_add(listener->readable, NULL);
}

const char *listener_name(const struct listener *listener)
{
    return listener->name;
}

const struct address *listener_address(const struct listener *listener)
{
    return &listener->address;
}

bool listener_lost_its_name(const struct listener *listener)
{
    return has_own_name(listener) && look_at_name(listener) == NAME_GONE;
}

const char *listener_spec(const struct listener *listener)
{
    return listener->spec;
}

void listener_set_tls(struct listener *listener, bool tls)
{
    listener->tls = tls;
}

bool listener_is_tls(const struct listener *listener)
{
    return listener->tls;
}

void listener_set_number(struct listener *listener, unsigned number)
{
    listener->number = number;
}

unsigned listener_number(const struct listener *listener)
{
    return listener->number;
}

bool listener_is_inherited(const struct listener *listener)
{
    return listener->inherited;
}

bool listener_is_local(const struct listener *listener)
{
    return address_is_local(&listener->address);
}

unsigned long listener_pauses(const struct listener *listener)
{
    return listener->pauses;
}
