/* SPDX-License-Identifier: Apache-2.0
 *
 * The form of addresses, log targets and names, as rows of a text and what is wrong with it. */
#include "tests/unit/config/fixture.h"

#include "daemon/config/syntax.h"

struct row {
    const char *text;
    const char *wrong; /* NULL: right */
};

static void check_rows(const char *(*check)(const char *text), const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *wrong = check(rows[i].text);

        if (rows[i].wrong == NULL && wrong != NULL)
            fail_msg("'%s' is right, but: %s", rows[i].text, wrong);
        if (rows[i].wrong != NULL && wrong == NULL)
            fail_msg("'%s' was taken", rows[i].text);
        if (wrong != NULL)
            assert_string_equal(wrong, rows[i].wrong);
    }
}

static void test_tcp(void **state)
{
    static const char form[] = "is not ADDR:PORT or [V6ADDR]:PORT";
    static const char v4[] = "has no IPv4 address before its port";
    static const char v6[] = "has no IPv6 address between its brackets";
    static const char brackets[] = "is not ADDR:PORT; an IPv6 address stands in brackets";
    static const char port[] = "has no port between 0 and 65535";
    static const struct row rows[] = {
        {"127.0.0.1:7070", NULL},
        {"0.0.0.0:0", NULL},
        {"255.255.255.255:65535", NULL},
        {"[::1]:7070", NULL},
        {"[::]:0", NULL},
        {"[2001:db8:1111:2222:3333:4444:5555:6666]:1", NULL},
        {"[::ffff:255.255.255.255]:1", NULL},
        {"7070", form},
        {"", form},
        {":7070", v4},
        {"*:7070", v4},
        {"localhost:7070", v4},
        {"127.0.0.256:1", v4},
        {"127.1:1", v4},
        {" 127.0.0.1:1", v4},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", v4},
        {"127.0.0.1:", port},
        {"127.0.0.1:65536", port},
        {"127.0.0.1:-1", port},
        {"127.0.0.1:+1", port},
        {"127.0.0.1:080", port},
        {"127.0.0.1:80 ", port},
        {"127.0.0.1:http", port},
        {"[::1]:", port},
        {"::1:7070", brackets},
        {"[]:1", v6},
        {"[127.0.0.1]:1", v6},
        {"[::1%lo]:1", v6},
        {"[::1]", "is not [V6ADDR]:PORT"},
        {"[::1:7070", "is not [V6ADDR]:PORT"},
        {"unix:/run/x", v4},
    };

    (void)state;
    check_rows(config_check_tcp, rows, COUNT(rows));
}

static void test_unix_path(void **state)
{
    char longest[] =
        "unix:/23456789a123456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789"
        "i123456789j1234567";
    char longer[sizeof longest + 1];
    const struct row rows[] = {
        {"unix:/run/concurd.sock", NULL},
        {"unix:relative", NULL},
        {"unix:", "names no path"},
        {longest, NULL},
        {longer, "has a path of more than 107 bytes, which no unix socket can have"},
        {"127.0.0.1:1", NULL},
    };

    (void)state;
    assert_int_equal(strlen(longest), strlen("unix:") + 107);
    memcpy(longer, longest, sizeof longest);
    memcpy(longer + strlen(longest), "x", 2);
    check_rows(config_check_listen, rows, COUNT(rows));
}

static void test_target(void **state)
{
    static const char form[] = "is not stderr, journald, syslog or file:PATH";
    static const struct row rows[] = {
        {"stderr", NULL},
        {"journald", NULL},
        {"syslog", NULL},
        {"file:/var/log/concurd.log", NULL},
        {"file:relative", NULL},
        {"file:", "names no path"},
        {"stdout", "is not stderr, journald, syslog or file:PATH; did you mean 'stderr'?"},
        {"journal", "is not stderr, journald, syslog or file:PATH; did you mean 'journald'?"},
        {"/var/log/concurd.log", "is not stderr, journald, syslog or file:PATH; a path is written file:PATH"},
        {"\"stderr\"", "has quotes; a value is written without"},
        {"file:\"/a b\"", "has quotes; a value is written without"},
        {"file:/it's", NULL},
        {"STDERR", form},
        {"none", form},
        {"journald:/run/a", NULL},
        {"syslog:/run/a", NULL},
        {"journald:", "names no path"},
        {"syslog:", "names no path"},
    };

    (void)state;
    check_rows(config_check_target, rows, COUNT(rows));
}

static void test_command(void **state)
{
    static const char wrong[] = "is no command's name";
    static const struct row rows[] = {
        {"READ", NULL},         {"read", NULL},   {"X_1-y.z", NULL},
        {"CLIENT LIST", wrong}, {"READ;", wrong}, {"\xc3\xa9", wrong},
    };

    (void)state;
    check_rows(config_check_command, rows, COUNT(rows));
}

static void test_value(void **state)
{
    static const char control[] = "holds a control character";
    static const char comment[] = "holds what begins a comment in a file";
    static const struct row rows[] = {
        {"", NULL},        {"plain", NULL},    {"a#b;c", NULL},   {"\xc3\xa9", NULL},   {"a\tb", NULL},
        {"a\nb", control}, {"a\rb", control},  {"\x7f", control}, {"\x1b[2J", control}, {"#a", comment},
        {"a #b", comment}, {"a\t;b", comment}, {"; a", comment},
    };

    (void)state;
    check_rows(config_check_value, rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),     cmocka_unit_test(test_unix_path), cmocka_unit_test(test_target),
        cmocka_unit_test(test_command), cmocka_unit_test(test_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
