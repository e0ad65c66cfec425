/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_CLOSE_REASON_H
#define CONCUR_SHM_CLOSE_REASON_H

/* Why a connection ended: the `close_reason` of its log line, and what its end is counted under (INFO). */
#define CLOSE_REASONS(REASON)                                                                                \
    REASON(CLOSE_PEER, "peer")                                                                               \
    REASON(CLOSE_QUIT, "quit")                                                                               \
    REASON(CLOSE_ERROR, "error")                                                                             \
    REASON(CLOSE_TLS, "tls")                                                                                 \
    REASON(CLOSE_IDLE, "idle_timeout")                                                                       \
    REASON(CLOSE_REQUEST_TIMEOUT, "request_timeout")                                                         \
    REASON(CLOSE_WRITE_TIMEOUT, "write_timeout")                                                             \
    REASON(CLOSE_PROTOCOL_ERROR, "protocol_error")                                                           \
    REASON(CLOSE_FOREIGN, "foreign_protocol")                                                                \
    REASON(CLOSE_PROXY_HEADER, "proxy_header")                                                               \
    REASON(CLOSE_OUTPUT_LIMIT, "output_limit")                                                               \
    REASON(CLOSE_REPLY_CUT, "reply_cut")                                                                     \
    REASON(CLOSE_KILLED, "killed")                                                                           \
    REASON(CLOSE_DRAIN, "drain")                                                                             \
    REASON(CLOSE_MEMORY, "memory")                                                                           \
    REASON(CLOSE_WORKER_DIED, "worker_died")

enum close_reason {
    CLOSE_NONE,
#define CLOSE_REASON_ID(id, name) id,
    CLOSE_REASONS(CLOSE_REASON_ID)
#undef CLOSE_REASON_ID
        CLOSE_REASON_COUNT
};

/* The word that the log uses. */
const char *close_reason_name(enum close_reason reason);

#endif
