/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_RESULT_H
#define CONCUR_CLIENT_COMPARE_RESULT_H

#include "client/compare/figure.h"
#include "client/compare/model.h"
#include "client/compare/settings.h"
#include "client/compare/workload.h"
#include "client/host.h"
#include "client/load/tally.h"

#define REPEATS_MOST      100
#define RESULT_TEXT_BYTES 512
#define RESULT_LINE_BYTES 1024 /* a sentence that names models and figures */
#define SWEEP_POINTS_MOST 64
#define CHANGES_MOST      512

/* One repeat of one workload with one model. */
struct compare_run {
    bool ran;               /* false: no figures, or of a daemon that died or hung; `trouble` says why */
    bool limited_by_client; /* a closed loop that the client could not drive any faster */
    bool suspect;           /* the client's own fault is in the figures */
    double value[FIGURES];  /* NAN: unknown */
    uint64_t sent, ok, error_replies, failed, unfinished; /* requests */
    uint64_t errors[LOAD_ERRORS];
    bool killed;          /* its daemon did not end when it was told to */
    uint64_t crashes;     /* CRASH commands that were obeyed */
    uint64_t unrecovered; /* of them, those after which service had not returned at the end */
    double outage_least_us, outage_most_us; /* of one */
    uint64_t daemon_restarts;               /* by us, after a crash took all of it */
    bool keeps_slo;                         /* with --slo: no request failed, and the latencies keep it */
    uint64_t worker_restarts;               /* by the daemon's own master */
    char trouble
        [RESULT_TEXT_BYTES]; /* empty: none; else why it did not run, why it is suspect, what the first error said */
};

enum compare_state {
    COMPARE_PENDING, /* not reached before the end */
    COMPARE_DONE,    /* there are figures */
    COMPARE_FAILED,  /* tried in vain; `why` says it */
    COMPARE_LEFT_OUT /* makes no sense; `why` says it */
};

/* One workload with one model. */
struct compare_result {
    const struct model *model;
    enum compare_state state;
    char why[RESULT_TEXT_BYTES];
    struct compare_run *runs; /* repeats, in their order */
    size_t run_count;
    size_t ran;                    /* of them: whose daemon started, answered, and did so to the end */
    struct spread spread[FIGURES]; /* over the runs that are not suspect, or over all when none is */
    bool limited_by_client;        /* most of those were */
    bool suspect;                  /* there is none that is not */
    size_t suspect_runs;
};

struct compare_verdict {
    bool best[MODELS_MOST];         /* by the model's place in the report */
    size_t best_count;              /* 0: there is no verdict */
    bool no_difference;             /* nothing told the models apart */
    bool suspect;                   /* it rests on suspect runs, and its reason says so */
    bool noisy;                     /* repeats lie so far apart that a difference could hide between them */
    enum figure decided_by;         /* unless no_difference */
    char reason[RESULT_LINE_BYTES]; /* one sentence */
};

struct compare_workload {
    const struct workload *workload;
    uint64_t duration_us, repeats; /* of each run; as planned, of which --quick may leave repeats out */
    struct compare_result results[MODELS_MOST]; /* one per model, in the models' order */
    struct compare_verdict verdict;
};

/* What the models are weighed by in the end. */
enum merit { MERIT_SPEED, MERIT_TAIL, MERIT_ISOLATION, MERIT_MEMORY, MERITS };

/* One model in the end. `factor`: how many times worse than the best model it is, over all workloads (geometric
 * mean); 1 is best, NAN unknown. `weighed`: the same, but MERIT_WORST for each workload that it failed; that is no
 * measurement, so it decides and is never told as one. */
struct compare_standing {
    double factor[MERITS], weighed[MERITS];
    bool at_least[MERITS]; /* some of what is in `factor` was more than MERIT_WORST, and counted as that */
    double score;          /* the weighed mean of the logarithms of `weighed`: less is better */
    unsigned best_in;      /* workloads in which it was (among) the best */
    unsigned tried_in;     /* in which it was tried */
    unsigned failed_in;    /* of them: could not be run, or not every time, or failed requests */
    char words
        [RESULT_LINE_BYTES]; /* what it would cost, and bring, to choose it instead; empty for the chosen one */
};

struct compare_recommendation {
    const struct model *model; /* NULL: there is nothing to recommend; `reason` says why */
    bool doubtful;             /* it rests on suspect runs */
    char reason[RESULT_LINE_BYTES];
    struct compare_standing standings[MODELS_MOST];
};

/* One rate of a sweep: the medians of its repeats. */
struct sweep_point {
    double rate_rps, achieved_rps;
    double p50_us, p99_us, p999_us;
    bool suspect;   /* the client was late in all of them */
    bool keeps_slo; /* most of the repeats that tell did */
    bool
        unclear; /* with an SLO: it was broken only where the client was late, so nothing is known of the server */
};

/* The curve of one model, by rising rates. */
struct compare_sweep {
    const struct model *model;
    struct sweep_point points[SWEEP_POINTS_MOST];
    size_t point_count;
    double slo_rps; /* the highest rate that kept the SLO; 0: none did; NAN: no SLO, or not reached */
    bool or_more;   /* the end of the scale was the limit, or what lies beyond is unclear */
    bool unclear;   /* where it breaks can't be told here: all that broke it did so with a late client */
    char trouble[RESULT_TEXT_BYTES]; /* empty: none */
};

/* A figure that changed beyond noise since the baseline. */
struct compare_change {
    const struct workload *workload;
    const struct model *model;
    enum figure figure;
    struct spread before, after;
    bool better;
};

struct compare_baseline {
    const char *file; /* NULL: none was given */
    struct compare_change changes[CHANGES_MOST];
    size_t change_count;            /* of those there is room for */
    size_t changed, worse;          /* in all */
    size_t compared;                /* figures that were in both */
    size_t suspect;                 /* figures that were in both, and not compared: either is suspect */
    char remark[RESULT_TEXT_BYTES]; /* another machine, other settings; empty: none */
};

/* All that came out of a comparison. Owner: main thread. */
struct compare_report {
    const struct compare_settings *settings;
    struct host host;
    char started[HOST_TIME_BYTES];
    double busy_before; /* share of its time that the machine was at work for others, at first; NAN unknown */
    struct model models[MODELS_MOST];
    unsigned model_count;
    struct workload shapes[WORKLOADS_MOST];
    struct compare_workload workloads[WORKLOADS_MOST];
    unsigned workload_count;
    struct compare_sweep *sweeps; /* one per model, or NULL */
    const struct workload *swept; /* by those */
    struct compare_recommendation recommendation;
    struct compare_baseline baseline;
    uint64_t began_us; /* of the monotonic clock */
    double took_s;
    char cut[RESULT_TEXT_BYTES]; /* what was left out so that --quick ends in time; empty: nothing */
    bool interrupted;
};

/* The most repeats that a workload's models had: of those that were run, not those that were planned. */
uint64_t compare_repeats_of(const struct compare_report *report, const struct compare_workload *workload);

#define RESULT_RUNS_BYTES 96

/* "3 repeats of 3 s interleaved", or "1 to 3 repeats of 0.25 to 3 s interleaved", of all workloads; answers `text` of
 * RESULT_RUNS_BYTES. */
const char *compare_runs_text(const struct compare_report *report, char *text);

/* What is to be said of a result beside its figures, of RESULT_REMARK_BYTES at most: how many of its repeats could not be
 * run, or are suspect, and why; or what the first one in trouble says. Empty: nothing. Answers `text`. */
#define RESULT_REMARK_BYTES (2 * RESULT_TEXT_BYTES + 100)
const char *compare_remark(const struct compare_result *result, bool crashes, char *text);

#define RESULT_TOLL_BYTES 160

/* How often it crashed, what was started again for that, and how many others lost their connection; answers `text` of
 * RESULT_TOLL_BYTES. */
const char *compare_toll(const struct compare_result *result, char *text);

/* Frees what is in it. */
void compare_report_clear(struct compare_report *report);

#endif
