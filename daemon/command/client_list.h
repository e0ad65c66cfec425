/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_CLIENT_LIST_H
#define CONCUR_COMMAND_CLIENT_LIST_H

#include "daemon/command/call.h"

/* CLIENT and its subcommands, which look at the connections of all processes through the shared segment. */
enum command_result client_run(struct call *call);

/* Whether the name is one that a connection can bear (printable, no blanks, short enough); 0, or -1 with the error
 * reply written. Then sets it. The worker that owns the connection. */
MUST_USE int client_name_check(struct call *call, struct text name);
void client_name_set(struct call *call, struct text name);

#endif
