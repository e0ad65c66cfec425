/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of workloads: complete, and each a mix that a load takes. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "client/compare/workload.h"
#include "client/load/mix.h"

static struct workload workloads[WORKLOADS_MOST];
static unsigned count;
static struct error failure;

static void the_table_is_the_default_in_its_order(void **state)
{
    static const char *const names[] = {"ping", "sleep", "block",   "primes", "mixed",
                                        "lock", "idle",  "connect", "slow",   "crash"};
    size_t i;

    (void)state;
    count = 0;
    assert_int_equal(workload_add_list(workloads, &count, NULL, &failure), 0);
    assert_int_equal(count, COUNT(names));
    for (i = 0; i < COUNT(names); i++) {
        assert_string_equal(workloads[i].name, names[i]);
        assert_true(workloads[i].title != NULL && workloads[i].shows != NULL);
        assert_true(workloads[i].command_count > 0 && workloads[i].ladder_count > 0 && !workloads[i].own);
    }
}

/* A figure in a ladder that no run of that workload has would never decide anything. */
static void ladders_rest_on_figures_that_there_are(void **state)
{
    unsigned i, j, k;

    (void)state;
    count = 0;
    assert_int_equal(workload_add_list(workloads, &count, NULL, &failure), 0);
    for (i = 0; i < count; i++) {
        bool watched = false;

        for (j = 0; j < workloads[i].command_count; j++)
            watched = watched || workloads[i].commands[j].watched;
        for (j = 0; j < workloads[i].ladder_count; j++) {
            enum figure figure = workloads[i].ladder[j];

            assert_true((figure != FIGURE_OUTAGE && figure != FIGURE_LOST) || workloads[i].crashes);
            assert_true((figure != FIGURE_WATCHED_P50 && figure != FIGURE_WATCHED_P99) || watched);
            assert_true(figure != FIGURE_THROUGHPUT || workloads[i].rate_rps == 0);
            for (k = 0; k < j; k++)
                assert_true(workloads[i].ladder[k] != figure);
        }
    }
}

static void every_workload_is_a_mix(void **state)
{
    unsigned i, j;

    (void)state;
    count = 0;
    assert_int_equal(workload_add_list(workloads, &count, NULL, &failure), 0);
    for (i = 0; i < count; i++) {
        struct buffer text = {0};
        struct mix mix = {0};

        assert_int_equal(workload_mix(&workloads[i], &text), 0);
        assert_int_equal(mix_parse(&mix, buffer_head(&text), &failure), 0);
        assert_int_equal(mix.count, workloads[i].command_count);
        for (j = 0; j < mix.count; j++) {
            assert_string_equal(mix.commands[j].text, workloads[i].commands[j].text);
            assert_true(mix.commands[j].weight == workloads[i].commands[j].weight);
        }
        mix_clear(&mix);
        buffer_free(&text);
    }
}

static void lists_choose_and_keep_their_order(void **state)
{
    (void)state;
    count = 0;
    assert_int_equal(workload_add_list(workloads, &count, "primes,ping", &failure), 0);
    assert_int_equal(count, 2);
    assert_string_equal(workloads[0].name, "primes");
    assert_string_equal(workloads[1].name, "ping");
}

static void ones_own_comes_first_and_once(void **state)
{
    struct buffer text = {0};

    (void)state;
    count = 0;
    assert_int_equal(workload_add_own(workloads, &count, "WORK cpu=200us wait=3ms", &failure), 0);
    assert_int_equal(workload_add_list(workloads, &count, "ping", &failure), 0);
    assert_true(workloads[0].own && !workloads[1].own);
    assert_int_equal(workload_describe(&workloads[0], &text), 0);
    assert_string_equal(buffer_head(&text), "WORK cpu=200us wait=3ms");
    buffer_consume(&text, buffer_length(&text));
    assert_int_equal(workload_mix(&workloads[0], &text), 0);
    assert_string_equal(buffer_head(&text), "WORK cpu=200us wait=3ms:1");
    buffer_free(&text);
    assert_int_equal(workload_add_own(workloads, &count, "PING", &failure), -1);
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *list, *words;
    } rows[] = {{"pong", "did you mean 'ping'?"}, {"", "no ''"},       {"ping,", "no ''"},
                {"ping,ping", "is there twice"},  {"own", "no 'own'"}, {"PING", "did you mean 'ping'?"}};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        count = 0;
        if (workload_add_list(workloads, &count, rows[i].list, &failure) != -1 ||
            strstr(failure.text, rows[i].words) == NULL)
            fail_msg("'%s': %s", rows[i].list, failure.text);
    }
}

/* What is sent is sent whole, however long; only what people read is cut, and shows that it is. */
static void a_command_that_is_long_is_cut_for_people_alone(void **state)
{
    struct buffer text = {0};
    char command[3000], line[12];

    (void)state;
    memset(command, 'x', sizeof command - 1);
    memcpy(command, "ECHO ", 5);
    command[sizeof command - 1] = '\0';
    count = 0;
    assert_int_equal(workload_add_own(workloads, &count, command, &failure), 0);
    assert_int_equal(workload_describe(&workloads[0], &text), 0);
    assert_string_equal(buffer_head(&text), command);
    buffer_consume(&text, buffer_length(&text));
    assert_int_equal(workload_mix(&workloads[0], &text), 0);
    assert_int_equal(buffer_length(&text), sizeof command + 2);
    assert_int_equal(memcmp(buffer_head(&text) + sizeof command - 1, ":1", 3), 0);
    buffer_free(&text);
    assert_string_equal(workload_headline(&workloads[0], line, sizeof line), "ECHO xxx...");
    workloads[0].commands[0].text = "ECHO xxxxxx"; /* just fits */
    assert_string_equal(workload_headline(&workloads[0], line, sizeof line), "ECHO xxxxxx");
    workloads[0].commands[0].text = "ECHO xx\u00e9xxxxxxx"; /* not in the middle of a letter */
    assert_string_equal(workload_headline(&workloads[0], line, sizeof line), "ECHO xx...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_default_in_its_order),
        cmocka_unit_test(ladders_rest_on_figures_that_there_are),
        cmocka_unit_test(every_workload_is_a_mix),
        cmocka_unit_test(lists_choose_and_keep_their_order),
        cmocka_unit_test(ones_own_comes_first_and_once),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_command_that_is_long_is_cut_for_people_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
