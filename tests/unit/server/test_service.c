/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager is told, by a server that is nothing but its figures: order, what is owed while the receiver's
 * queue is full, and when the watchdog and a drain's requests for time fall silent. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/server/server_private.h"

static struct server server;
static int manager; /* the receiver */

static int make_server(void **state)
{
    struct segment_layout layout = {.processes = 1, .slots = 1, .connections = 1, .counters = 1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct error error;
    int length;

    (void)state;
    server = (struct server){.generations =
                                 generations_new(generation_new(config_new(), 1, NULL, &(struct buffer){0})),
                             .segment = segment_create(&layout, &error)};
    server.process.generations = server.generations;
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "concurd-unit-service-%ld",
                      (long)getpid());
    if (server.generations == NULL || server.segment == NULL ||
        bind(manager, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) != 0)
        return -1;
    address.sun_path[0] = '@';
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "2000000", 1);
    service_open(&server.service);
    return 0;
}

static int drop_server(void **state)
{
    (void)state;
    service_close(&server.service);
    close(manager);
    segment_close(&server.segment);
    generations_free(&server.generations);
    return 0;
}

/* The next message, "" when there is none. */
static const char *next(void)
{
    static char text[1024];
    ssize_t length = recv(manager, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void assert_next(const char *beginning)
{
    const char *text = next();

    if (strncmp(text, beginning, strlen(beginning)) != 0)
        fail_msg("'%s' does not begin with '%s'", text, beginning);
}

static void states_come_in_their_order(void **state)
{
    (void)state;
    service_ready(&server);
    service_reloading(&server);
    service_reloaded(&server, "x.conf:7: no such key\nx.conf:8: nor this");
    service_reloading(&server);
    service_reloaded(&server, NULL);
    service_stopping(&server);
    assert_next("READY=1\nSTATUS=mode pool, 0 clients, 0 requests/s");
    assert_next("RELOADING=1\nMONOTONIC_USEC=");
    assert_string_equal(
        next(),
        "READY=1\nSTATUS=mode pool, 0 clients, 0 requests/s; last reload refused: x.conf:7: no such key");
    assert_next("RELOADING=1\n");
    assert_string_equal(next(), "READY=1\nSTATUS=mode pool, 0 clients, 0 requests/s");
    assert_next("STOPPING=1\n");
    assert_next("EXTEND_TIMEOUT_USEC=");
    assert_string_equal(next(), "");
}

static void fill(void)
{
    while (notify_send(&server.service.notify, "X=1") == 0)
        ;
}

static void drain(void)
{
    while (strcmp(next(), "X=1") == 0)
        ;
}

/* What there is no room for comes later, in its order; of too much the end state is what matters. */
static void what_is_owed_is_paid(void **state)
{
    const char *text;
    unsigned i;

    (void)state;
    fill();
    service_ready(&server);
    service_stopping(&server);
    assert_int_equal(server.service.owed_count, 2);
    service_tick(&server, clock_now_us());
    assert_int_equal(server.service.owed_count, 2);
    while (strncmp(text = next(), "X=1", 3) == 0)
        ;
    assert_string_equal(text, "");
    service_tick(&server, clock_now_us());
    assert_next("READY=1\n");
    assert_next("STOPPING=1\n");
    drain();
    fill();
    for (i = 0; i < 50; i++) {
        service_reloading(&server);
        service_reloaded(&server, NULL);
    }
    service_stopping(&server);
    service_failed(&server, "the end");
    drain();
    service_tick(&server, clock_now_us());
    /* a reload's READY took the place of the next one's RELOADING, and then came a READY after a READY */
    assert_next("RELOADING=1\n");
    assert_next("READY=1\n");
    assert_next("STOPPING=1\n");
    assert_next("STATUS=the end");
    assert_string_equal(next(), "");
}

/* systemd refuses a message that is not UTF-8, and a READY=1 with it; a text was cut in the middle of a character. */
static void a_status_is_utf8(void **state)
{
    char reason[400] = "x.conf:1: ";
    const char *text;
    size_t i;

    (void)state;
    for (i = 0; i < 120; i++)
        strcat(reason, "\xc3\xa4");
    for (i = 0; i < 2; i++) {
        service_reloaded(&server, reason + i); /* at either parity */
        text = next();
        assert_non_null(strstr(text, "\xc3\xa4\xc3\xa4"));
        assert_null(strchr(text, '?'));
        assert_memory_equal(text + strlen(text) - 2, "\xc3\xa4", 2);
    }
    service_reloaded(&server, "x.conf:1: \xff\x1b[2J is no key\nx");
    assert_non_null(strstr(next(), "refused: x.conf:1: ??[2J is no key"));
    service_failed(&server, "\xc3");
    assert_string_equal(next(), "STATUS=?");
}

static unsigned count_ticks(const char *what, uint64_t from_us, uint64_t for_us)
{
    unsigned count = 0;
    const char *text;
    uint64_t at;

    for (at = from_us; at < from_us + for_us; at += 100000) {
        service_tick(&server, at);
        while (*(text = next()) != '\0')
            count += strncmp(text, what, strlen(what)) == 0;
    }
    return count;
}

static void the_watchdog_is_fed_while_nothing_hangs(void **state)
{
    uint64_t now = clock_now_us() + 1000000;

    (void)state;
    assert_int_equal(count_ticks("WATCHDOG=1", now, 10000000), 10);
    server.hanging = 1;
    assert_int_equal(count_ticks("WATCHDOG=1", now + 10000000, 10000000), 0);
    server.hanging = 0;
    assert_int_equal(count_ticks("WATCHDOG=1", now + 20000000, 10000000), 10);
}

static void a_drain_asks_for_time_while_nothing_hangs(void **state)
{
    uint64_t now = clock_now_us() + 1000000;

    (void)state;
    assert_int_equal(count_ticks("EXTEND_TIMEOUT_USEC=10000000", now, 5000000), 0);
    server.drain_until_us = now + 60000000;
    assert_int_equal(count_ticks("EXTEND_TIMEOUT_USEC=10000000", now + 5000000, 10000000), 10);
    server.hanging = 1;
    assert_int_equal(count_ticks("EXTEND_TIMEOUT_USEC=10000000", now + 15000000, 10000000), 0);
}

static void the_status_follows_the_figures_and_is_told_once(void **state)
{
    uint64_t now = clock_now_us();

    (void)state;
    server.service.notify.watchdog_us = 0;
    service_ready(&server);
    next();
    segment_add(&server.segment->slots[0].commands, 1000);
    server.service.looked_us = now;
    service_tick(&server, now + 2000000);
    assert_string_equal(next(), "STATUS=mode pool, 0 clients, 500 requests/s");
    service_tick(&server, now + 4000000);
    assert_string_equal(next(), "STATUS=mode pool, 0 clients, 0 requests/s");
    service_tick(&server, now + 6000000);
    service_tick(&server, now + 8000000);
    assert_string_equal(next(), "");
    server.hanging = 2;
    service_tick(&server, now + 10000000);
    assert_string_equal(next(), "STATUS=mode pool, 0 clients, 0 requests/s; 2 threads hang");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(states_come_in_their_order, make_server, drop_server),
        cmocka_unit_test_setup_teardown(what_is_owed_is_paid, make_server, drop_server),
        cmocka_unit_test_setup_teardown(a_status_is_utf8, make_server, drop_server),
        cmocka_unit_test_setup_teardown(the_watchdog_is_fed_while_nothing_hangs, make_server, drop_server),
        cmocka_unit_test_setup_teardown(a_drain_asks_for_time_while_nothing_hangs, make_server, drop_server),
        cmocka_unit_test_setup_teardown(the_status_follows_the_figures_and_is_told_once, make_server,
                                        drop_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
