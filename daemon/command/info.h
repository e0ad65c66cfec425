/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_INFO_H
#define CONCUR_COMMAND_INFO_H

#include "daemon/command/call.h"

/* INFO [section ...]. */
enum command_result info_run(struct call *call);

#endif
