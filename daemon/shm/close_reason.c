/* SPDX-License-Identifier: Apache-2.0
 *
 * The words for why a connection ended: one table for the log, for INFO and for tests. Constant data, any thread. */
#include "daemon/shm/close_reason.h"

static const char *const names[] = {[CLOSE_NONE] = "none",
#define CLOSE_REASON_NAME(id, name) [id] = (name),
                                    CLOSE_REASONS(CLOSE_REASON_NAME)
#undef CLOSE_REASON_NAME
};

const char *close_reason_name(enum close_reason reason)
{
    return names[reason];
}
