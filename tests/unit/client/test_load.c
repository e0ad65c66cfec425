/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole loads against a server in this process that behaves well or badly on purpose. Every request must be
 * accounted for: what the client says it sent is what the server counted, or the difference is what a lost
 * connection explains. The server's thread serves all connections of a test by poll(); the load brings its
 * own threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/load/report.h"
#include "client/load/run.h"

#define CLIENTS_MOST 64
#define PING_BYTES   14 /* "*1\r\n$4\r\nPING\r\n" */

struct behaviour {
    const char *reply;    /* to each request */
    unsigned close_after; /* requests on one connection; 0: never */
    bool silent;
    bool splits; /* writes each byte by itself */
};

struct server {
    struct behaviour behaviour;
    int listener, stop[2];
    uint16_t port;
    pthread_t thread;
    struct {
        int fd;
        size_t bytes;
        unsigned requests;
        bool is_info; /* asks INFO: another length, not counted */
    } clients[CLIENTS_MOST];
    atomic_uint requests, closed;
};

/* Whoever's time is up leaves without waiting for what is still owed to him. */
static void reply_once(const struct server *server, int fd, const char *text)
{
    size_t length = strlen(text), step = server->behaviour.splits ? 1 : length, i;

    for (i = 0; i < length; i += step) {
        if (send(fd, text + i, step, MSG_NOSIGNAL) < 0)
            return;
    }
}

static void drop(struct server *server, int i)
{
    close(server->clients[i].fd);
    server->clients[i].fd = -1;
}

static void answer(struct server *server, int i, size_t got)
{
    server->clients[i].bytes += got;
    while (server->clients[i].bytes >= PING_BYTES && server->clients[i].fd >= 0) {
        server->clients[i].bytes -= PING_BYTES;
        atomic_fetch_add(&server->requests, 1);
        if (!server->behaviour.silent)
            reply_once(server, server->clients[i].fd, server->behaviour.reply);
        if (++server->clients[i].requests == server->behaviour.close_after) {
            atomic_fetch_add(&server->closed, 1);
            drop(server, i);
        }
    }
}

static void serve_client(struct server *server, int i)
{
    char bytes[4096];
    ssize_t got = recv(server->clients[i].fd, bytes, sizeof bytes, 0);

    if (got <= 0)
        drop(server, i);
    else if (got >= PING_BYTES && memcmp(bytes + 8, "INFO", 4) == 0)
        reply_once(server, server->clients[i].fd, "$11\r\nmode:test\r\n\r\n");
    else
        answer(server, i, (size_t)got);
}

static void accept_client(struct server *server)
{
    int i = 0;

    while (i < CLIENTS_MOST && server->clients[i].fd >= 0)
        i++;
    assert_true(i < CLIENTS_MOST);
    memset(&server->clients[i], 0, sizeof server->clients[i]);
    server->clients[i].fd = accept(server->listener, NULL, NULL);
}

static void *serve(void *argument)
{
    struct server *server = argument;

    for (;;) {
        struct pollfd ready[CLIENTS_MOST + 2];
        int i;

        for (i = 0; i < CLIENTS_MOST; i++)
            ready[i] = (struct pollfd){.fd = server->clients[i].fd, .events = POLLIN};
        ready[CLIENTS_MOST] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        ready[CLIENTS_MOST + 1] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
        poll(ready, CLIENTS_MOST + 2, -1);
        if (ready[CLIENTS_MOST + 1].revents != 0)
            return NULL;
        for (i = 0; i < CLIENTS_MOST; i++) {
            if (ready[i].revents != 0)
                serve_client(server, i);
        }
        if (ready[CLIENTS_MOST].revents != 0)
            accept_client(server);
    }
}

static void server_begin(struct server *server, struct behaviour behaviour)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int i;

    memset(server, 0, sizeof *server);
    server->behaviour = behaviour;
    for (i = 0; i < CLIENTS_MOST; i++)
        server->clients[i].fd = -1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, CLIENTS_MOST), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pipe(server->stop), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_end(struct server *server)
{
    int i;

    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->listener);
    for (i = 0; i < CLIENTS_MOST; i++) {
        if (server->clients[i].fd >= 0)
            close(server->clients[i].fd);
    }
}

static enum load_outcome run_load(struct load_plan *plan, uint16_t port, struct load_result *result,
                                  struct error *error)
{
    static const struct option_words no_command;
    enum load_outcome outcome;

    plan->target.port = port;
    assert_int_equal(load_plan_prepare(plan, &no_command, error), 0);
    outcome = load_run(plan, result, error);
    load_plan_clear(plan);
    return outcome;
}

static void assert_accounted_for(const struct load_result *result)
{
    const struct load_counts *counts = &result->counts;
    uint64_t sent = 0, ok = 0, errors = 0, failed = 0;
    size_t i;

    assert_int_equal(counts->sent, counts->ok + counts->error_replies + counts->failed + counts->unfinished);
    assert_int_equal(histogram_count(result->times.service), load_counts_replies(counts));
    assert_int_equal(result->errors[LOAD_ERROR_REPLY], counts->error_replies);
    for (i = 0; i < result->second_count; i++) {
        sent += result->seconds[i].sent;
        ok += result->seconds[i].ok;
        errors += result->seconds[i].error_replies;
        failed += result->seconds[i].failed;
        assert_true(result->seconds[i].from_s < result->seconds[i].to_s);
        assert_true(result->seconds[i].latency_p50_ns <= result->seconds[i].latency_max_ns);
    }
    assert_true(sent == counts->sent && ok == counts->ok && errors == counts->error_replies &&
                failed == counts->failed);
}

static void counted_requests_are_sent_exactly(void **state)
{
    static const struct {
        uint64_t connections, threads, pipeline, requests;
    } cases[] = {{1, 1, 1, 1}, {4, 1, 1, 1000}, {7, 3, 5, 1003}, {8, 2, 16, 5}, {3, 3, 100, 10001}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_plan plan = LOAD_PLAN_DEFAULT;
        struct load_result result;
        struct server server;
        struct error error;

        plan.connections = cases[i].connections;
        plan.threads = cases[i].threads;
        plan.pipeline = cases[i].pipeline;
        plan.requests = cases[i].requests;
        server_begin(&server, (struct behaviour){.reply = "+PONG\r\n"});
        assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
        assert_accounted_for(&result);
        assert_int_equal(result.counts.ok, cases[i].requests);
        assert_int_equal(result.counts.unfinished, 0);
        assert_int_equal(atomic_load(&server.requests), cases[i].requests);
        assert_string_equal(result.cost.mode, "test");
        assert_true(result.duration_s > 0);
        load_result_clear(&result);
        server_end(&server);
    }
}

static void a_time_ends_it(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    plan.connections = 5;
    plan.duration_us = 200000;
    server_begin(&server, (struct behaviour){.reply = "$4\r\nPONG\r\n", .splits = true});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    assert_accounted_for(&result);
    assert_true(result.counts.ok > 0 && result.counts.failed == 0);
    assert_true(result.counts.unfinished <= 5);
    assert_true(result.duration_s >= 0.2 && result.duration_s < 2);
    load_result_clear(&result);
    server_end(&server);
}

/* Each connection dies with its tenth request, whose reply still comes: of a batch of 4 that leaves 2 without
 * one. */
static void lost_connections_are_counted_and_replaced(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;
    unsigned closed;

    (void)state;
    plan.connections = 4;
    plan.threads = 2;
    plan.pipeline = 4;
    plan.requests = 96;
    server_begin(&server, (struct behaviour){.reply = "+PONG\r\n", .close_after = 10});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    closed = atomic_load(&server.closed);
    assert_accounted_for(&result);
    assert_int_equal(result.counts.sent, 96);
    assert_true(closed >= 4 && result.counts.failed > 0);
    assert_int_equal(result.errors[LOAD_CLOSED] + result.errors[LOAD_RESET], closed);
    load_result_clear(&result);
    server_end(&server);
}

static void error_replies_are_replies(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    plan.connections = 2;
    plan.requests = 50;
    server_begin(&server, (struct behaviour){.reply = "-ERR no\r\n"});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    assert_accounted_for(&result);
    assert_int_equal(result.counts.error_replies, 50);
    load_result_clear(&result);
    server_end(&server);
}

static void one_reply_too_many_is_malformed(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    plan.connections = 1;
    plan.requests = 3;
    server_begin(&server, (struct behaviour){.reply = "+PONG\r\n+PONG\r\n"});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    assert_accounted_for(&result);
    assert_true(result.errors[LOAD_MALFORMED] > 0);
    load_result_clear(&result);
    server_end(&server);
}

static void a_silent_server_does_not_hang_us(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    plan.connections = 2;
    plan.requests = 1000000;
    plan.timeout_us = 50000;
    server_begin(&server, (struct behaviour){.silent = true});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    assert_accounted_for(&result);
    assert_true(result.gave_up);
    assert_int_equal(result.counts.ok, 0);
    assert_true(result.errors[LOAD_TIMED_OUT] >= 2);
    load_result_clear(&result);
    server_end(&server);
}

struct open_case {
    uint64_t connections, threads, pipeline, rate, reconnect_every, warmup_us, ramp_us, idle;
    bool poisson, verify;
    struct behaviour behaviour;
};

static const struct open_case open_cases[] = {
    {.connections = 4, .threads = 2, .pipeline = 1, .rate = 1000, .behaviour = {.reply = "+PONG\r\n"}},
    {.connections = 1, .threads = 1, .pipeline = 8, .rate = 3000, .behaviour = {.reply = "+PONG\r\n"}},
    {.connections = 6,
     .threads = 3,
     .pipeline = 2,
     .rate = 2000,
     .poisson = true,
     .warmup_us = 100000,
     .ramp_us = 200000,
     .idle = 3,
     .behaviour = {.reply = "+PONG\r\n", .splits = true}},
    {.connections = 3,
     .threads = 1,
     .pipeline = 4,
     .rate = 2000,
     .reconnect_every = 5,
     .verify = true,
     .behaviour = {.reply = "+PONG\r\n", .splits = true}},
    {.connections = 4,
     .threads = 2,
     .pipeline = 3,
     .rate = 1000,
     .behaviour = {.reply = "+PONG\r\n", .close_after = 7}},
    {.connections = 2,
     .threads = 1,
     .pipeline = 2,
     .rate = 1000,
     .verify = true,
     .behaviour = {.reply = "+PANG\r\n"}},
    {.connections = 2, .threads = 2, .pipeline = 3, .rate = 1000, .behaviour = {.silent = true}},
};

static void prepare_case(struct load_plan *plan, const struct open_case *one)
{
    plan->connections = one->connections;
    plan->threads = one->threads;
    plan->pipeline = one->pipeline;
    plan->rate_millionths = one->rate * SCHEDULE_MILLION;
    plan->poisson = one->poisson;
    plan->verify = one->verify;
    plan->reconnect_every = one->reconnect_every;
    plan->warmup_us = one->warmup_us;
    plan->ramp_us = one->ramp_us;
    plan->idle = one->idle;
    plan->timeout_us = 100000;
    plan->duration_us = 300000;
    plan->mix_text = "PING:1,ping:2";
}

static void check_case(const struct open_case *one, const struct load_result *result, uint64_t served)
{
    const struct load_counts *counts = &result->counts;
    uint64_t all = counts->sent + counts->unsent;
    size_t i;

    assert_accounted_for(result);
    assert_int_equal(histogram_count(result->times.latency), all);
    assert_int_equal(histogram_count(result->times.send_lag), counts->sent);
    if (!one->poisson)
        assert_int_equal(all, one->rate * 3 / 10);
    if (one->verify && one->reconnect_every == 0)
        assert_true(counts->ok == 0 && result->errors[LOAD_WRONG_REPLY] == counts->failed);
    if (one->warmup_us == 0 && one->behaviour.close_after == 0)
        assert_in_range(served, counts->sent - counts->unfinished, counts->sent);
    assert_int_equal(result->command_count, 2);
    for (i = 0; i < 2; i++)
        all -= result->commands[i].counts.sent + result->commands[i].counts.unsent;
    assert_int_equal(all, 0);
    assert_true(result->idle == one->idle && result->idle_lost == 0);
}

/* Every request that was meant for the time is in the latency; what was sent the server has seen. */
static void an_open_loop_accounts_for_everything(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof open_cases / sizeof open_cases[0]; i++) {
        struct load_plan plan = LOAD_PLAN_DEFAULT;
        struct load_result result;
        struct server server;
        struct error error;

        prepare_case(&plan, &open_cases[i]);
        server_begin(&server, open_cases[i].behaviour);
        assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
        check_case(&open_cases[i], &result, atomic_load(&server.requests));
        load_result_clear(&result);
        server_end(&server);
    }
}

/* More than are counted one by one: each of them is in the counts and in the latency all the same. */
static void millions_that_are_not_sent_are_all_counted(void **state)
{
    static const struct {
        uint64_t threads, rate, warmup_us, requests;
        bool poisson;
    } cases[] = {
        {.threads = 1, .rate = 3300000},
        {.threads = 2, .rate = 9999999},
        {.threads = 1, .rate = 5000000, .warmup_us = 100000},
        {.threads = 1, .rate = 5000000, .requests = 3000001},
        {.threads = 1, .rate = 3300000, .poisson = true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_plan plan = LOAD_PLAN_DEFAULT;
        struct load_result result;
        struct server server;
        struct error error;
        uint64_t all, due = cases[i].requests > 0 ? cases[i].requests : cases[i].rate;

        plan.connections = plan.threads = cases[i].threads;
        plan.rate_millionths = cases[i].rate * SCHEDULE_MILLION;
        plan.duration_us = 1000000;
        plan.requests = cases[i].requests;
        plan.warmup_us = cases[i].warmup_us;
        plan.poisson = cases[i].poisson;
        server_begin(&server, (struct behaviour){.silent = true});
        assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
        assert_accounted_for(&result);
        all = result.counts.sent + result.counts.unsent;
        assert_int_equal(histogram_count(result.times.latency), all);
        if (cases[i].poisson)
            assert_in_range(all, due - due / 100, due + due / 100);
        else
            assert_int_equal(all, due);
        assert_false(result.suspect); /* the server has not answered once */
        load_result_clear(&result);
        server_end(&server);
    }
}

/* A connection that the server closes after each reply is back in time for the next request: what it was away is in the
 * latency, and little of it our own pause. When it paused for 10 ms and more, 50 requests at most could be sent. */
static void a_lost_connection_is_soon_back(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    plan.connections = 1;
    plan.rate_millionths = 200 * SCHEDULE_MILLION;
    plan.duration_us = 500000;
    server_begin(&server, (struct behaviour){.reply = "+PONG\r\n", .close_after = 1});
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_RAN);
    assert_accounted_for(&result);
    assert_int_equal(result.counts.sent + result.counts.unsent, 100);
    assert_in_range(result.counts.ok, 60, 100);
    load_result_clear(&result);
    server_end(&server);
}

static void nobody_there_is_said_at_once(void **state)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct load_result result;
    struct server server;
    struct error error;

    (void)state;
    server_begin(&server, (struct behaviour){.reply = "+PONG\r\n"});
    server_end(&server); /* its port is nobody's now */
    assert_int_equal(run_load(&plan, server.port, &result, &error), LOAD_UNREACHABLE);
    assert_non_null(strstr(error.text, "Connection refused"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_requests_are_sent_exactly),
        cmocka_unit_test(a_time_ends_it),
        cmocka_unit_test(lost_connections_are_counted_and_replaced),
        cmocka_unit_test(error_replies_are_replies),
        cmocka_unit_test(one_reply_too_many_is_malformed),
        cmocka_unit_test(a_silent_server_does_not_hang_us),
        cmocka_unit_test(an_open_loop_accounts_for_everything),
        cmocka_unit_test(millions_that_are_not_sent_are_all_counted),
        cmocka_unit_test(a_lost_connection_is_soon_back),
        cmocka_unit_test(nobody_there_is_said_at_once),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
