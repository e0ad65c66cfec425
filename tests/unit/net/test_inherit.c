/* SPDX-License-Identifier: Apache-2.0
 *
 * What is handed in as systemd hands it in, on descriptors of the test's own from FIRST on: what is taken over and how,
 * and a table of everything that is refused. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/net/inherit.h"
#include "daemon/net/listener.h"

#define FIRST 100

enum kind { LISTENING, BOUND, DATAGRAM, SEQPACKET, CONNECTED, A_FILE, CLOSED };

/* Puts a descriptor of that kind at FIRST + `place`, as exec leaves one: blocking, and open for children. */
static void place(int place, enum kind kind)
{
    static const int types[] = {[LISTENING] = SOCK_STREAM,
                                [BOUND] = SOCK_STREAM,
                                [DATAGRAM] = SOCK_DGRAM,
                                [SEQPACKET] = SOCK_SEQPACKET};
    struct sockaddr_un any = {.sun_family = AF_UNIX};
    int pair[2], fd;

    close(FIRST + place);
    if (kind == CLOSED)
        return;
    if (kind == CONNECTED) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        close(pair[1]);
        fd = pair[0];
    } else if (kind == A_FILE)
        fd = open("/dev/null", O_RDONLY);
    else {
        fd = socket(AF_UNIX, types[kind], 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any.sun_family),
                         0); /* autobind: abstract */
        if (kind == LISTENING || kind == SEQPACKET)
            assert_int_equal(listen(fd, 5), 0);
    }
    assert_int_equal(dup2(fd, FIRST + place), FIRST + place);
    close(fd);
}

static void say(const char *pid, const char *count, const char *names)
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    const char *const values[] = {pid, count, names};
    size_t i;

    for (i = 0; i < 3; i++)
        if (values[i] != NULL)
            setenv(variables[i], values[i], 1);
        else
            unsetenv(variables[i]);
}

static const char *me(void)
{
    static char text[32];

    snprintf(text, sizeof text, "%ld", (long)getpid());
    return text;
}

/* Whatever the answer, nothing of it is left for children. */
static int take(struct inheritance *inheritance, struct error *error)
{
    int result = inherit_take(inheritance, FIRST, error);

    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_FDNAMES"));
    return result;
}

static void sockets_are_taken_over_by_name(void **state)
{
    struct inheritance inheritance;
    struct error error = {""};
    int i;

    (void)state;
    for (i = 0; i < 3; i++)
        place(i, LISTENING);
    say(me(), "3", "concurd:admin:server");
    if (take(&inheritance, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(inheritance.count, 3);
    assert_int_equal(inherit_count(&inheritance, INHERIT_SERVER), 2);
    assert_int_equal(inherit_count(&inheritance, INHERIT_ADMIN), 1);
    assert_int_equal(inheritance.sockets[1].role, INHERIT_ADMIN);
    for (i = 0; i < 3; i++) {
        assert_int_equal(inheritance.sockets[i].fd, FIRST + i);
        assert_int_equal(fcntl(FIRST + i, F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(FIRST + i, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    }
}

static void what_is_not_for_us_is_left_alone(void **state)
{
    static const char *const pids[] = {NULL, "1"};
    struct inheritance inheritance;
    struct error error;
    size_t i;

    (void)state;
    place(0, A_FILE); /* would be refused */
    for (i = 0; i < 2; i++) {
        say(pids[i], "1", "nobody");
        assert_int_equal(take(&inheritance, &error), 0);
        assert_int_equal(inheritance.count, 0);
    }
    say(me(), NULL, NULL);
    assert_int_equal(take(&inheritance, &error), 0);
    say(me(), "0", "");
    assert_int_equal(take(&inheritance, &error), 0);
    assert_int_equal(inheritance.count, 0);
    assert_int_equal(fcntl(FIRST, F_GETFD), 0);
}

static const struct {
    const char *count, *names;
    enum kind first, second;
    const char *refusal; /* a part of it */
} wrong[] = {
    {"1", "concurd", A_FILE, CLOSED, "is no socket"},
    {"1", "concurd", CLOSED, CLOSED, "is not open"},
    {"1", "concurd", DATAGRAM, CLOSED, "is no stream socket"},
    {"1", "concurd", SEQPACKET, CLOSED, "is no stream socket"},
    {"1", "concurd", BOUND, CLOSED, "does not listen"},
    {"1", "concurd", CONNECTED, CLOSED, "does not listen"},
    {"2", "concurd:admin", LISTENING, BOUND, "descriptor 101, named 'admin', does not listen"},
    {"1", "concurd.socket", LISTENING, CLOSED,
     "is named 'concurd.socket'; it must be concurd, server, tls or admin"},
    {"1", "tl", LISTENING, CLOSED, "is named 'tl'"},
    {"1", "a-tls", LISTENING, CLOSED, "is named 'a-tls'"},
    {"1", "", LISTENING, CLOSED, "is named ''"},
    {"1", "Admin", LISTENING, CLOSED, "is named 'Admin'"},
    {"1", "concurdd", LISTENING, CLOSED, "is named 'concurdd'"},
    {"2", "concurd", LISTENING, LISTENING, "LISTEN_FDS=2 and LISTEN_FDNAMES=concurd do not fit: 1 names"},
    {"1", "concurd:admin", LISTENING, LISTENING, "do not fit: 2 names"},
    {"1", NULL, LISTENING, CLOSED, "without names"},
    {"2", "admin:admin", LISTENING, LISTENING, "2 sockets are named admin"},
    {"one", "concurd", LISTENING, CLOSED, "LISTEN_FDS=one is not a number"},
    {"-1", "concurd", LISTENING, CLOSED, "LISTEN_FDS=-1 is not a number"},
    {"65", "concurd", LISTENING, CLOSED, "more than 64 sockets"},
    {"18446744073709551615", "concurd", LISTENING, CLOSED, "more than 64 sockets"},
};

static void every_wrong_inheritance_is_refused(void **state)
{
    struct inheritance inheritance;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        place(0, wrong[i].first);
        place(1, wrong[i].second);
        say(me(), wrong[i].count, wrong[i].names);
        if (take(&inheritance, &error) == 0)
            fail_msg("row %zu is not refused", i);
        if (strstr(error.text, wrong[i].refusal) == NULL)
            fail_msg("row %zu: '%s' does not say '%s'", i, error.text, wrong[i].refusal);
    }
    say("x", "1", "concurd");
    assert_int_equal(take(&inheritance, &error), -1);
    assert_string_equal(error.text, "LISTEN_PID=x is not a number");
}

static void nobody_is_accepted(void *context, struct listener *listener, int fd, const struct address *peer)
{
    (void)context;
    (void)listener;
    (void)fd;
    (void)peer;
    fail_msg("who waits belongs to the next daemon");
}

/* The parent's socket goes on listening, with its name and with who waits there. */
static void closing_a_listener_leaves_an_inherited_socket_alone(void **state)
{
    struct event_base *base = event_base_new();
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int parents, client, yes = 0;
    struct listener *listener;
    struct error error = {""};

    (void)state;
    place(0, LISTENING);
    parents = dup(FIRST);
    assert_int_equal(getsockname(FIRST, (struct sockaddr *)&address, &length), 0);
    listener = listener_inherit(FIRST, 7, &error);
    if (listener == NULL)
        fail_msg("%s", error.text);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listener_start(listener, base, nobody_is_accepted, NULL), 0);
    listener_accept_rest(listener);
    listener_close(&listener);
    event_base_free(base);
    length = sizeof yes;
    assert_int_equal(getsockopt(parents, SOL_SOCKET, SO_ACCEPTCONN, &yes, &length), 0);
    assert_int_equal(yes, 1);
    assert_true(fcntl(parents, F_SETFL, O_NONBLOCK) == 0 && accept(parents, NULL, NULL) >= 0);
    close(client);
    close(parents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_taken_over_by_name),
        cmocka_unit_test(what_is_not_for_us_is_left_alone),
        cmocka_unit_test(every_wrong_inheritance_is_refused),
        cmocka_unit_test(closing_a_listener_leaves_an_inherited_socket_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
