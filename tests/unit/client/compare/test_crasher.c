/* SPDX-License-Identifier: Apache-2.0
 *
 * The client that crashes others, against a server that is made up: when it comes, what it takes for a crash, and that a
 * service which never returns is not let off. The server runs in a thread of its own, the rest in the test's. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/compare/crasher.h"
#include "common/clock.h"

enum manner { CLOSES, CLOSES_FOR_GOOD, KEEPS_SILENT, REFUSES };

struct fake {
    int listener;
    struct target target;
    enum manner manner;
    pthread_t thread;
    atomic_uint crashes;
    uint64_t crashed_us[8]; /* when the first of them came; before `crashes` is counted up */
    atomic_bool stop;
};

static struct fake fake;
static struct crasher_account account;

/* One request of one client; the connection is closed behind it. False: the service is gone for good. */
static bool serve(int client, bool gone)
{
    static const char refusal[] = "-NOPERM no crash here\r\n", pong[] = "+PONG\r\n";
    struct pollfd ready = {.fd = client, .events = POLLIN};
    char request[128] = "";
    ssize_t length = recv(client, request, sizeof request - 1, 0);
    bool crash = length > 0 && strstr(request, "CRASH") != NULL;

    if (crash && fake.manner == REFUSES)
        assert_int_equal(send(client, refusal, sizeof refusal - 1, MSG_NOSIGNAL), sizeof refusal - 1);
    else if (!crash && !gone && length > 0)
        assert_int_equal(send(client, pong, sizeof pong - 1, MSG_NOSIGNAL), sizeof pong - 1);
    if (!crash)
        return true;
    fake.crashed_us[atomic_load(&fake.crashes) % COUNT(fake.crashed_us)] = clock_now_us();
    atomic_fetch_add(&fake.crashes, 1);
    if (fake.manner == KEEPS_SILENT)
        poll(&ready, 1, 5000); /* until it gives up */
    return fake.manner != CLOSES_FOR_GOOD;
}

static void *serve_all(void *argument)
{
    struct pollfd ready = {.fd = fake.listener, .events = POLLIN};
    bool gone = false;

    while (!atomic_load(&fake.stop)) {
        int client = poll(&ready, 1, 20) > 0 ? accept(fake.listener, NULL, NULL) : -1;

        if (client < 0)
            continue;
        gone = !serve(client, gone) || gone;
        close(client);
    }
    return argument;
}

static void begin(enum manner manner)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct error error;

    memset(&fake, 0, sizeof fake);
    fake.manner = manner;
    fake.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fake.listener, 16), 0);
    assert_int_equal(getsockname(fake.listener, (struct sockaddr *)&address, &length), 0);
    fake.target = (struct target)TARGET_DEFAULT;
    fake.target.port = ntohs(address.sin_port);
    assert_int_equal(target_prepare(&fake.target, &error), 0);
    assert_int_equal(pthread_create(&fake.thread, NULL, serve_all, NULL), 0);
}

/* Until so many crashes came, or two seconds have passed. */
static void await_crashes(unsigned count)
{
    uint64_t deadline = clock_now_us() + 2000000;

    while (atomic_load(&fake.crashes) < count && clock_now_us() < deadline)
        usleep(1000);
    assert_int_equal(atomic_load(&fake.crashes), count);
}

static void await_moment(uint64_t until_us)
{
    while (clock_now_us() < until_us)
        usleep(1000);
}

static void end(struct crasher **crasher)
{
    crasher_stop(crasher, &account);
    assert_null(*crasher);
    atomic_store(&fake.stop, true);
    pthread_join(fake.thread, NULL);
    close(fake.listener);
}

/* At the given moment and a second later; and none after the last, however long the load takes to end. */
static void crashes_come_at_their_moments(void **state)
{
    uint64_t first = clock_now_us() + 50000;
    struct crasher *crasher;
    struct error error;
    size_t i;

    (void)state;
    begin(CLOSES);
    assert_int_equal(crasher_start(&crasher, &fake.target, first, first + CRASHER_INTERVAL_US + 1, &error),
                     0);
    await_crashes(2);
    await_moment(first + 2 * CRASHER_INTERVAL_US + 100000);
    end(&crasher);
    assert_int_equal(atomic_load(&fake.crashes), 2);
    for (i = 0; i < 2; i++)
        assert_true(fake.crashed_us[i] >= first + i * CRASHER_INTERVAL_US &&
                    fake.crashed_us[i] < first + i * CRASHER_INTERVAL_US + 500000);
    assert_true(account.crashes == 2 && account.recovered == 2 && account.unrecovered == 0);
    assert_true(account.outage_least_us > 0 && account.outage_least_us <= account.outage_mean_us &&
                account.outage_mean_us <= account.outage_most_us);
    assert_string_equal(account.trouble, "");
}

static void what_never_returns_counts_with_its_age(void **state)
{
    uint64_t first = clock_now_us() + 10000;
    struct crasher *crasher;
    struct error error;

    (void)state;
    begin(CLOSES_FOR_GOOD);
    assert_int_equal(crasher_start(&crasher, &fake.target, first, first + CRASHER_INTERVAL_US, &error), 0);
    await_crashes(1);
    await_moment(first + 300000);
    end(&crasher);
    assert_true(account.crashes == 1 && account.recovered == 0 && account.unrecovered == 1);
    assert_true(account.outage_mean_us >= 200000 && account.outage_most_us == account.outage_mean_us);
}

static void silence_is_no_crash(void **state)
{
    struct crasher *crasher;
    struct error error;
    uint64_t now = clock_now_us();

    (void)state;
    begin(KEEPS_SILENT);
    assert_int_equal(crasher_start(&crasher, &fake.target, now, now, &error), 0);
    await_crashes(1);
    await_moment(now + 100000);
    end(&crasher); /* waits for the thread, which gives up after a second */
    assert_int_equal(account.crashes, 0);
    assert_non_null(strstr(account.trouble, "not answered within"));
}

static void a_refusal_is_no_crash(void **state)
{
    struct crasher *crasher;
    struct error error;
    uint64_t now = clock_now_us();

    (void)state;
    begin(REFUSES);
    assert_int_equal(crasher_start(&crasher, &fake.target, now, now, &error), 0);
    await_crashes(1);
    end(&crasher);
    assert_int_equal(account.crashes, 0);
    assert_string_equal(account.trouble, "CRASH was refused: NOPERM no crash here");
}

static void an_outage_that_did_not_end_is_in_the_mean(void **state)
{
    (void)state;
    assert_true(crasher_mean_us(0, 0) == 0);
    assert_true(crasher_mean_us(6000, 3) == 2000);
    assert_true(crasher_mean_us(4000 + 1000000, 2) == 502000); /* two of 2 ms, one of at least a second */
    assert_true(crasher_mean_us(700000, 0) == 700000);         /* at least */
}

static void nobody_to_stop_is_no_trouble(void **state)
{
    struct crasher *crasher = NULL;

    (void)state;
    crasher_stop(&crasher, &account);
    assert_int_equal(account.crashes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_come_at_their_moments),
        cmocka_unit_test(what_never_returns_counts_with_its_age),
        cmocka_unit_test(silence_is_no_crash),
        cmocka_unit_test(a_refusal_is_no_crash),
        cmocka_unit_test(an_outage_that_did_not_end_is_in_the_mean),
        cmocka_unit_test(nobody_to_stop_is_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
