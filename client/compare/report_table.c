/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison for people, at most 100 columns wide: what was compared, a table per workload with the verdict beneath
 * it, and the recommendation at the end. The range of repeats stands beside the two figures that most verdicts rest on,
 * as a share of the median; all ranges are in the JSON and on the page. Runs in the main thread. */
#include "client/compare/report.h"

#include <math.h>
#include <string.h>

#include "config.h"
#include "client/compare/busy.h"
#include "client/compare/recommend.h"
#include "client/load/text.h"

#define WIDTH         100
#define COLUMNS       8
#define RANGE_WIDTH   5
#define NAME_WIDTH    15
#define WRAPPED_BYTES 1024

/* Text in lines of WIDTH, the first after `column` columns, the others indented by `indent`. */
static void print_wrapped(const char *text, int column, int indent, FILE *out)
{
    bool first = true;

    while (*text != '\0') {
        int word = (int)strcspn(text, " ");

        if (!first && column + 1 + word > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
        first = false;
    }
    fputc('\n', out);
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

static void print_head(const struct compare_report *report, FILE *out)
{
    const struct compare_settings *settings = report->settings;
    const struct host *host = &report->host;
    char memory[TEXT_BYTES], runs[RESULT_RUNS_BYTES];
    unsigned i;

    fprintf(out, "%s: %u core%s (%s), %s, %s, %s\n", host->name, host->cores, host->cores == 1 ? "" : "s",
            host->cpu, text_bytes(host->memory_bytes, memory), host->kernel, "concur " PACKAGE_VERSION);
    fprintf(out, "%llu connections, %llu client thread%s, %s, seed %llu%s%s%s; %s\n\n",
            (unsigned long long)settings->connections, (unsigned long long)settings->threads,
            settings->threads == 1 ? "" : "s", compare_runs_text(report, runs),
            (unsigned long long)settings->seed, settings->quick ? ", quick" : "",
            settings->pin ? ", cores pinned" : "", settings->tls.tls ? ", TLS" : "", report->started);
    if (report->busy_before > BUSY_MOST)
        fprintf(out,
                "BUSY: others kept this machine at work %.0f%% of the time before anything was run: expect "
                "noise.\n\n",
                report->busy_before * 100);
    for (i = 0; i < report->model_count; i++) {
        fprintf(out, "  %-*s ", NAME_WIDTH, report->models[i].name);
        print_wrapped(report->models[i].words, NAME_WIDTH + 3, NAME_WIDTH + 3, out);
    }
}

/* --- a workload's table -------------------------------------------------------------------------------------------- */

struct column {
    enum figure figure;
    int width;
    bool range; /* a column with the range follows */
};

/* The same for all workloads, but for what only one of them has. */
static void choose_columns(const struct workload *workload, struct column columns[COLUMNS])
{
    static const struct column usual[COLUMNS] = {
        {FIGURE_THROUGHPUT, 10, true}, {FIGURE_P50, 9, false},    {FIGURE_P99, 9, true},
        {FIGURE_P999, 9, false},       {FIGURE_CPU, 8, false},    {FIGURE_SWITCHES, 8, false},
        {FIGURE_MEMORY, 9, false},     {FIGURE_FAILED, 7, false},
    };
    static const struct column crashed[COLUMNS] = {
        {FIGURE_THROUGHPUT, 10, false}, {FIGURE_P50, 9, false},    {FIGURE_P99, 9, true},
        {FIGURE_LOST, 12, false},       {FIGURE_OUTAGE, 9, false}, {FIGURE_CPU, 8, false},
        {FIGURE_MEMORY, 9, false},      {FIGURE_FAILED, 8, false},
    };
    unsigned i;

    memcpy(columns, workload->crashes ? crashed : usual, sizeof usual);
    for (i = 0; i < workload->command_count; i++) {
        if (workload->commands[i].watched) {
            columns[1].figure = FIGURE_WATCHED_P50;
            columns[2].figure = FIGURE_WATCHED_P99;
        }
    }
    if (workload->idle > 0)
        columns[3].figure = FIGURE_MEMORY_PER_CON;
}

/* Half the range, as a share of the median. */
static const char *range_text(const struct spread *spread, char *text, size_t size)
{
    double share = spread->median > 0 ? (spread->most - spread->least) / 2 / spread->median * 100 : 0;

    text[0] = '\0';
    if (spread->count > 1)
        snprintf(text, size, "~%.0f%%", fmin(share, 999));
    return text;
}

static void print_titles(const struct column *columns, FILE *out)
{
    unsigned i;

    fprintf(out, "\n    %-*s", NAME_WIDTH + 2, "model");
    for (i = 0; i < COLUMNS; i++) {
        fprintf(out, "%*s", columns[i].width, figure_rows[columns[i].figure].title);
        if (columns[i].range)
            fprintf(out, "%*s", RANGE_WIDTH, "");
    }
    fputc('\n', out);
}

static void print_figures(const struct compare_result *result, const struct column *columns, FILE *out)
{
    char text[FIGURE_TEXT_BYTES], range[16];
    unsigned i;

    for (i = 0; i < COLUMNS; i++) {
        const struct spread *spread = &result->spread[columns[i].figure];

        fprintf(out, "%*s", columns[i].width,
                figure_text(columns[i].figure, spread->count > 0 ? spread->median : NAN, text));
        if (columns[i].range)
            fprintf(out, "%*s", RANGE_WIDTH, range_text(spread, range, sizeof range));
    }
    fputc('\n', out);
}

/* Whether two have no result, for the same reason. */
static bool miss_alike(const struct compare_result *one, const struct compare_result *other)
{
    return one->state != COMPARE_DONE && one->state == other->state && strcmp(one->why, other->why) == 0;
}

/* All that have none for the reason of `model`, in one row; nothing when an earlier one had it already. */
static void print_missing(const struct compare_report *report, const struct compare_workload *workload,
                          unsigned model, FILE *out)
{
    static const char *const states[] = {
        [COMPARE_PENDING] = "not reached", [COMPARE_FAILED] = "failed: ", [COMPARE_LEFT_OUT] = "left out: "};
    const struct compare_result *result = &workload->results[model];
    char words[WRAPPED_BYTES];
    unsigned i, alike = 0;
    size_t used = 0;

    for (i = 0; i < report->model_count; i++) {
        if (!miss_alike(result, &workload->results[i]))
            continue;
        if (i < model)
            return;
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", alike++ > 0 ? ", " : "",
                                 report->models[i].name);
    }
    if (alike == 1) {
        fprintf(out, "    %-*s  %s", NAME_WIDTH, result->model->name, states[result->state]);
        print_wrapped(result->why, NAME_WIDTH + 6 + (int)strlen(states[result->state]), NAME_WIDTH + 6, out);
        return;
    }
    snprintf(words + used, sizeof words - used, ": %s%s", states[result->state], result->why);
    fputs("    ", out);
    print_wrapped(words, 4, 6, out);
}

static void print_result(const struct compare_report *report, const struct compare_workload *workload,
                         unsigned model, const struct column *columns, FILE *out)
{
    const struct compare_result *result = &workload->results[model];

    if (result->state != COMPARE_DONE) {
        print_missing(report, workload, model, out);
        return;
    }
    fprintf(out, "  %c %-*s%c%c", workload->verdict.best[model] ? '>' : ' ', NAME_WIDTH, result->model->name,
            result->limited_by_client ? '*' : ' ', result->suspect ? '!' : ' ');
    print_figures(result, columns, out);
}

/* --- what must be said beneath ------------------------------------------------------------------------------------- */

/* What is the same for several is said once, of all of them. */
static void print_remark(const struct compare_report *report, const struct compare_workload *workload,
                         unsigned model, FILE *out)
{
    char words[RESULT_REMARK_BYTES], other[RESULT_REMARK_BYTES], line[2 * RESULT_REMARK_BYTES];
    bool crashes = workload->workload->crashes;
    size_t used = 0;
    unsigned i;

    compare_remark(&workload->results[model], crashes, words);
    if (words[0] == '\0')
        return;
    for (i = 0; i < report->model_count; i++) {
        compare_remark(&workload->results[i], crashes, other);
        if (strcmp(words, other) != 0)
            continue;
        if (i < model)
            return;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", i > model ? ", " : "",
                                 report->models[i].name);
    }
    snprintf(line + used, sizeof line - used, ": %s", words);
    fprintf(out, "    ");
    print_wrapped(line, 4, 6, out);
}

static void print_remarks(const struct compare_report *report, const struct compare_workload *workload,
                          unsigned model, FILE *out)
{
    const struct compare_result *result = &workload->results[model];
    char toll[RESULT_TOLL_BYTES];

    if (workload->workload->crashes && result->state == COMPARE_DONE)
        fprintf(out, "    %s: %s\n", result->model->name, compare_toll(result, toll));
    print_remark(report, workload, model, out);
}

static void print_workload(const struct compare_report *report, unsigned index, FILE *out)
{
    const struct compare_workload *workload = &report->workloads[index];
    struct column columns[COLUMNS];
    char command[RESULT_TEXT_BYTES];
    unsigned i;

    fprintf(out, "\n%u. %s: %s", index + 1, workload->workload->title,
            workload_headline(workload->workload, command, sizeof command));
    if (workload->workload->rate_rps > 0)
        fprintf(out, ", at %.0f/s", workload->workload->rate_rps);
    fprintf(out, "\n   ");
    print_wrapped(workload->workload->shows, 3, 3, out);
    choose_columns(workload->workload, columns);
    if (workload->verdict.best_count > 0)
        print_titles(columns, out);
    else
        fputc('\n', out);
    for (i = 0; i < report->model_count; i++)
        print_result(report, workload, i, columns, out);
    for (i = 0; i < report->model_count; i++)
        print_remarks(report, workload, i, out);
    fprintf(out, "\n    => ");
    print_wrapped(workload->verdict.reason, 7, 7, out);
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

/* With --quick, on a slow machine. */
static void print_cut(const char *cut, FILE *out)
{
    static const char before[] = "Cut, to end within two minutes: ";

    fputs(before, out);
    print_wrapped(cut, (int)strlen(before), 2, out);
}

static void print_legend(const struct compare_report *report, FILE *out)
{
    bool limited = false, suspect = false;
    unsigned i, j;

    for (i = 0; i < report->workload_count; i++) {
        for (j = 0; j < report->model_count; j++) {
            limited = limited || report->workloads[i].results[j].limited_by_client;
            suspect = suspect || report->workloads[i].results[j].suspect;
        }
    }
    fprintf(out, "\nMedians; ~ half the range of the repeats; > best, or no different from it.\n");
    if (limited)
        fprintf(out, "* the client was as busy as it could be: that model may be faster than this.\n");
    if (suspect)
        fprintf(out, "! suspect: the client was late by its own fault, so this is not the server's alone.\n");
    if (report->cut[0] != '\0')
        print_cut(report->cut, out);
    if (report->interrupted)
        fprintf(out, "\nEnded early by a signal: this is what there was by then.\n");
}

static void print_recommendation(const struct compare_report *report, FILE *out)
{
    const struct compare_recommendation *recommendation = &report->recommendation;
    unsigned i;

    if (recommendation->model != NULL)
        fprintf(out, "\nRECOMMENDED HERE: %s\n  ", recommendation->model->name);
    else
        fprintf(out, "\nNO RECOMMENDATION: ");
    print_wrapped(recommendation->reason, recommendation->model != NULL ? 2 : 19, 2, out);
    for (i = 0; i < report->model_count; i++) {
        const char *words = recommendation->standings[i].words;

        if (words[0] == '\0')
            continue;
        fprintf(out, "  %-*s instead ", NAME_WIDTH, report->models[i].name);
        print_wrapped(words, NAME_WIDTH + 11, NAME_WIDTH + 11, out);
    }
}

static void print_sweep(const struct compare_report *report, const struct compare_sweep *sweep, FILE *out)
{
    char p50[FIGURE_TEXT_BYTES], p99[FIGURE_TEXT_BYTES], p999[FIGURE_TEXT_BYTES];
    char rate[TEXT_BYTES], achieved[TEXT_BYTES];
    size_t i;

    for (i = 0; i < sweep->point_count; i++) {
        const struct sweep_point *point = &sweep->points[i];

        fprintf(out, "    %-*s%c%12s%12s%10s%10s%10s%s\n", NAME_WIDTH, i == 0 ? sweep->model->name : "",
                point->suspect ? '!' : ' ', text_count((uint64_t)(point->rate_rps + 0.5), rate),
                text_count((uint64_t)(point->achieved_rps + 0.5), achieved),
                figure_text(FIGURE_P50, point->p50_us, p50), figure_text(FIGURE_P99, point->p99_us, p99),
                figure_text(FIGURE_P999, point->p999_us, p999),
                !report->settings->slo.given ? ""
                : point->keeps_slo           ? "  kept"
                : point->unclear             ? "  ?"
                                             : "  broken");
    }
    if (sweep->point_count == 0)
        fprintf(out, "    %-*s no rate could be offered\n", NAME_WIDTH, sweep->model->name);
}

static void print_slo(const struct compare_report *report, const struct compare_sweep *sweep, FILE *out)
{
    char rate[TEXT_BYTES];

    fprintf(out, "    => %s", sweep->model->name);
    if (isnan(sweep->slo_rps) && sweep->unclear) {
        fprintf(out, ": where it breaks %s %s\n", report->settings->slo_text, sweep->trouble);
        return;
    }
    fputc(' ', out);
    if (isnan(sweep->slo_rps))
        fprintf(out, "was not asked for %s", report->settings->slo_text);
    else if (sweep->slo_rps == 0)
        fprintf(out, "keeps %s at no rate that was tried", report->settings->slo_text);
    else
        fprintf(out, "keeps %s up to %s/s%s", report->settings->slo_text,
                text_count((uint64_t)(sweep->slo_rps + 0.5), rate), sweep->or_more ? " or more" : "");
    fprintf(out, "%s%s\n", sweep->trouble[0] != '\0' ? ": " : "", sweep->trouble);
}

static void print_sweeps(const struct compare_report *report, FILE *out)
{
    char command[RESULT_TEXT_BYTES];
    unsigned i;

    if (report->sweeps == NULL)
        return;
    fprintf(out, "\nLatency at rising rates: %s\n\n    %-*s %12s%12s%10s%10s%10s\n",
            workload_headline(report->swept, command, sizeof command), NAME_WIDTH, "model", "rate", "served",
            "p50", "p99", "p99.9");
    for (i = 0; i < report->model_count; i++)
        print_sweep(report, &report->sweeps[i], out);
    fputc('\n', out);
    for (i = 0; i < report->model_count && report->settings->slo.given; i++)
        print_slo(report, &report->sweeps[i], out);
}

static void print_change(const struct compare_change *change, FILE *out)
{
    char before[FIGURE_TEXT_BYTES], after[FIGURE_TEXT_BYTES];

    fprintf(out, "  %-6s  %-9s %-*s %s: %s, was %s\n", change->better ? "better" : "WORSE",
            change->workload->name, NAME_WIDTH, change->model->name, figure_rows[change->figure].words,
            figure_text(change->figure, change->after.median, after),
            figure_text(change->figure, change->before.median, before));
}

static void print_baseline(const struct compare_baseline *baseline, FILE *out)
{
    size_t i;

    if (baseline->file == NULL)
        return;
    fprintf(out, "\nAgainst %s: %zu of %zu figures changed beyond noise%s%s\n", baseline->file,
            baseline->changed, baseline->compared, baseline->remark[0] != '\0' ? "; BUT " : "",
            baseline->remark);
    if (baseline->suspect > 0)
        fprintf(out, "  %zu figures were not compared: suspect now, or then\n", baseline->suspect);
    for (i = 0; i < baseline->change_count; i++)
        print_change(&baseline->changes[i], out);
    if (baseline->changed > baseline->change_count)
        fprintf(out, "  and %zu more\n", baseline->changed - baseline->change_count);
}

void compare_report_table(const struct compare_report *report, FILE *out)
{
    unsigned i;

    print_head(report, out);
    for (i = 0; i < report->workload_count; i++)
        print_workload(report, i, out);
    print_sweeps(report, out);
    print_legend(report, out);
    print_baseline(&report->baseline, out);
    print_recommendation(report, out);
    fflush(out);
}
