/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a request's waiting is our own doing: a load is played twice, once by a client that is away for some of the
 * time, once by one that always looks, and what the first one's account says is held against the difference. One
 * thread. */
#include "tests/unit/unit.h"

#include "client/load/lateness.h"

#define MS          UINT64_C(1000000)
#define REQUESTS    2000
#define PLACES_MOST 4

/* Away for `away_ns` at the beginning of each `every_ns`, from `from_ns` to `to_ns`. */
struct absence {
    uint64_t from_ns, to_ns, every_ns, away_ns;
};

struct course {
    uint64_t gap_ns; /* between requests that are due */
    unsigned places;
    uint64_t service_ns;
    struct absence client, server;
};

static uint64_t back_at(const struct absence *absence, uint64_t now_ns)
{
    uint64_t into_ns;

    if (absence->every_ns == 0 || now_ns < absence->from_ns || now_ns >= absence->to_ns)
        return now_ns;
    into_ns = (now_ns - absence->from_ns) % absence->every_ns;
    return into_ns < absence->away_ns ? now_ns + absence->away_ns - into_ns : now_ns;
}

/* When each request is sent, by a client that is away as the course says or never is, and the lag that it thinks it
 * has. */
static void play(const struct course *course, bool away, uint64_t *sent_ns, uint64_t *lag_ns)
{
    static const struct absence never;
    const struct absence *client = away ? &course->client : &never;
    struct lateness places[PLACES_MOST] = {{0}};
    uint64_t read_ns[PLACES_MOST] = {0}, usual_ns = 0;
    unsigned i, j;

    for (i = 0; i < REQUESTS; i++) {
        uint64_t due_ns = (i + 1) * course->gap_ns, replied_ns;
        unsigned first = 0;

        for (j = 1; j < course->places; j++)
            first = read_ns[j] < read_ns[first] ? j : first;
        sent_ns[i] = back_at(client, due_ns > read_ns[first] ? due_ns : read_ns[first]);
        lag_ns[i] = lateness_send(&places[first], due_ns, sent_ns[i]);
        replied_ns = back_at(&course->server, sent_ns[i]) + course->service_ns;
        read_ns[first] = back_at(client, replied_ns);
        lateness_free(&places[first], &usual_ns,
                      &(struct lateness_reply){sent_ns[i], replied_ns, read_ns[first], true});
    }
}

/* With more than one place it may be off by less than a service: who takes which differs between the two. */
static void check(const struct course *course, uint64_t *sum_ns)
{
    static uint64_t with_ns[REQUESTS], without_ns[REQUESTS], lag_ns[REQUESTS], none_ns[REQUESTS];
    unsigned i;

    play(course, true, with_ns, lag_ns);
    play(course, false, without_ns, none_ns);
    *sum_ns = 0;
    for (i = 0; i < REQUESTS; i++) {
        uint64_t truth_ns = with_ns[i] - without_ns[i];
        uint64_t off_ns = truth_ns > lag_ns[i] ? truth_ns - lag_ns[i] : lag_ns[i] - truth_ns;

        assert_int_equal(none_ns[i], 0);
        if (off_ns >= (course->places > 1 ? course->service_ns : 1))
            fail_msg("request %u: sent %llu us late, and the lag is %llu us", i,
                     (unsigned long long)truth_ns / 1000, (unsigned long long)lag_ns[i] / 1000);
        *sum_ns += lag_ns[i];
    }
}

/* Most of them wait for the place, or places, that the client did not come to see free, long after it was back. */
static void what_an_absence_delays_is_the_client_s(void **state)
{
    const struct absence once = {1500 * MS, 2500 * MS, 1000 * MS, 1000 * MS};
    const struct absence often = {500 * MS, 4000 * MS, 100 * MS, 50 * MS};
    const struct course courses[] = {
        {6600000, 1, 5 * MS, once, {0}},
        {6600000, 1, 5 * MS, often, {0}},
        {3100000, 2, 5 * MS, once, {0}},
        {3100000, 2, 5 * MS, often, {0}},
        {2 * MS, 4, 5 * MS, once, {0}},
        {4 * MS, 1, 5 * MS, once, {0}}, /* never catches up, with or without us */
    };
    uint64_t sum_ns;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof courses / sizeof courses[0]; i++) {
        check(&courses[i], &sum_ns);
        assert_true(sum_ns > 10 * 1000 * MS);
    }
}

static void what_a_stall_delays_is_the_server_s(void **state)
{
    static const struct course course = {
        6 * MS, 2, 5 * MS, {0}, {1000 * MS, 2000 * MS, 1000 * MS, 1000 * MS}};
    static const struct course both = {4 * MS,
                                       1,
                                       2 * MS,
                                       {5000 * MS, 5100 * MS, 100 * MS, 100 * MS},
                                       {1000 * MS, 2000 * MS, 1000 * MS, 1000 * MS}};
    /* late by 0.28 s when it asks a server that is stopped for longer: it had the answer no earlier */
    static const struct course meanwhile = {4 * MS,
                                            2,
                                            2 * MS,
                                            {1000 * MS, 1280 * MS, 280 * MS, 280 * MS},
                                            {1000 * MS, 2000 * MS, 1000 * MS, 1000 * MS}};
    uint64_t sum_ns;

    (void)state;
    check(&course, &sum_ns);
    assert_int_equal(sum_ns, 0);
    check(&both, &sum_ns);
    assert_true(sum_ns > 0 && sum_ns < 100 * 100 * MS);
    check(&meanwhile, &sum_ns);
    assert_true(sum_ns > 0 && sum_ns < 3 * 280 * MS);
}

/* Late by `unread_ns` a thousand times; answers the send lag of the last of as many requests. */
static uint64_t lag_after_a_thousand(uint64_t unread_ns, bool starved)
{
    struct lateness place = {0};
    uint64_t now_ns = 0, usual_ns = 0, lag_ns = 0;
    unsigned i;

    for (i = 0; i < 1000; i++) {
        struct lateness_reply reply = {now_ns, now_ns + 5 * MS, now_ns + 5 * MS + unread_ns, starved};

        lag_ns = lateness_send(&place, 0, now_ns);
        lateness_free(&place, &usual_ns, &reply);
        now_ns = reply.now_ns;
    }
    return lag_ns;
}

/* Whoever takes turns of less than a millisecond, or lets a server that has more to do wait, delays one request. */
static void what_the_server_does_not_miss_does_not_add_up(void **state)
{
    (void)state;
    assert_int_equal(lag_after_a_thousand(LATENESS_LEAST_NS - 1, true), LATENESS_LEAST_NS - 1);
    assert_int_equal(lag_after_a_thousand(LATENESS_LEAST_NS, true), 999 * LATENESS_LEAST_NS);
    assert_int_equal(lag_after_a_thousand(4 * MS, false), 4 * MS);
}

static void who_comes_early_is_not_late(void **state)
{
    struct lateness place = {0};
    uint64_t usual_ns = 0;

    (void)state;
    assert_int_equal(lateness_send(&place, 10 * MS, 9 * MS), 0);
    assert_int_equal(
        lateness_free(&place, &usual_ns, &(struct lateness_reply){9 * MS, 12 * MS, 11 * MS, true}), 0);
    assert_int_equal(lateness_send(&place, 5 * MS, 11 * MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_absence_delays_is_the_client_s),
        cmocka_unit_test(what_a_stall_delays_is_the_server_s),
        cmocka_unit_test(what_the_server_does_not_miss_does_not_add_up),
        cmocka_unit_test(who_comes_early_is_not_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
