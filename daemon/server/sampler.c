/* SPDX-License-Identifier: Apache-2.0
 *
 * The sampler. Reading /proc and getrusage takes tens of microseconds, which the master's main loop need not spend
 * between two accepts; a worker's main thread has nothing better to do and publishes from its tick. The sampler holds no
 * lock and owns nothing, so it can be abandoned at exit: nobody waits for a thread that has nothing to finish. */
#include "daemon/server/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "daemon/log/log.h"
#include "daemon/sys/thread.h"
#include "daemon/sys/usage.h"

struct sampler {
    struct segment *segment;
    pthread_t thread;
};

void sampler_publish(struct segment *segment, unsigned number)
{
    struct process_entry *entry = &segment->processes[number];
    struct usage usage;

    usage_read(&usage);
    segment_set(&entry->cpu_user_us, usage.cpu_user_us);
    segment_set(&entry->cpu_sys_us, usage.cpu_sys_us);
    segment_set(&entry->voluntary_switches, usage.voluntary_switches);
    segment_set(&entry->involuntary_switches, usage.involuntary_switches);
    segment_set(&entry->rss_anon_bytes, usage.rss_anon_bytes);
    segment_set(&entry->rss_file_bytes, usage.rss_file_bytes);
    segment_set(&entry->rss_shared_bytes, usage.rss_shared_bytes);
    segment_set(&entry->beat_us, clock_now_us());
}

static void *sampler_main(void *argument)
{
    struct sampler *sampler = argument;
    struct timespec pause = clock_timespec(SAMPLE_MS * 1000u);

    for (;;) {
        sampler_publish(sampler->segment, 0);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

struct sampler *sampler_start(struct segment *segment)
{
    struct sampler *sampler = calloc(1, sizeof *sampler);
    int failed = ENOMEM;

    if (sampler != NULL) {
        sampler->segment = segment;
        failed = thread_start(&sampler->thread, "sampler", 0, sampler_main, sampler);
    }
    if (failed == 0)
        return sampler;
    log_event(EVENT_THREAD_FAILED, LOG_S("the sampler"), LOG_I(failed));
    free(sampler);
    return NULL;
}

void sampler_abandon(struct sampler *sampler)
{
    if (sampler != NULL)
        log_event(EVENT_SAMPLER_ABANDONED, LOG_S("as intended: it owns nothing and is never waited for"));
}
