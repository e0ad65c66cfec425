/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners on a loop of the test's own: free ports, stale and living unix sockets, pauses, and what happens
 * when the process has no descriptors left. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "tests/unit/log/support.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/net/listener.h"

#define CLIENTS_MOST 256

static struct event_base *base;
static struct log_queue *queue;
static struct {
    int fds[CLIENTS_MOST];
    unsigned count;
    char peer[ADDRESS_TEXT_BYTES];
} accepted;

static int make_loop(void **state)
{
    (void)state;
    base = event_base_new();
    queue = support_queue(1, 65536);
    log_bind(log_queue_lane(queue, 0), 0, false);
    accepted.count = 0;
    return base != NULL ? support_make_directory(state) : -1;
}

static int drop_loop(void **state)
{
    while (accepted.count > 0)
        close(accepted.fds[--accepted.count]);
    log_bind(NULL, 0, false);
    support_queue_free(queue);
    event_base_free(base);
    return support_remove_directory(state);
}

static void keep(void *context, struct listener *listener, int fd, const struct address *peer)
{
    (void)listener;
    assert_ptr_equal(context, &accepted);
    assert_true(accepted.count < CLIENTS_MOST);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    address_format(peer, accepted.peer);
    accepted.fds[accepted.count++] = fd;
}

static struct listener *listening(const char *spec)
{
    struct error error = {""};
    struct listener *listener = listener_open(spec, 128, &error);

    if (listener == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(listener_start(listener, base, keep, &accepted), 0);
    return listener;
}

static int connect_to(const char *spec)
{
    struct address address;
    struct error error;
    int fd;

    assert_int_equal(address_parse(spec, &address, &error), 0);
    fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address.storage, address.length), 0);
    return fd;
}

/* Turns the loop until `count` were accepted. */
static void accept_until(unsigned count)
{
    support_wait_until((event_base_loop(base, EVLOOP_NONBLOCK), accepted.count >= count));
    assert_int_equal(accepted.count, count);
}

static const char *unix_spec(void)
{
    static char spec[160];

    snprintf(spec, sizeof spec, "unix:%s", support_path("socket"));
    return spec;
}

static void a_free_port_is_taken_and_named(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    int client;

    (void)state;
    assert_true(strncmp(listener_name(listener), "127.0.0.1:", 10) == 0);
    assert_string_not_equal(listener_name(listener), "127.0.0.1:0");
    client = connect_to(listener_name(listener));
    accept_until(1);
    assert_true(strncmp(accepted.peer, "127.0.0.1:", 10) == 0);
    assert_int_equal(listener_pauses(listener), 0);
    close(client);
    listener_close(&listener);
    assert_null(listener);
    listener_close(&listener);
}

static void a_taken_port_is_refused(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    struct error error;
    char expected[256];

    (void)state;
    assert_null(listener_open(listener_name(listener), 1, &error));
    snprintf(expected, sizeof expected, "%s: can't listen: Address already in use", listener_name(listener));
    assert_string_equal(error.text, expected);
    assert_null(listener_open("nonsense", 1, &error));
    assert_string_equal(error.text, "nonsense: 'nonsense' is no ADDR:PORT, [v6]:PORT or unix:PATH");
    listener_close(&listener);
}

static void a_unix_socket_comes_and_goes(void **state)
{
    struct listener *listener = listening(unix_spec());
    struct stat status;
    int client = connect_to(unix_spec());

    (void)state;
    accept_until(1);
    assert_string_equal(accepted.peer, "unix:");
    assert_string_equal(listener_name(listener), unix_spec());
    listener_close(&listener);
    assert_int_not_equal(lstat(support_path("socket"), &status), 0);
    close(client);
}

/* A daemon that was killed left its name. */
static void a_stale_unix_socket_is_replaced(void **state)
{
    struct listener *listener;
    struct address address;
    struct error error;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0), client;

    (void)state;
    assert_int_equal(address_parse(unix_spec(), &address, &error), 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address.storage, address.length), 0);
    assert_int_equal(listen(dead, 1), 0);
    close(dead);
    listener = listening(unix_spec());
    client = connect_to(unix_spec());
    accept_until(1);
    close(client);
    listener_close(&listener);
}

static void a_living_unix_socket_is_left_alone(void **state)
{
    struct listener *listener = listening(unix_spec());
    struct error error;
    int client;

    (void)state;
    assert_null(listener_open(unix_spec(), 1, &error));
    assert_non_null(strstr(error.text, "Address already in use"));
    client = connect_to(unix_spec());
    accept_until(2); /* the probe, and the client */
    close(client);
    listener_close(&listener);
}

/* A listening socket at the test's path that no daemon of ours made. */
static int stranger(int queue_length)
{
    struct address address;
    struct error error;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(address_parse(unix_spec(), &address, &error), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address.storage, address.length), 0);
    assert_int_equal(listen(fd, queue_length), 0);
    return fd;
}

/* It was waited for, without end: the main loop stood still while another daemon was stopped. */
static void one_with_a_full_queue_is_alive(void **state)
{
    int living = stranger(0), waiting = connect_to(unix_spec());
    struct error error;
    struct stat status;

    (void)state;
    alarm(10); /* instead of for ever */
    assert_null(listener_open(unix_spec(), 1, &error));
    alarm(0);
    assert_non_null(strstr(error.text, "Address already in use"));
    assert_int_equal(lstat(support_path("socket"), &status), 0);
    close(waiting);
    close(living);
}

/* A living daemon's name was removed when we could not ask, for want of a descriptor. */
static void one_that_can_not_be_asked_is_left_alone(void **state)
{
    int living = stranger(4), taken[64];
    struct rlimit before, low = {.rlim_cur = 64};
    struct stat status;
    struct error error;
    unsigned count = 0;

    (void)state;
    if (!unit_limits_are_real())
        skip();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    while ((taken[count] = dup(0)) >= 0)
        count++;
    assert_null(listener_open(unix_spec(), 1, &error));
    while (count > 0)
        close(taken[--count]);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_non_null(strstr(error.text, "Too many open files"));
    assert_int_equal(lstat(support_path("socket"), &status), 0);
    close(living);
}

/* Whoever took the name over lost it when we went. */
static void a_name_that_became_anothers_is_left_to_it(void **state)
{
    struct listener *listener = listening(unix_spec());
    int heir, client;

    (void)state;
    assert_false(listener_lost_its_name(listener));
    assert_int_equal(unlink(support_path("socket")), 0);
    assert_true(listener_lost_its_name(listener));
    heir = stranger(4);
    assert_false(listener_lost_its_name(listener));
    listener_close(&listener);
    client = connect_to(unix_spec());
    close(client);
    close(heir);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    struct error error;
    struct stat status;
    int file = open(support_path("socket"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_true(file >= 0);
    assert_null(listener_open(unix_spec(), 1, &error));
    assert_non_null(strstr(error.text, "exists and is no socket"));
    assert_int_equal(lstat(support_path("socket"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    close(file);
}

/* More than one wake-up takes: no connection is left behind. */
static void a_crowd_is_accepted_whole(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    int clients[100];
    size_t i;

    (void)state;
    for (i = 0; i < 100; i++)
        clients[i] = connect_to(listener_name(listener));
    accept_until(100);
    for (i = 0; i < 100; i++)
        close(clients[i]);
    listener_close(&listener);
}

static void a_pause_ends_by_itself(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    uint64_t before = clock_now_us();
    int client;

    (void)state;
    listener_pause(listener, 50);
    client = connect_to(listener_name(listener));
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(accepted.count, 0);
    listener_accept_rest(listener); /* paused is paused */
    assert_int_equal(accepted.count, 0);
    accept_until(1);
    assert_true(clock_now_us() - before >= 45000);
    assert_int_equal(listener_pauses(listener), 0); /* counts those that the kernel forced */
    close(client);
    listener_close(&listener);
}

static void the_rest_is_accepted_before_a_close(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    int first = connect_to(listener_name(listener)), second = connect_to(listener_name(listener));

    (void)state;
    listener_accept_rest(listener); /* without the loop having turned */
    assert_int_equal(accepted.count, 2);
    close(first);
    close(second);
    listener_close(&listener);
}

/* Who comes while a listener is on its way out is neither let in, to be reset by the close, nor turned away: it tries again
 * by itself. Who is in the queue is accepted. */
static void a_shut_listener_lets_nobody_new_in(void **state)
{
    struct listener *listener = listening("127.0.0.1:0");
    struct pollfd connected = {.events = POLLOUT};
    int first = connect_to(listener_name(listener)), late;
    struct address address;
    struct error error;

    (void)state;
    listener_shut(listener);
    assert_int_equal(address_parse(listener_name(listener), &address, &error), 0);
    late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&address.storage, address.length), -1);
    assert_int_equal(errno, EINPROGRESS);
    connected.fd = late;
    assert_int_equal(poll(&connected, 1, 50), 0);
    listener_accept_rest(listener);
    assert_int_equal(accepted.count, 1);
    assert_int_equal(send(first, "x", 1, MSG_NOSIGNAL), 1); /* the filter is no hindrance to those accepted */
    assert_int_equal(recv(accepted.fds[0], &(char){0}, 1, 0), 1);
    close(first);
    close(late);
    listener_close(&listener);
}

static void a_shut_unix_socket_has_no_name(void **state)
{
    struct listener *listener = listening(unix_spec());
    int first = connect_to(unix_spec());
    struct stat status;

    (void)state;
    listener_shut(listener);
    assert_int_not_equal(lstat(support_path("socket"), &status), 0);
    listener_accept_rest(listener);
    assert_int_equal(accepted.count, 1);
    close(first);
    listener_close(&listener);
}

/* Takes every descriptor that there is, but for `leave` of them. */
static unsigned take_descriptors(int *taken, unsigned most, unsigned leave)
{
    unsigned count = 0;

    while (count < most && (taken[count] = dup(0)) >= 0)
        count++;
    assert_int_equal(errno, EMFILE);
    while (leave-- > 0)
        close(taken[--count]);
    return count;
}

/* One client is told; the others wait in the queue, and accepting resumes. The loop does not spin meanwhile.
 */
static void without_descriptors_accepting_pauses_and_resumes(void **state)
{
    struct listener *listener;
    struct rlimit before, low = {.rlim_cur = 64};
    int taken[64], told, waiting;
    unsigned count, turns = 0;
    uint64_t began;
    char text[64];
    ssize_t length;

    (void)state;
    if (!unit_limits_are_real())
        skip();
    listener = listening("127.0.0.1:0");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    count = take_descriptors(taken, 64, 2);
    told = connect_to(listener_name(listener));
    waiting = connect_to(listener_name(listener));

    began = clock_now_us();
    while (clock_now_us() - began < 60000) {
        const struct timeval slice = {.tv_usec = 10000};

        event_base_loopexit(base, &slice);
        event_base_loop(base, EVLOOP_ONCE);
        turns++;
    }
    assert_true(turns < 60);
    assert_int_equal(accepted.count, 0);
    assert_int_equal(listener_pauses(listener), 1);
    length = recv(told, text, sizeof text, 0);
    assert_int_equal(length, 43);
    assert_memory_equal(text, "-LIMIT the server has no descriptors left\r\n", 43);
    assert_int_equal(recv(told, text, sizeof text, 0), 0);

    while (count > 0)
        close(taken[--count]);
    accept_until(1);
    close(told);
    close(waiting);
    listener_close(&listener);
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make_loop, drop_loop)
    const struct CMUnitTest tests[] = {
        UNIT(a_free_port_is_taken_and_named),
        UNIT(a_taken_port_is_refused),
        UNIT(a_unix_socket_comes_and_goes),
        UNIT(a_stale_unix_socket_is_replaced),
        UNIT(a_living_unix_socket_is_left_alone),
        UNIT(what_is_no_socket_is_left_alone),
        UNIT(one_with_a_full_queue_is_alive),
        UNIT(one_that_can_not_be_asked_is_left_alone),
        UNIT(a_name_that_became_anothers_is_left_to_it),
        UNIT(a_crowd_is_accepted_whole),
        UNIT(a_pause_ends_by_itself),
        UNIT(a_shut_listener_lets_nobody_new_in),
        UNIT(a_shut_unix_socket_has_no_name),
        UNIT(the_rest_is_accepted_before_a_close),
        UNIT(without_descriptors_accepting_pauses_and_resumes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
