/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_REPORT_CHARTS_H
#define CONCUR_CLIENT_LOAD_REPORT_CHARTS_H

#include "client/chart/chart.h"
#include "client/load/result.h"

/* The charts of a load's page. 0, or -1 when memory is short. Main thread. */

/* Latency, service and (open loop) send lag by percentile. */
MUST_USE int report_chart_percentiles(struct page *page, const struct load_result *result);

/* The latency of each command by percentile; of a long mix the first ones. */
MUST_USE int report_chart_commands(struct page *page, const struct load_result *result);

/* Throughput and latency over time. */
MUST_USE int report_chart_course(struct page *page, const struct load_result *result);

#endif
