/* SPDX-License-Identifier: Apache-2.0
 *
 * The file's syntax: what a line may look like, and what is said, with its number, about one that does not.
 * Most rows are things that inih by itself would cut, join or ignore. */
#include "tests/unit/config/fixture.h"

static void test_nothing_at_all(void **state)
{
    (void)state;
    fixture_refuses("", "");
    fixture_refuses("\n\n \t\n", "");
    fixture_refuses("# nothing\n; here\n  # either", "");
    fixture_refuses("[server]\n", "");
}

static void test_comments(void **state)
{
    struct config *config = fixture_read("# first\n"
                                         "[server] ; the section\n"
                                         "max_clients = 5 # five\n"
                                         "backlog = 6\t; six\n"
                                         "files_root = /a#b;c ;d\n"
                                         "  ; [thread]\n",
                                         "");

    (void)state;
    assert_int_equal(config->server.max_clients, 5);
    assert_int_equal(config->server.backlog, 6);
    assert_string_equal(config->server.files_root, "/a#b;c");
    config_free(&config);
}

static void test_blanks_and_indentation(void **state)
{
    struct config *config = fixture_read("\t[ server ]\n"
                                         "max_clients=5\n"
                                         "   backlog\t=\t 6  \n"
                                         "\tmode = event\n",
                                         "");

    (void)state;
    assert_int_equal(config->server.max_clients, 5);
    assert_int_equal(config->server.backlog, 6);
    assert_int_equal(config->server.mode, MODE_EVENT);
    config_free(&config);
}

static void test_the_last_line_needs_no_end(void **state)
{
    struct config *config = fixture_read("[server]\nmax_clients = 5", "");

    (void)state;
    assert_int_equal(config->server.max_clients, 5);
    config_free(&config);
}

static void test_crlf_and_byte_order_mark(void **state)
{
    struct config *config =
        fixture_read("\xef\xbb\xbf[server]\r\nmax_clients = 5\r\n\r\nbacklog = 6\r\n", "");

    (void)state;
    assert_int_equal(config->server.max_clients, 5);
    assert_int_equal(config->server.backlog, 6);
    config_free(&config);
    fixture_refuses("\xef\xbb\xbf", "");
    fixture_refuses("[server]\n\xef\xbb\xbfmode = pool\n", "x.conf:2: '\xef\xbb\xbfmode' is no key\n");
}

static void test_bytes_that_no_text_has(void **state)
{
    static const char nul[] = "[server]\nmode = event\0pool\nbacklog = 0\n# a\0 comment\n";
    struct config *config = fixture_new();

    (void)state;
    fixture_read_into(config, nul, sizeof nul - 1,
                      "x.conf:2: the line holds a NUL byte\n"
                      "x.conf:3: server.backlog = 0 is not a whole number between 1 and 65535\n"
                      "x.conf:4: the line holds a NUL byte\n");
    assert_int_equal(config->server.mode, MODE_POOL);
    config_free(&config);
    fixture_refuses("[server]\nmode = \x1b[2Jevent\n",
                    "x.conf:2: the line holds the control character 0x1b\n");
    fixture_refuses("[server]\rmode = event\r", "x.conf:1: the line holds the control character 0x0d\n");
}

static void test_no_pair(void **state)
{
    (void)state;
    fixture_refuses("[server]\nmode pool\n",
                    "x.conf:2: expected 'key = value' or '[section]', found 'mode pool'\n");
    fixture_refuses("[server]\nmode: pool\n",
                    "x.conf:2: expected 'key = value' or '[section]', found 'mode: pool'\n");
    fixture_refuses("[server]\nmode: a = b\n", "x.conf:2: 'mode: a' is no key\n");
    fixture_refuses("[server]\n= pool\n", "x.conf:2: there is no key before the '='\n");
    fixture_refuses("[server]\nmode\n = event\n",
                    "x.conf:2: expected 'key = value' or '[section]', found 'mode'\n"
                    "x.conf:3: there is no key before the '='\n");
    fixture_refuses("[server]\nmode == event\n", "x.conf:2: server.mode = = event is not one of thread, "
                                                 "pool, event, prefork; did you mean 'event'?\n");
}

/* inih would take the indented line for more of the value above it. */
static void test_no_continuation(void **state)
{
    (void)state;
    fixture_refuses("[server]\nlisten = 127.0.0.1:1,\n   127.0.0.1:2\n",
                    "x.conf:2: server.listen has an empty item between its commas\n"
                    "x.conf:3: expected 'key = value' or '[section]', found '127.0.0.1:2'\n");
}

static void test_sections(void **state)
{
    (void)state;
    fixture_refuses("mode = pool\n", "x.conf:1: 'mode' stands before any [section]\n");
    fixture_refuses("[server\nmode = oops\n", "x.conf:1: '[server' has no closing bracket\n");
    fixture_refuses("[server] mode = pool\n",
                    "x.conf:1: nothing may follow the bracket of '[server] mode = pool'\n");
    fixture_refuses("[server]]\n", "x.conf:1: nothing may follow the bracket of '[server]]'\n");
    fixture_refuses("[]\n", "x.conf:1: unknown section []\n");
    fixture_refuses("[Server]\n", "x.conf:1: unknown section [Server]; did you mean [server]?\n");
}

/* The section is the one problem, its keys are not thirty more; the next section is read again. */
static void test_unknown_section_is_skipped(void **state)
{
    struct config *config = fixture_read("[sever]\nmode = event\nnonsense\n[server]\nbacklog = 5\n",
                                         "x.conf:1: unknown section [sever]; did you mean [server]?\n");

    (void)state;
    assert_int_equal(config->server.mode, MODE_POOL);
    assert_int_equal(config->server.backlog, 5);
    config_free(&config);
}

static void test_a_key_twice(void **state)
{
    (void)state;
    fixture_refuses("[server]\nmode = pool\n\nmode = event\n",
                    "x.conf:4: mode in [server] is given twice, first in line 2\n");
    fixture_refuses("[server]\nbacklog = 5\n[pool]\nthreads = 5\n[server]\nbacklog = 5\n",
                    "x.conf:6: backlog in [server] is given twice, first in line 2\n");
    fixture_refuses("[pool]\nthreads = 5\n[event]\nthreads = 5\n", "");
}

/* A file with "files_root = xxx..." of so many bytes in all, followed by another key. */
static char *file_with_line(size_t length)
{
    struct buffer text = {0};
    size_t left = length - strlen("files_root = ");
    char *file;

    assert_int_equal(buffer_printf(&text, "[server]\nfiles_root = "), 0);
    while (left-- > 0)
        assert_int_equal(buffer_append(&text, "x", 1), 0);
    assert_int_equal(buffer_printf(&text, "\nbacklog = 77\n"), 0);
    file = fixture_string(&text);
    buffer_free(&text);
    return file;
}

/* inih's buffer has 200 bytes: the longest line must arrive whole with the next one intact, one byte more is
 * refused. */
static void test_line_length(void **state)
{
    char *file = file_with_line(CONFIG_LINE_LONGEST);
    struct config *config = fixture_read(file, "");

    (void)state;
    assert_int_equal(strlen(config->server.files_root), CONFIG_LINE_LONGEST - strlen("files_root = "));
    assert_int_equal(config->server.backlog, 77);
    config_free(&config);
    free(file);
    file = file_with_line(CONFIG_LINE_LONGEST + 1);
    config =
        fixture_read(file, "x.conf:2: the line is too long: 199 bytes without comments, at most 198 can be "
                           "read\n");
    assert_null(config->server.files_root);
    assert_int_equal(config->server.backlog, 77);
    config_free(&config);
    free(file);
}

static void test_long_comments_do_not_count(void **state)
{
    struct buffer text = {0};
    struct config *config;
    char *file;
    int i;

    (void)state;
    assert_int_equal(buffer_printf(&text, "[server]\nbacklog = 5 # "), 0);
    for (i = 0; i < 1000; i++)
        assert_int_equal(buffer_printf(&text, "long "), 0);
    assert_int_equal(buffer_printf(&text, "\nmode = event\n"), 0);
    file = fixture_string(&text);
    config = fixture_read(file, "");
    assert_int_equal(config->server.backlog, 5);
    assert_int_equal(config->server.mode, MODE_EVENT);
    config_free(&config);
    free(file);
    buffer_free(&text);
}

static void test_all_problems_are_collected(void **state)
{
    (void)state;
    fixture_refuses(
        "oops\n"
        "[server]\n"
        "mode = poll\n"
        "quux = 1\n"
        "backlog = 5\n"
        "backlog = 6\n",
        "x.conf:1: expected 'key = value' or '[section]', found 'oops'\n"
        "x.conf:3: server.mode = poll is not one of thread, pool, event, prefork; did you mean 'pool'?\n"
        "x.conf:4: unknown key 'quux' in [server]\n"
        "x.conf:6: backlog in [server] is given twice, first in line 5\n");
}

static size_t count_lines(const struct buffer *text)
{
    size_t lines = 0, i;

    for (i = 0; i < buffer_length(text); i++)
        lines += buffer_head(text)[i] == '\n';
    return lines;
}

static void test_problems_are_bounded(void **state)
{
    struct buffer text = {0}, problems = {0};
    struct config *config = fixture_new();
    char *found;
    int i;

    (void)state;
    for (i = 0; i < 1000; i++)
        assert_int_equal(buffer_printf(&text, "oops\n"), 0);
    assert_int_equal(config_read_text(config, "x.conf", buffer_head(&text), buffer_length(&text), &problems),
                     -1);
    assert_int_equal(count_lines(&problems), CONFIG_PROBLEMS_MOST + 1);
    found = fixture_string(&problems);
    assert_non_null(strstr(found, "x.conf:50: expected"));
    assert_null(strstr(found, "x.conf:51:"));
    assert_non_null(strstr(found, "\nmore than 50 problems: the others are not shown\n"));
    free(found);
    buffer_free(&problems);
    buffer_free(&text);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_blanks_and_indentation),
        cmocka_unit_test(test_the_last_line_needs_no_end),
        cmocka_unit_test(test_crlf_and_byte_order_mark),
        cmocka_unit_test(test_bytes_that_no_text_has),
        cmocka_unit_test(test_no_pair),
        cmocka_unit_test(test_no_continuation),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_unknown_section_is_skipped),
        cmocka_unit_test(test_a_key_twice),
        cmocka_unit_test(test_line_length),
        cmocka_unit_test(test_long_comments_do_not_count),
        cmocka_unit_test(test_all_problems_are_collected),
        cmocka_unit_test(test_problems_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
