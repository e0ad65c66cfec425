/* SPDX-License-Identifier: Apache-2.0
 *
 * The reports of a load, from results made up here: each row and figure where its reader expects it, whatever
 * came out - nothing at all, a mix with names that are markup, an open loop that went wrong. Runs in the
 * test's one thread. */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <math.h>

#include "client/load/percentiles.h"
#include "client/load/report.h"

#define HOSTILE "<b>&\xff\x01'\""

static char *text;
static size_t length;

typedef int writer(const struct load_plan *plan, const struct load_result *result, FILE *out);

static char *name_of(const char *name)
{
    char *copy = strdup(name);

    assert_non_null(copy);
    return copy;
}

/* An open loop with two commands: 1,000 requests of 1 ms to 1,000 ms, and 10 that failed. */
static void make_result(struct load_result *result)
{
    size_t i;

    assert_int_equal(load_result_begin(result, 2), 0);
    result->commands[0].text = name_of("PING");
    result->commands[1].text = name_of(HOSTILE);
    for (i = 1; i <= 1000; i++) {
        histogram_record(result->times.latency, i * 1000000, 1);
        histogram_record(result->times.service, i * 500000, 1);
        histogram_record(result->times.send_lag, i, 1);
        histogram_record(result->commands[i % 2].times.latency, i * 1000000, 1);
    }
    result->counts = (struct load_counts){
        .sent = 1012, .ok = 997, .error_replies = 3, .failed = 10, .unfinished = 2, .unsent = 4};
    result->errors[LOAD_RESET] = 10;
    result->errors[LOAD_ERROR_REPLY] = 3;
    result->duration_s = 2.5;
    result->achieved_rps = 400;
    result->target_rps = 500;
    result->suspect = true;
    snprintf(result->reasons[0], sizeof result->reasons[0], "the reason %s", HOSTILE);
    result->reason_count = 1;
    result->interrupted = result->gave_up = true;
    result->cost = (struct cost){.mode = "pool",
                                 .has_cpu = true,
                                 .has_switches = true,
                                 .has_rss = true,
                                 .cpu_us_per_request = 12.5,
                                 .switches_per_request = 0.25,
                                 .rss_bytes = 1 << 20};
    snprintf(result->first_error, sizeof result->first_error, "ERR %s", HOSTILE);
    result->seconds = calloc(3, sizeof *result->seconds);
    assert_non_null(result->seconds);
    result->second_count = 3;
    result->seconds[0] =
        (struct load_second){0, 1, 500, 400, 0, 0, 1000000, 2000000, 3000000, 4000000, 1500000, 500};
    result->seconds[1] = (struct load_second){1, 2, 500, 0, 0, 10, 0, 0, 0, 0, 0, 500};
    result->seconds[2] = (struct load_second){2, 2.5, 12, 597, 3, 0, 1234567, 1, 999, 1000, 0, 0};
}

static void write_report(writer *report, const struct load_plan *plan, const struct load_result *result)
{
    FILE *out;

    free(text);
    out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal(report(plan, result, out), 0);
    assert_int_equal(fclose(out), 0);
}

static int release(void **state)
{
    (void)state;
    free(text);
    text = NULL;
    return 0;
}

static struct load_plan make_plan(void)
{
    static char name[] = "PING:1," HOSTILE ":1";
    struct load_plan plan = LOAD_PLAN_DEFAULT;

    plan.name = name;
    snprintf(plan.target.name, sizeof plan.target.name, "127.0.0.1:7070");
    plan.command_line = "concur load -- '" HOSTILE "'";
    return plan;
}

static bool well_formed(void)
{
    FILE *parser =
        popen("python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.stdin.buffer)'", "w");

    assert_non_null(parser);
    assert_int_equal(fwrite(text, 1, length, parser), length);
    return pclose(parser) == 0;
}

static void seconds_as_csv(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;

    (void)state;
    make_result(&result);
    write_report(report_csv, &plan, &result);
    assert_string_equal(
        text, "from_s,to_s,sent,ok,error_replies,failed,throughput_rps,target_rps,latency_p50_us,"
              "latency_p90_us,latency_p99_us,latency_max_us,service_p99_us\r\n"
              "0.000,1.000,500,400,0,0,400.000,500.000,1000.000,2000.000,3000.000,4000.000,1500.000\r\n"
              "1.000,2.000,500,0,0,10,0.000,500.000,,,,,\r\n"
              "2.000,2.500,12,597,3,0,1200.000,,1234.567,0.001,0.999,1.000,\r\n");
    load_result_clear(&result);
}

/* Read as the usual plotter does: lines of four figures, no comments. */
static void percentiles_for_the_plotter(void **state)
{
    double value, level, part, before = 0, level_before = -1;
    struct load_plan plan = make_plan();
    unsigned long long count, rows = 0;
    struct load_result result;
    char *line, *rest;

    (void)state;
    make_result(&result);
    write_report(report_hgrm, &plan, &result);
    line = strtok_r(text, "\n", &rest);
    assert_string_equal(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL &&
           sscanf(line, "%lf %lf %llu %lf", &value, &level, &count, &part) == 4) {
        rows++;
        assert_true(level > level_before && level < 1 && value >= before);
        assert_true(value >= level * 1000 &&
                    value <= fmax(level * 1000, 1) * 1.009 + 1); /* of 1 to 1,000 ms */
        assert_true((double)count >= level * 1000);
        assert_true(fabs(part - 1 / (1 - level)) < 0.01 * part);
        before = value;
        level_before = level;
    }
    assert_in_range(rows, 30, 100);
    assert_non_null(line);
    assert_int_equal(sscanf(line, "%lf %lf %llu %lf", &value, &level, &count, &part), 3);
    assert_true(value == 1000 && level == 1 && count == 1000);
    line = strtok_r(NULL, "\n", &rest);
    assert_int_equal(sscanf(line, "#[Mean    = %lf, StdDeviation   = %lf]", &value, &part), 2);
    assert_true(value == 500.5 && fabs(part - sqrt(999999 / 12.0)) < part / 128);
    assert_string_equal(strtok_r(NULL, "\n", &rest),
                        "#[Max     =  1000.000000, Total count    =         1000]");
    assert_non_null(strstr(strtok_r(NULL, "\n", &rest), "#[Buckets ="));
    assert_null(strtok_r(NULL, "\n", &rest));
    load_result_clear(&result);
}

static void the_page_has_it_all(void **state)
{
    static const char *const expected[] = {
        "Result suspect",
        "the reason &lt;b&gt;",
        "Given up",
        "Ended early",
        "10 of 1,012 failed, 3 got an error",
        "ERR &lt;b&gt;",
        "open loop at 500 requests/s",
        "target 500",
        "Latency by percentile",
        "Latency of each command",
        "send lag",
        "Throughput over time",
        "target",
        "Latency over time",
        "12.5 \u00b5s",
        "1.00 MiB",
        "<span>concur</span> <span>load</span> <span>--</span> <span>&#39;&lt;b&gt;",
        "errors: reset",
        "unsent: due, but never written",
        "failed + errors",
        ">ok</th>",
        "latency max",
        "rss (resident memory)",
        "kind of load",
    };
    struct load_plan plan = make_plan();
    struct load_result result;
    size_t i;

    (void)state;
    make_result(&result);
    write_report(report_html, &plan, &result);
    for (i = 0; i < COUNT(expected); i++)
        assert_non_null(strstr(text, expected[i]));
    assert_null(strstr(text, "nan"));
    assert_true(well_formed());
    load_result_clear(&result);
}

/* Nobody answered, nothing was measured: every report is still one. */
static void nothing_is_a_result_too(void **state)
{
    static writer *const writers[] = {report_json, report_csv, report_hgrm, report_html};
    struct load_plan plan = make_plan();
    struct load_result result;
    FILE *table;
    size_t i;

    (void)state;
    assert_int_equal(load_result_begin(&result, 1), 0);
    result.commands[0].text = name_of("PING");
    for (i = 0; i < COUNT(writers); i++) {
        write_report(writers[i], &plan, &result);
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf"));
    }
    assert_true(well_formed());
    free(text);
    table = open_memstream(&text, &length);
    assert_non_null(table);
    report_table(&plan, &result, table);
    assert_int_equal(fclose(table), 0);
    assert_null(strstr(text, "nan"));
    load_result_clear(&result);
}

static double number(json_t *report, const char *path)
{
    char copy[100], *part, *rest;

    snprintf(copy, sizeof copy, "%s", path);
    for (part = strtok_r(copy, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        report = json_object_get(report, part);
        assert_non_null(report);
    }
    return json_number_value(report);
}

static void json_has_every_figure(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;
    json_t *report, *commands;

    (void)state;
    make_result(&result);
    write_report(report_json, &plan, &result);
    report = json_loads(text, 0, NULL);
    assert_non_null(report);
    assert_true(number(report, "requests/sent") == 1012);
    assert_true(number(report, "requests/unsent") == 4);
    assert_true(number(report, "errors/reset") == 10);
    assert_true(number(report, "target_rps") == 500);
    assert_true(number(report, "throughput_rps") == 400);
    assert_true(number(report, "latency_us/max") == 1000000);
    assert_true(number(report, "latency_us/count") == 1000);
    assert_true(number(report, "service_us/max") == 500000);
    assert_true(number(report, "send_lag_us/max") == 1);
    assert_true(number(report, "server/rss_bytes") == 1 << 20);
    assert_true(json_is_true(json_object_get(json_object_get(report, "client"), "suspect")));
    assert_true(json_is_true(json_object_get(report, "interrupted")));
    commands = json_object_get(report, "commands");
    assert_int_equal(json_array_size(commands), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(commands, 1), "command")), "<b>&?"
                                                                                                    "?'\"");
    assert_true(number(json_array_get(commands, 0), "latency_us/count") == 500);
    json_decref(report);
    load_result_clear(&result);
}

static int before_failure;

static void *fail_once(size_t size)
{
    return before_failure-- == 0 ? NULL : malloc(size);
}

/* Whichever allocation fails. */
static void json_is_whole_or_none(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;
    int number = 0;
    size_t whole;

    (void)state;
    make_result(&result);
    write_report(report_json, &plan, &result);
    whole = length;
    do {
        FILE *out;
        int status;

        free(text);
        out = open_memstream(&text, &length);
        assert_non_null(out);
        before_failure = number++;
        json_set_alloc_funcs(fail_once, free);
        status = report_json(&plan, &result, out);
        json_set_alloc_funcs(malloc, free);
        assert_int_equal(fclose(out), 0);
        assert_true(status == -1 || length == whole);
    } while (before_failure < 0); /* it came to that */
    assert_true(number > 100 && length == whole);
    load_result_clear(&result);
}

/* What has no value is null, and never no JSON at all. */
static void json_has_no_odd_numbers(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;
    json_t *report, *client;

    (void)state;
    make_result(&result);
    result.counts.ok = result.counts.error_replies = 0;
    result.duration_s = (double)NAN;
    result.cost.cpu_us_per_request = (double)INFINITY;
    write_report(report_json, &plan, &result);
    report = json_loads(text, 0, NULL);
    assert_non_null(report);
    client = json_object_get(report, "client");
    assert_true(json_is_null(json_object_get(client, "cpu_us_per_request")));
    assert_true(json_is_real(json_object_get(client, "cpu_utilisation")));
    assert_true(json_is_null(json_object_get(report, "duration_s")));
    assert_true(json_is_null(json_object_get(json_object_get(report, "server"), "cpu_us_per_request")));
    json_decref(report);
    load_result_clear(&result);
}

static void a_slow_rate_is_told(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result = {.target_rps = 0.001};
    char loop[80];

    (void)state;
    assert_string_equal(report_loop(&plan, &result, loop, sizeof loop),
                        "open loop at 0.001 requests/s (uniform)");
}

static void the_table_says_what_is_wrong_last(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;
    FILE *out;

    (void)state;
    make_result(&result);
    out = open_memstream(&text, &length);
    assert_non_null(out);
    report_table(&plan, &result, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "400 requests/s of 500 asked for (80.0%)"));
    assert_non_null(strstr(text, "10 failed, 2 unfinished, 4 unsent"));
    assert_non_null(strstr(text, "\n  latency          1,000    500 ms"));
    assert_non_null(strstr(text, "\n  service          1,000    250 ms"));
    assert_non_null(strstr(text, "\n  send lag         1,000"));
    assert_non_null(strstr(text, "\n  PING               500"));
    assert_non_null(
        strstr(text, "pool, 12.50 us of CPU per request, 0.25 context switches per request, rss 1.00 MiB"));
    assert_true(strstr(text, "RESULT SUSPECT: the reason") > strstr(text, "12.50 us"));
    result.suspect = false;
    load_result_clear(&result);
}

static char *table_of(const struct load_plan *plan, const struct load_result *result)
{
    FILE *out;

    free(text);
    out = open_memstream(&text, &length);
    assert_non_null(out);
    report_table(plan, result, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* The table, the JSON and the page all have a sentence, or none of them. */
static void check_said(const struct load_plan *plan, const struct load_result *result, const char *sentence,
                       bool said)
{
    assert_int_equal(strstr(table_of(plan, result), sentence) != NULL, said);
    write_report(report_json, plan, result);
    assert_int_equal(strstr(text, sentence) != NULL, said);
    write_report(report_html, plan, result);
    assert_int_equal(strstr(text, sentence) != NULL, said);
}

static void those_without_a_reply_are_told(void **state)
{
    const char *sentence =
        "153 of 200 requests had no reply yet when the load ended: their age stands in the latency, "
        "which is therefore a lower bound.";
    struct load_plan plan = make_plan();
    struct load_result result;

    (void)state;
    make_result(&result);
    result.counts = (struct load_counts){.sent = 100, .ok = 47, .unfinished = 53, .unsent = 100};
    check_said(&plan, &result, sentence, true);
    check_said(&plan, &result, "No reply came at all.", false);
    result.target_rps = 0;
    check_said(&plan, &result, sentence, false);
    check_said(&plan, &result, "they are not in the latency, which may be longer.", true);
    result.counts = (struct load_counts){.sent = 200, .ok = 198, .unfinished = 2}; /* one in a hundred */
    check_said(&plan, &result, "had no reply yet", false);
    load_result_clear(&result);
}

/* The server is not blamed for what was mostly our own doing, though that was too little to be suspect. */
static void whoever_is_to_blame_for_the_unsent_is_told(void **state)
{
    const char *sentence = "the server did not keep up with the rate";
    struct load_plan plan = make_plan();
    struct load_result result;

    (void)state;
    make_result(&result);
    result.suspect = false;
    result.counts.unsent = 4;
    result.own_missing = 1;
    check_said(&plan, &result, sentence, true);
    result.own_missing = 2;
    check_said(&plan, &result, sentence, false);
    load_result_clear(&result);
}

static void a_silent_server_is_told(void **state)
{
    struct load_plan plan = make_plan();
    struct load_result result;

    (void)state;
    assert_int_equal(load_result_begin(&result, 1), 0);
    result.commands[0].text = name_of("PING");
    check_said(&plan, &result, "No reply came at all.", false); /* nobody was asked */
    result.counts = (struct load_counts){.sent = 50, .unfinished = 50};
    check_said(&plan, &result, "No reply came at all.", true);
    load_result_clear(&result);
}

/* Against what the histogram itself says, at every level. */
static void levels_are_the_histograms_own(void **state)
{
    struct histogram *histogram = histogram_new();
    struct percentile levels[PERCENTILES_MOST(10)];
    size_t count, i;

    (void)state;
    assert_non_null(histogram);
    assert_int_equal(percentiles_of(histogram, 10, levels), 0);
    histogram_record(histogram, 7, 1);
    assert_int_equal(percentiles_of(histogram, 10, levels), 2);
    assert_true(levels[0].level == 0 && levels[1].level == 1 && levels[0].value_ns == 7 &&
                levels[1].value_ns == 7);
    for (i = 0; i < 100000; i++)
        histogram_record(histogram, unit_random_below(1000000), 1);
    histogram_record(histogram, HISTOGRAM_MOST_NS, 1);
    count = percentiles_of(histogram, 10, levels);
    assert_in_range(count, 100, COUNT(levels));
    for (i = 0; i < count; i++) {
        assert_true(i == 0 || levels[i].level > levels[i - 1].level);
        assert_int_equal(levels[i].value_ns, histogram_quantile_ns(histogram, levels[i].level));
    }
    assert_true(levels[count - 1].level == 1);
    assert_true(levels[10].level > 0.499 && levels[10].level < 0.501);
    assert_true(levels[20].level > 0.749 && levels[20].level < 0.751);
    histogram_free(&histogram);
}

static void many_more_than_memory_could_hold(void **state)
{
    struct histogram *histogram = histogram_new();
    struct percentile levels[PERCENTILES_MOST(5)];
    size_t count;

    (void)state;
    assert_non_null(histogram);
    histogram_record(histogram, 1, UINT64_C(1) << 62);
    histogram_record(histogram, 1000, 1);
    count = percentiles_of(histogram, 5, levels);
    assert_in_range(count, 2, COUNT(levels));
    assert_true(levels[count - 1].level == 1 && levels[count - 1].value_ns == 1000);
    histogram_free(&histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(seconds_as_csv, release),
        cmocka_unit_test_teardown(percentiles_for_the_plotter, release),
        cmocka_unit_test_teardown(the_page_has_it_all, release),
        cmocka_unit_test_teardown(nothing_is_a_result_too, release),
        cmocka_unit_test_teardown(json_has_every_figure, release),
        cmocka_unit_test_teardown(json_is_whole_or_none, release),
        cmocka_unit_test_teardown(json_has_no_odd_numbers, release),
        cmocka_unit_test_teardown(a_slow_rate_is_told, release),
        cmocka_unit_test_teardown(the_table_says_what_is_wrong_last, release),
        cmocka_unit_test_teardown(those_without_a_reply_are_told, release),
        cmocka_unit_test_teardown(whoever_is_to_blame_for_the_unsent_is_told, release),
        cmocka_unit_test_teardown(a_silent_server_is_told, release),
        cmocka_unit_test(levels_are_the_histograms_own),
        cmocka_unit_test(many_more_than_memory_could_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
