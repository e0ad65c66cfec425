/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses from and to text. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <stddef.h>
#include <sys/un.h>

#include "daemon/net/address.h"

/* What reads reads back to the same text, or to `shown` where that is the usual form. */
static void good_ones_read_back(void **state)
{
    static const struct {
        const char *text, *shown;
        int family;
        bool local;
    } rows[] = {
        {"127.0.0.1:7070", NULL, AF_INET, true},
        {"127.255.255.254:1", NULL, AF_INET, true},
        {"0.0.0.0:0", NULL, AF_INET, false},
        {"192.0.2.1:65535", NULL, AF_INET, false},
        {"126.255.255.255:1", NULL, AF_INET, false},
        {"128.0.0.1:1", NULL, AF_INET, false},
        {"[::1]:7070", NULL, AF_INET6, true},
        {"[::]:7070", NULL, AF_INET6, false},
        {"[2001:db8::1]:80", NULL, AF_INET6, false},
        {"[2001:0DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80", AF_INET6, false},
        {"[2001:db8:1111:2222:3333:4444:255.255.255.255]:65535",
         "[2001:db8:1111:2222:3333:4444:ffff:ffff]:65535", AF_INET6, false},
        {"[::ffff:10.0.0.1]:1", NULL, AF_INET6, false},
        {"unix:/run/concurd.sock", NULL, AF_UNIX, true},
        {"unix:relative", NULL, AF_UNIX, true},
        {"unix:a:1", NULL, AF_UNIX, true},
    };
    char text[ADDRESS_TEXT_BYTES];
    struct address address;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (address_parse(rows[i].text, &address, &error) != 0)
            fail_msg("%s", error.text);
        assert_string_equal(address_format(&address, text),
                            rows[i].shown != NULL ? rows[i].shown : rows[i].text);
        assert_int_equal(address.storage.ss_family, rows[i].family);
        assert_int_equal(address_is_local(&address), rows[i].local);
    }
}

static void bad_ones_are_named(void **state)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "'' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"7070", "'7070' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1", "'127.0.0.1' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:", "'127.0.0.1:' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:65536", "'127.0.0.1:65536' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:-1", "'127.0.0.1:-1' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:+1", "'127.0.0.1:+1' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1: 1", "'127.0.0.1: 1' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:1 ", "'127.0.0.1:1 ' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {"127.0.0.1:18446744073709551617",
         "'127.0.0.1:18446744073709551617' is no ADDR:PORT, [v6]:PORT or unix:PATH"},
        {":7070", "':7070': '' is no IPv4 address and no [IPv6 address]"},
        {"localhost:7070", "'localhost:7070': 'localhost' is no IPv4 address and no [IPv6 address]"},
        {"127.1:7070", "'127.1:7070': '127.1' is no IPv4 address and no [IPv6 address]"},
        {"256.0.0.1:1", "'256.0.0.1:1': '256.0.0.1' is no IPv4 address and no [IPv6 address]"},
        {"::1:7070", "'::1:7070': '::1' is no IPv4 address and no [IPv6 address]"},
        {"[]:7070", "'[]:7070': '[]' is no IPv4 address and no [IPv6 address]"},
        {"[127.0.0.1]:7070", "'[127.0.0.1]:7070': '[127.0.0.1]' is no IPv4 address and no [IPv6 address]"},
        {"[::1:7070", "'[::1:7070': '[::1' is no IPv4 address and no [IPv6 address]"},
        {"unix:", "a unix socket's path takes 1 to 107 bytes"},
    };
    struct address address;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(address_parse(rows[i].text, &address, &error), -1);
        assert_string_equal(error.text, rows[i].problem);
    }
}

static void long_ones_are_refused(void **state)
{
    char text[600] = "unix:", shown[ADDRESS_TEXT_BYTES];
    struct address address;
    struct error error;

    (void)state;
    memset(text + 5, 'x', 107);
    assert_int_equal(address_parse(text, &address, &error), 0);
    assert_string_equal(address_format(&address, shown), text);
    text[5 + 107] = 'x';
    assert_int_equal(address_parse(text, &address, &error), -1);
    memset(text, '1', sizeof text - 10);
    memcpy(text + sizeof text - 10, ":7070", 6);
    assert_int_equal(address_parse(text, &address, &error), -1);
}

/* accept() gives a unix client no name. */
static void a_peer_without_a_name_has_a_text(void **state)
{
    struct address address = {.length = offsetof(struct sockaddr_un, sun_path)};
    char text[ADDRESS_TEXT_BYTES];

    (void)state;
    memset(&address.storage, 'x', sizeof address.storage);
    address.storage.ss_family = AF_UNIX;
    assert_string_equal(address_format(&address, text), "unix:");
    assert_true(address_is_local(&address));
}

static void what_can_not_be_bound_side_by_side_overlaps(void **state)
{
    static const struct {
        const char *a, *b;
        bool overlap;
    } cases[] = {
        {"127.0.0.1:70", "127.0.0.1:70", true},  {"127.0.0.1:70", "0.0.0.0:70", true},
        {"0.0.0.0:70", "127.0.0.1:70", true},    {"127.0.0.1:70", "127.0.0.2:70", false},
        {"127.0.0.1:70", "127.0.0.1:71", false}, {"127.0.0.1:0", "127.0.0.1:0", false},
        {"[::1]:70", "[::]:70", true},           {"[::1]:70", "[::2]:70", false},
        {"[::]:70", "0.0.0.0:70", false},        {"unix:/x", "unix:/x", false},
    };
    struct address a, b;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(address_parse(cases[i].a, &a, &error), 0);
        assert_int_equal(address_parse(cases[i].b, &b, &error), 0);
        assert_int_equal(address_overlaps(&a, &b), cases[i].overlap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_read_back),
        cmocka_unit_test(bad_ones_are_named),
        cmocka_unit_test(long_ones_are_refused),
        cmocka_unit_test(a_peer_without_a_name_has_a_text),
        cmocka_unit_test(what_can_not_be_bound_side_by_side_overlaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
