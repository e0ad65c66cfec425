/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LAST_LINE_H
#define CONCUR_LOG_LAST_LINE_H

#include "daemon/log/drain.h"
#include "daemon/log/logger.h"
#include "daemon/log/sink.h"

/* The event `drained`, the last line of all, with the counts as they are at the moment. */

/* Puts it into the batch; false when that is full. The log thread. */
bool last_line_say(struct drain *drain, const struct logger_end *end, uint64_t now_us);

/* Says it on stderr instead, unless that is the sink. The owner of `format`. */
void last_line_tell(const struct sink *sink, struct format *format, const struct log_queue *queue,
                    const struct logger_end *end, uint64_t now_us);

/* The same for a log thread that hangs: what it works with is not touched. `style` is an enum log_format. Once, the main
 * thread. */
void last_line_tell_for(const struct sink *sink, int style, const struct log_queue *queue,
                        const struct logger_end *end);

#endif
