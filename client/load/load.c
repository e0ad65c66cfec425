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

/* Requests or connections that failed, counters that don't add up, or conditions that say so. A server that has not
 * answered once is no success either. */
static bool has_failed(const struct load_result *result)
{
    uint64_t errors = 0;
    size_t i;

    for (i = 0; i < LOAD_ERRORS; i++)
        errors += result->errors[i];
    return errors > 0 || result->counts.failed > 0 || result->gave_up || result->violation_count > 0 ||
           result->idle_lost > 0 || (result->counts.ok == 0 && !result->interrupted);
}

/* A result that is not to be trusted comes before what is in it. */
static enum exit_code judge(const struct load_result *result)
{
    if (result->counts.sent == 0 && !result->interrupted)
        return EXIT_NO_CONNECTION;
    if (result->suspect)
        return EXIT_SUSPECT;
    return has_failed(result) ? EXIT_FAILED : EXIT_FINE;
}

/* A table that can't be written is no less of a failure than a file is. */
static int show(const struct load_plan *plan, const struct load_result *result, struct error *error)
{
    FILE *out = report_files_on_stdout(plan) ? stderr : stdout;

    report_table(plan, result, out);
    return ferror(out) ? error_errno(error, "the report") : 0;
}

static enum exit_code report(const struct verb *verb, const struct load_plan *plan,
                             const struct load_result *result)
{
    struct error error, another;
    int shown = show(plan, result, &error);

    if (report_files_write(plan, result, shown == 0 ? &error : &another) != 0 || shown != 0)
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
        "Without -R a closed loop: every connection sends its requests (-P of them at once), waits for all "
        "their\n"
        "replies, and sends the next. With -R an open loop: requests are meant to be sent at times that are "
        "fixed\n"
        "beforehand, go to any connection with room (fewer than -P under way), and wait for one when there "
        "is none;\n"
        "none is skipped. PING is sent unless a command, --mix or --work is given.\n\n"
        "Reports throughput, what a request cost the client and, where its INFO says so, the server, and:\n"
        "  latency   from the moment the schedule meant to send, to the reply. In an open loop requests "
        "without a\n"
        "            reply (failed, unfinished, due but not sent) are in it with the age they had reached.\n"
        "  service   from the write to the reply.\n"
        "  send lag  how late this client was by its own fault: from the later of the intended time and a "
        "connection\n"
        "            having room, to the write, had it read all replies at once.\n"
        "sent = ok + error replies + failed + unfinished. What an open loop did not get to send is counted "
        "beside\n"
        "that, as unsent. The warm-up is in none of it; what of a ramp lies behind it is. INT or TERM end a "
        "load\n"
        "early, with the report; another one also the wait for what INFO says. QUIT ends it without.\n\n"
        "A connection that is lost is counted in the errors, what was under way on it as failed, and it is "
        "opened\n"
        "anew. In an open loop, where the pause is in the latency, that is after 1 ms, and after 2, 4 and 8 "
        "ms as long\n"
        "as no good reply comes on it (not 8 ms but 100 us for each connection of a thread that has more "
        "than "
        "80). In\n"
        "a closed loop it is after 10 ms, doubled up to 160.\n\n"
        "--mix: entries are separated by commas; behind the last colon of each stands its weight. Words are "
        "quoted as\n"
        "in redis-cli, and commas and colons within quotes belong to them: 'SET \"a,b\" 1:5,INCR "
        "user:7:10'.\n"
        "--work: cpu= wait= block= lock= take times, alloc= reply= sizes, in the order in which they are to "
        "happen.\n"
        "--fail-if: p50 p90 p99 p99.9 p99.99 max mean of the latency, or of another with its name before it\n"
        "(service_p99, send_lag_max), errors (a number, or with %), throughput; then > >= < <= and the "
        "limit, as in\n"
        "'p99>5ms,service_mean>=1.5ms,errors>0.1%,throughput<20k'.\n"
        "--verify knows PING, ECHO, SQUARE, PRIMES, SLEEP, BLOCK, SPIN, WORK, SET, INCR, DECR, INCRBY, "
        "DECRBY.\n"
        "__rand_int__ in a command becomes a number of 12 digits (see -r).\n\n"
        "Exit: 0 fine; 1 requests or connections failed, or a condition of --fail-if is true; 2 wrong usage; "
        "3 no "
        "connection;\n"
        "4 the result is suspect, whatever else it says: in an open loop this client was too slow or too "
        "late itself.",
    .tables = tables,
    .order = OPTIONS_FIRST,
    .run = run,
};
