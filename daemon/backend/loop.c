/* SPDX-License-Identifier: Apache-2.0
 *
 * How the daemon sets libevent up where requests are served: the cached time and the locks cost what they are not worth
 * to a loop of one thread. */
#include "daemon/backend/loop.h"

#include <event2/event.h>

struct event_base *loop_new(void)
{
    struct event_config *wanted = event_config_new();
    struct event_base *base = NULL;

    if (wanted != NULL) {
        event_config_set_flag(wanted, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME);
        base = event_base_new_with_config(wanted);
        event_config_free(wanted);
    }
    return base;
}
