/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is connected from where: what counts as one address, that those who left make room without having said so, and that
 * all of it agrees with a plain count whatever comes and goes. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "daemon/server/addresses.h"

#define CONNECTIONS 100

static struct segment *segment;
static struct addresses *addresses;

static int begin(void **state)
{
    const struct segment_layout layout = {
        .processes = 1, .slots = 1, .connections = CONNECTIONS, .counters = 1};
    struct error error;

    (void)state;
    segment = segment_create(&layout, &error);
    if (segment == NULL)
        return -1;
    addresses = addresses_new(segment);
    return addresses != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    addresses_free(&addresses);
    addresses_free(&addresses);
    segment_close(&segment);
    return 0;
}

static struct address of(const char *text)
{
    struct address address;
    struct error error;

    if (address_parse(text, &address, &error) != 0)
        fail_msg("%s: %s", text, error.text);
    return address;
}

static bool has_room(const char *text, uint64_t most)
{
    struct address address = of(text);

    return addresses_have_room(addresses, &address, most);
}

static void comes(uint32_t index, const char *text)
{
    struct address address = of(text);

    atomic_store(&segment->connections[index].state, CONNECTION_USED);
    addresses_enter(addresses, index, &address);
}

static void leaves(uint32_t index)
{
    atomic_store(&segment->connections[index].state, CONNECTION_FREE);
}

static void an_address_is_a_host(void **state)
{
    (void)state;
    assert_true(has_room("192.0.2.1:1000", 1));
    comes(0, "192.0.2.1:1000");
    assert_false(has_room("192.0.2.1:2000", 1)); /* another port */
    assert_true(has_room("192.0.2.1:2000", 2));
    assert_true(has_room("192.0.2.1:2000", 0)); /* no limit */
    assert_true(has_room("192.0.2.2:1000", 1));
    assert_false(has_room("[::ffff:192.0.2.1]:1", 1)); /* the same, through a listener on [::] */
    comes(1, "[2001:db8:1:2::1]:1000");
    assert_false(has_room("[2001:db8:1:2:ffff::9]:1", 1)); /* the same /64 */
    assert_true(has_room("[2001:db8:1:3::1]:1000", 1));
    assert_true(has_room("[::1]:1000", 1));
    comes(2, "[::1]:1000");
    assert_false(has_room("[::1]:1000", 1));
    comes(3, "0.0.0.0:1");
    assert_false(has_room("0.0.0.0:1", 1));
}

static void unix_sockets_have_none(void **state)
{
    uint32_t i;

    (void)state;
    for (i = 0; i < CONNECTIONS; i++)
        comes(i, "unix:/run/concurd.sock");
    assert_true(has_room("unix:/run/concurd.sock", 1));
}

static void who_has_left_makes_room(void **state)
{
    uint32_t i;

    (void)state;
    for (i = 0; i < 5; i++)
        comes(i, "192.0.2.1:1");
    comes(5, "192.0.2.2:1");
    assert_false(has_room("192.0.2.1:1", 5));
    leaves(3);
    assert_true(has_room("192.0.2.1:1", 5));
    comes(3, "192.0.2.1:1"); /* the same index again */
    assert_false(has_room("192.0.2.1:1", 5));
    leaves(0);
    leaves(4);
    comes(0, "192.0.2.2:1"); /* found out by its index alone */
    assert_true(has_room("192.0.2.1:1", 4));
    comes(4, "192.0.2.1:1");
    assert_false(has_room("192.0.2.1:1", 4));
    assert_false(has_room("192.0.2.2:1", 2));
    for (i = 0; i < 6; i++)
        leaves(i);
    assert_true(has_room("192.0.2.1:1", 1)); /* all of a group at once */
    assert_true(has_room("192.0.2.1:1", 1));
    comes(0, "192.0.2.1:1");
    assert_false(has_room("192.0.2.1:1", 1));
}

static void a_lowered_limit_counts_those_who_are_there(void **state)
{
    uint32_t i;

    (void)state;
    for (i = 0; i < 10; i++)
        comes(i, "192.0.2.1:1");
    assert_false(has_room("192.0.2.1:1", 3));
    for (i = 0; i < 7; i++)
        leaves(i);
    assert_false(has_room("192.0.2.1:1", 3));
    leaves(7);
    assert_true(has_room("192.0.2.1:1", 3));
}

/* Many addresses come and go at random, each from as many connections as chance has it. */
static void it_agrees_with_a_plain_count(void **state)
{
    int from[CONNECTIONS], step, host;
    char text[32];
    uint32_t i;

    (void)state;
    memset(from, -1, sizeof from);
    for (step = 0; step < 200000; step++) {
        uint32_t index = (uint32_t)unit_random_below(CONNECTIONS);
        uint64_t count = 0;

        host = (int)unit_random_below(step % 2000 < 1000 ? 150 : 5);
        snprintf(text, sizeof text, "198.51.100.%d:7", host);
        for (i = 0; i < CONNECTIONS; i++)
            count += from[i] == host;
        if (step % 4 == 0 && count > 0)
            assert_false(has_room(text, count));
        if (step % 4 == 1)
            assert_true(has_room(text, count + 1));
        if (from[index] >= 0 && unit_random_below(2) == 0) {
            leaves(index);
            from[index] = -1;
        } else if (from[index] < 0) {
            comes(index, text);
            from[index] = host;
        }
    }
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        UNIT(an_address_is_a_host),         UNIT(unix_sockets_have_none),
        UNIT(who_has_left_makes_room),      UNIT(a_lowered_limit_counts_those_who_are_there),
        UNIT(it_agrees_with_a_plain_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
