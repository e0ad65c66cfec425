/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of problems. A problem counts even when there is no memory to say it. Runs in the thread that
 * builds the configuration. */
#include "daemon/config/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/config/config.h"

/* A path, a line's number and an error's text. */
#define PROBLEM_LONGEST (4096 + 512)

void config_report(struct report *report, const char *format, ...)
{
    char line[PROBLEM_LONGEST];
    va_list args;

    report->count++;
    if (report->count > CONFIG_PROBLEMS_MOST + 1)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (report->count == CONFIG_PROBLEMS_MOST + 1)
        snprintf(line, sizeof line, "more than %d problems: the others are not shown", CONFIG_PROBLEMS_MOST);
    /* Without memory the line is lost, but not the answer. */
    if (buffer_printf(report->problems, "%s\n", line) != 0)
        return;
}

bool config_report_full(const struct report *report)
{
    return report->count > CONFIG_PROBLEMS_MOST;
}

int config_report_result(const struct report *report)
{
    return report->count == 0 ? 0 : -1;
}
