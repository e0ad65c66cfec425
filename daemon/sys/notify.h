/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_NOTIFY_H
#define CONCUR_SYS_NOTIFY_H

/* Tells systemd (sd_notify's datagram protocol, spoken directly) what `state` says, as "READY=1\nSTATUS=...". Does
 * nothing without NOTIFY_SOCKET. Never blocks; a lost message is not an error of ours. Main thread. */
void notify_systemd(const char *state);

#endif
