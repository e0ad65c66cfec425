/* SPDX-License-Identifier: Apache-2.0
 *
 * The last line, which has the account of all others: whoever wants to know whether anything is missing looks
 * there. So it is said even when the log can't be written any more, on stderr. Runs in the log thread, or for
 * it in the main thread, when it hangs. */
#include "daemon/log/last_line.h"

#include "common/clock.h"

#define VALUES 8

static void fill(const struct log_queue *queue, const struct logger_end *end, struct log_value values[VALUES])
{
    struct log_counts counts;

    log_queue_counts(queue, &counts);
    values[0] = LOG_U(counts.attempted);
    values[1] = LOG_U(counts.written);
    values[2] = LOG_U(counts.dropped);
    values[3] = LOG_U(counts.lost);
    values[4] = LOG_U(counts.depth);
    values[5] = LOG_U(end->uptime_us / 1000);
    values[6] = LOG_U(end->connections);
    values[7] = LOG_U(end->abandoned);
}

bool last_line_say(struct drain *drain, const struct logger_end *end, uint64_t now_us)
{
    struct log_value values[VALUES];

    fill(drain->queue, end, values);
    return drain_say(drain, EVENT_DRAINED, now_us, values, VALUES);
}

void last_line_tell(const struct sink *sink, struct format *format, const struct log_queue *queue,
                    const struct logger_end *end, uint64_t now_us)
{
    struct log_value values[VALUES];

    fill(queue, end, values);
    sink_last_resort(sink, format, EVENT_DRAINED, now_us, values, VALUES);
}

void last_line_tell_for(const struct sink *sink, int style, const struct log_queue *queue,
                        const struct logger_end *end)
{
    static struct format format;

    format_init(&format, style, ENVELOPE_NONE);
    format_identify(&format);
    last_line_tell(sink, &format, queue, end, clock_now_us());
}
