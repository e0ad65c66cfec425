/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison as one page. Who only reads the top of it reads what matters: the recommendation, what it would cost
 * to choose otherwise, and the verdicts in one table; then each workload with its pictures, and at the end how it was
 * measured and on what. Runs in the main thread. */
#include "client/compare/report.h"

#include <math.h>
#include <string.h>

#include "config.h"
#include "client/chart/measure.h"
#include "client/compare/busy.h"
#include "client/compare/recommend.h"
#include "client/compare/report_page.h"
#include "client/load/text.h"
#include "client/outfile.h"

#define LINE_BYTES (RESULT_LINE_BYTES + 100)

#define COLUMNS_OF(array) (array), sizeof(array) / sizeof(array)[0]

/* Section 1 is the recommendation and 2 the overview. */
#define FIRST_WORKLOAD_SECTION 3

static void fact(struct page *page, const char *name, const char *value)
{
    page_cell(page, "%s", name);
    page_cell(page, "%s", value);
}

/* --- the recommendation -------------------------------------------------------------------------------------------- */

static void write_notices(struct page *page, const struct compare_report *report)
{
    bool suspect = false;
    unsigned i;

    for (i = 0; i < report->workload_count; i++)
        suspect = suspect || report->workloads[i].verdict.suspect;
    if (report->busy_before > BUSY_MOST)
        page_notice(page, PAGE_WARNING, "A busy machine",
                    "Others kept it at work %.0f%% of the time before anything was run: expect noise.",
                    report->busy_before * 100);
    if (report->cut[0] != '\0')
        page_notice(page, PAGE_WARNING, "Cut to end within two minutes", "%s.", report->cut);
    if (report->interrupted)
        page_notice(page, PAGE_WARNING, "Ended early",
                    "A signal ended the comparison: this is what there was by then.");
    if (suspect)
        page_notice(page, PAGE_BAD, "Some results are suspect",
                    "The client was late by its own fault; the verdicts that rest on that say so.");
}

/* "4.00x or more": where some of it was cut, it is no measurement but a bound. */
static const char *factor_text(double factor, bool at_least, char *text, size_t size)
{
    if (isnan(factor))
        snprintf(text, size, "-");
    else if (factor < 1.005)
        snprintf(text, size, "best");
    else
        snprintf(text, size, "%.2f\u00d7%s", factor, at_least ? " or more" : "");
    return text;
}

/* Whether anything is known of a merit. */
static bool is_known(const struct compare_report *report, int merit)
{
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        if (!isnan(report->recommendation.standings[i].factor[merit]))
            return true;
    }
    return false;
}

static void write_standing(struct page *page, const struct compare_report *report, unsigned index)
{
    const struct compare_standing *standing = &report->recommendation.standings[index];
    bool chosen = report->recommendation.model == &report->models[index];
    char text[32];
    int i;

    page_cell_toned(page, chosen ? PAGE_GOOD : PAGE_PLAIN, "%s", report->models[index].name);
    for (i = 0; i < MERITS; i++) {
        if (is_known(report, i))
            page_cell_toned(page, standing->factor[i] < 1.005 ? PAGE_GOOD : PAGE_PLAIN, "%s",
                            factor_text(standing->factor[i], standing->at_least[i], text, sizeof text));
    }
    page_cell(page, "%u of %u", standing->best_in, report->workload_count);
}

static void write_standings(struct page *page, const struct compare_report *report)
{
    struct page_column columns[MERITS + 2] = {{"model", false}};
    unsigned i, count = 1;
    int merit;

    for (merit = 0; merit < MERITS; merit++) {
        if (is_known(report, merit))
            columns[count++] = (struct page_column){merit_rows[merit].words, true};
    }
    columns[count++] = (struct page_column){"best in", true};
    page_begin_table(page,
                     "How many times worse than the best model (geometric mean over the workloads), and in "
                     "how many it is among the best",
                     columns, count);
    for (i = 0; i < report->model_count; i++)
        write_standing(page, report, i);
    page_end_table(page);
}

static void write_alternatives(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"", false}, {"", false}};
    char text[LINE_BYTES];
    unsigned i;

    page_begin_table(page, "What it would mean to choose otherwise", COLUMNS_OF(columns));
    for (i = 0; i < report->model_count; i++) {
        const char *words = report->recommendation.standings[i].words;

        if (words[0] != '\0')
            fact(page, report->models[i].name, page_sentence(words, text, sizeof text));
    }
    page_end_table(page);
}

static void write_recommendation(struct page *page, const struct compare_report *report)
{
    const struct compare_recommendation *recommendation = &report->recommendation;
    char title[MODEL_NAME_BYTES + 20], text[LINE_BYTES];

    page_begin_section(page, "Recommendation");
    if (recommendation->model == NULL) {
        page_notice(page, PAGE_WARNING, "No recommendation", "%s", recommendation->reason);
        return;
    }
    snprintf(title, sizeof title, "Recommended here: %s", recommendation->model->name);
    page_notice(page, recommendation->doubtful ? PAGE_WARNING : PAGE_GOOD, title, "%s",
                page_sentence(recommendation->reason, text, sizeof text));
    if (report->model_count < 2)
        return;
    write_standings(page, report);
    write_alternatives(page, report);
}

/* --- the verdicts in one table ------------------------------------------------------------------------------------- */

/* Names with commas between them, cut to fit. */
static void name_best(const struct compare_report *report, const struct compare_verdict *verdict, char *text,
                      size_t size)
{
    unsigned i, named = 0;
    size_t used = 0;

    snprintf(text, size, "%s",
             verdict->best_count == 0 ? "-"
             : verdict->noisy         ? "too noisy to tell"
                                      : "all alike");
    if (verdict->best_count == 0 || verdict->no_difference)
        return;
    for (i = 0; i < report->model_count && used < size; i++) {
        if (verdict->best[i])
            used += (size_t)snprintf(text + used, size - used, "%s%s", named++ > 0 ? ", " : "",
                                     report->models[i].name);
    }
}

static void write_overview(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"workload", false}, {"best", false}, {"because", false}};
    char names[LINE_BYTES], text[LINE_BYTES];
    unsigned i;

    page_begin_section(page, "Verdicts");
    page_begin_table(page, "A model is best when it leads beyond noise, or is no different from who leads",
                     COLUMNS_OF(columns));
    for (i = 0; i < report->workload_count; i++) {
        const struct compare_verdict *verdict = &report->workloads[i].verdict;

        name_best(report, verdict, names, sizeof names);
        page_cell_leading(page, FIRST_WORKLOAD_SECTION + i, "%s", report->workloads[i].workload->title);
        page_cell_toned(page, verdict->best_count == 0 || verdict->no_difference ? PAGE_QUIET : PAGE_GOOD,
                        "%s", names);
        page_cell(page, "%s", page_sentence(verdict->reason, text, sizeof text));
    }
    page_end_table(page);
}

/* --- against the baseline ------------------------------------------------------------------------------------------ */

static void write_change(struct page *page, const struct compare_change *change)
{
    const struct figure_row *row = &figure_rows[change->figure];
    double before = change->before.median, after = change->after.median;
    char text[MEASURE_TEXT_BYTES];

    page_cell(page, "%s", change->workload->title);
    page_cell(page, "%s", change->model->name);
    page_cell(page, "%s", row->words);
    page_cell(page, "%s", page_value(change->figure, before, text));
    page_cell(page, "%s", page_value(change->figure, after, text));
    if (before > 0)
        page_cell_toned(page, change->better ? PAGE_GOOD : PAGE_BAD, "%s, %+.0f%%",
                        change->better ? "better" : "worse", (after / before - 1) * 100);
    else
        page_cell_toned(page, change->better ? PAGE_GOOD : PAGE_BAD, "%s",
                        change->better ? "better" : "worse");
}

static void write_baseline(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"workload", false}, {"model", false}, {"figure", false},
                                                 {"before", true},    {"now", true},    {"change", true}};
    const struct compare_baseline *baseline = &report->baseline;
    size_t i;

    if (baseline->file == NULL)
        return;
    page_begin_section(page, "Since the baseline");
    page_text(page, "Against %s: %zu of %zu figures changed beyond noise.", baseline->file, baseline->changed,
              baseline->compared);
    if (baseline->suspect > 0)
        page_text(page, "%zu figures were not compared: suspect now, or then.", baseline->suspect);
    if (baseline->remark[0] != '\0')
        page_notice(page, PAGE_WARNING, "Not quite comparable", "%s", baseline->remark);
    if (baseline->change_count == 0)
        return;
    page_begin_table(page, "What changed", COLUMNS_OF(columns));
    for (i = 0; i < baseline->change_count; i++)
        write_change(page, &baseline->changes[i]);
    page_end_table(page);
    if (baseline->changed > baseline->change_count)
        page_text(page, "And %zu more.", baseline->changed - baseline->change_count);
}

/* --- how it was measured ------------------------------------------------------------------------------------------- */

static void write_models(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"", false}, {"", false}};
    unsigned i;

    page_begin_table(page, "The models, and how each is given the capacity to serve all connections at once",
                     COLUMNS_OF(columns));
    for (i = 0; i < report->model_count; i++)
        fact(page, report->models[i].name, report->models[i].words);
    page_end_table(page);
}

static void write_host(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"", false}, {"", false}};
    const struct host *host = &report->host;
    char text[MEASURE_TEXT_BYTES];

    page_begin_table(page, "The machine", COLUMNS_OF(columns));
    fact(page, "name", host->name);
    fact(page, "processor", host->cpu[0] != '\0' ? host->cpu : "-");
    page_cell(page, "cores that we may use");
    page_cell(page, "%u", host->cores);
    fact(page, "memory", measure_text(MEASURE_BYTES, (double)host->memory_bytes, text));
    fact(page, "kernel", host->kernel);
    fact(page, "measured by", "concur " PACKAGE_VERSION);
    page_end_table(page);
}

static void write_method(struct page *page, const struct compare_report *report)
{
    const struct compare_settings *settings = report->settings;
    char runs[RESULT_RUNS_BYTES];

    page_begin_section(page, "How it was measured");
    if (settings->command_line != NULL)
        page_code(page, settings->command_line);
    page_text(page,
              "%llu connection%s from %llu client thread%s, unless a workload says otherwise; %s (A B A B), "
              "all with seed %llu%s%s%s.",
              (unsigned long long)settings->connections, settings->connections == 1 ? "" : "s",
              (unsigned long long)settings->threads, settings->threads == 1 ? "" : "s",
              compare_runs_text(report, runs), (unsigned long long)settings->seed,
              settings->quick ? "; short runs (--quick)" : "",
              settings->pin ? "; server and client on cores of their own"
                            : "; server and client share the cores",
              settings->tls.tls ? "; over TLS" : "");
    page_text(
        page,
        "Figures are medians, whiskers and ranges the lowest and the highest repeat. Models differ when "
        "their "
        "ranges do not overlap and the difference is large enough to matter; CPU and context switches are "
        "the server's own, from its INFO before and after.");
    write_models(page, report);
    write_host(page, report);
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

static int write_page(const struct compare_report *report, FILE *out, struct error *error)
{
    char line[LINE_BYTES];
    struct page page;
    unsigned i;

    snprintf(line, sizeof line, "%u model%s, %u workload%s, on %s with %u core%s, %s; took %.0f s",
             report->model_count, report->model_count == 1 ? "" : "s", report->workload_count,
             report->workload_count == 1 ? "" : "s", report->host.name, report->host.cores,
             report->host.cores == 1 ? "" : "s", report->started, report->took_s);
    page_begin(&page, out, "Concurrency models compared", line);
    write_notices(&page, report);
    write_recommendation(&page, report);
    write_overview(&page, report);
    for (i = 0; i < report->workload_count; i++)
        page_workload(&page, report, i);
    if (page_sweep(&page, report) != 0)
        return error_set(error, "out of memory");
    write_baseline(&page, report);
    write_method(&page, report);
    snprintf(line, sizeof line, "Made by concur %s, %s", PACKAGE_VERSION, report->started);
    return page_end(&page, line, error);
}

int compare_report_html(const struct compare_report *report, const char *path, struct error *error)
{
    struct outfile file;

    if (outfile_begin(&file, path, error) != 0)
        return -1;
    if (write_page(report, file.text, error) != 0) {
        outfile_abandon(&file);
        return error_prefix(error, "%s", path);
    }
    return outfile_commit(&file, error);
}
