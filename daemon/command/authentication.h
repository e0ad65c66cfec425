/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_AUTHENTICATION_H
#define CONCUR_COMMAND_AUTHENTICATION_H

#include "daemon/command/call.h"

/* Who a client is: what AUTH and HELLO AUTH have in common. */

/* What the process needs for it; authentication_stop as hashing_stop. As many passwords are checked at once as half of the
 * cores, in all processes of the segment together. NULL when memory is short. */
struct authentication;
struct authentication *authentication_new(struct segment *segment);
unsigned authentication_stop(struct authentication **authentication, uint64_t until_us);

/* Jobs that may wait in one process: at the default cost, ten seconds of one thread. */
#define AUTHENTICATION_WAITING_MOST 64

enum authentication_step {
    AUTHENTICATION_WAITS,   /* answer COMMAND_WAIT, and call it again with the same arguments */
    AUTHENTICATION_DONE,    /* the client is that user; nothing is replied yet */
    AUTHENTICATION_REFUSED, /* the error reply is written */
};

/* Goes on with the call's authentication, starting it the first time: checks the password apart from the workers and
 * makes the client that user. The command keeps nothing else (call_keep). */
enum authentication_step authentication_take(struct call *call, struct text user, struct text password);

/* After a reload: a client whose user is gone is nobody again; one whose password has changed stays who he is. */
void authentication_review(struct client *client, const struct generation *generation);

#endif
