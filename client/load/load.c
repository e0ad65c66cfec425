/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur load`: options in, a load, reports out, and the exit code that says how it went. Runs in the main
 * thread. */
#include <stdlib.h>

#include "client/load/report.h"
#include "client/load/run.h"
#include "client/typed.h"
#include "client/verb.h"

static const struct option_table *const tables[] = {&load_options, &target_options, NULL};

static enum exit_code judge(const struct load_result *result)
{
    const struct load_counts *counts = &result->counts;

    if (counts->sent == 0 && !result->interrupted)
        return EXIT_NO_CONNECTION;
    if (counts->failed > 0 || counts->error_replies > 0 || result->gave_up)
        return EXIT_FAILED;
    /* A server that breaks the protocol, or has not answered once, is no success either. */
    return result->errors[LOAD_MALFORMED] > 0 || (counts->ok == 0 && !result->interrupted) ? EXIT_FAILED
                                                                                           : EXIT_FINE;
}

static enum exit_code report(const struct verb *verb, const struct load_plan *plan,
                             const struct load_result *result)
{
    struct error error;

    report_table(plan, result, report_files_on_stdout(plan) ? stderr : stdout);
    if (report_files_write(plan, result, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    return judge(result);
}

static enum exit_code load(const struct verb *verb, struct load_plan *plan)
{
    struct load_result result;
    struct error error;
    enum exit_code code;
    enum load_outcome outcome = load_run(plan, &result, &error);

    if (outcome != LOAD_RAN)
        return verb_fail(verb, outcome == LOAD_UNREACHABLE ? EXIT_NO_CONNECTION : EXIT_FAILED, error.text);
    code = report(verb, plan, &result);
    load_result_clear(&result);
    return code;
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    void *into[] = {&plan, &plan.target};
    struct option_words words;
    struct error error;
    char *typed = typed_line(verb->name, argc, argv);
    enum exit_code code;

    if (!verb_parse(verb, into, argc, argv, &words, &code)) {
        free(typed);
        return code;
    }
    plan.command_line = typed;
    if (load_plan_prepare(&plan, &words, &error) != 0 || report_files_check(&plan, &error) != 0)
        code = verb_fail(verb, EXIT_USAGE, error.text);
    else
        code = load(verb, &plan);
    load_plan_clear(&plan);
    free(typed);
    return code;
}

const struct verb load_verb = {
    .name = "load",
    .arguments = "[OPTION...] [-- COMMAND [ARG...]]",
    .summary = "put a load on a server and measure it",
    .details =
        "A closed loop: every connection sends its requests (-P of them at once), waits for all their "
        "replies, and\n"
        "sends the next; PING unless a command is given. Reports latency, throughput, and what a request "
        "cost\n"
        "the client and, where its INFO says so, the server. INT or TERM end it early, with the report.\n\n"
        "Exit: 0 fine, 1 some requests failed, 2 wrong usage, 3 no connection.",
    .tables = tables,
    .order = OPTIONS_FIRST,
    .run = run,
};
