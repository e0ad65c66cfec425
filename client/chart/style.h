/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_STYLE_H
#define CONCUR_CLIENT_CHART_STYLE_H

/* The style sheet of every page: no markup characters in it, so that it needs no escaping. */
extern const char style_sheet[];

#endif
