/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_EVENT_H
#define CONCUR_LOG_EVENT_H

/* Every event that the daemon can log, one row each: identifier, level, name, and its fields as "kind:name" words with
 * the kinds u (unsigned), i (signed), s (text) and e (an errno: lines have a field `error` with its meaning behind it).
 * Names are stable: scripts read them. `ALWAYS` and `LOUD` rows are written whatever the level, and so are log_dropped,
 * log_lost and log_corrupt, which only the log thread says. */
#define LOG_EVENTS(EVENT)                                                                                    \
    EVENT(EVENT_STARTED, NOTICE, "started", "s:version s:mode u:cores s:config")                             \
    EVENT(EVENT_CONFIG_WARNING, LOUD, "config_warning", "s:message")                                         \
    EVENT(EVENT_READY, ALWAYS, "ready", "s:listen s:mode s:tls")                                             \
    EVENT(EVENT_LISTEN_IGNORED, WARNING, "listen_ignored", "s:key s:configured s:inherited")                 \
    EVENT(EVENT_ADMIN, NOTICE, "admin", "s:listen")                                                          \
    EVENT(EVENT_DRAINING, NOTICE, "draining", "s:signal u:clients u:timeout_ms")                             \
    EVENT(EVENT_DRAIN_CUT, WARNING, "drain_cut", "u:clients s:reason")                                       \
    EVENT(EVENT_JOINED, NOTICE, "joined", "s:what u:count u:killed u:abandoned")                             \
    EVENT(EVENT_SAMPLER_ABANDONED, INFO, "sampler_abandoned", "s:reason")                                    \
    EVENT(                                                                                                   \
        EVENT_DRAINED, ALWAYS, "drained",                                                                    \
        "u:log_attempted u:log_written u:log_dropped u:log_lost u:log_unsettled u:uptime_ms u:connections "  \
        "u:abandoned")                                                                                       \
    EVENT(EVENT_RELOAD_REFUSED, WARNING, "reload_refused", "s:reason")                                       \
    EVENT(EVENT_RELOADED, NOTICE, "reloaded", "u:generation s:changed")                                      \
    EVENT(EVENT_RESTART_NEEDED, WARNING, "restart_needed", "s:key s:in_effect s:where")                      \
    EVENT(EVENT_ADOPTED, INFO, "adopted", "u:process u:generation")                                          \
    EVENT(EVENT_LISTENER_CLOSED, NOTICE, "listener_closed", "s:listen")                                      \
    EVENT(EVENT_REOPENED, NOTICE, "reopened", "s:target")                                                    \
    EVENT(EVENT_REOPEN_FAILED, ERROR, "reopen_failed", "s:target e:errno")                                   \
    EVENT(EVENT_CONNECTION_OPENED, DEBUG, "connection_opened", "u:conn s:peer s:listener s:tls")             \
    EVENT(EVENT_CONNECTION_CLOSED, INFO, "connection_closed",                                                \
          "u:conn s:peer s:listener u:commands u:rx_bytes u:tx_bytes u:dur_us s:close_reason "               \
          "s:tls s:cert")                                                                                    \
    EVENT(EVENT_COMMAND, INFO, "command", "u:conn s:peer s:command u:dur_us u:tx_bytes s:result")            \
    EVENT(EVENT_SLOW_COMMAND, NOTICE, "slow_command",                                                        \
          "u:conn s:peer s:command u:dur_us u:tx_bytes s:result")                                            \
    EVENT(EVENT_CONNECTION_REFUSED, WARNING, "connection_refused", "s:peer s:listener s:reason")             \
    EVENT(EVENT_AUTHENTICATED, INFO, "authenticated", "u:conn s:peer s:user")                                \
    EVENT(EVENT_AUTH_FAILED, WARNING, "auth_failed", "u:conn s:peer s:user s:reason u:untold")               \
    EVENT(EVENT_PROTOCOL_ERROR, NOTICE, "protocol_error", "u:conn s:peer s:reason")                          \
    EVENT(EVENT_PROXY_ERROR, NOTICE, "proxy_error", "u:conn s:peer s:listener s:reason")                     \
    EVENT(EVENT_TLS_ACCEPTED, DEBUG, "tls_accepted", "u:conn s:tls s:cipher s:resumed s:cert")               \
    EVENT(EVENT_TLS_FAILED, NOTICE, "tls_failed", "u:conn s:peer s:listener s:reason u:unlogged")            \
    EVENT(EVENT_ACCEPT_PAUSED, WARNING, "accept_paused", "s:listener e:errno")                               \
    EVENT(EVENT_ACCEPT_RESUMED, NOTICE, "accept_resumed", "s:listener u:paused_ms")                          \
    EVENT(EVENT_WORKER_STARTED, INFO, "worker_started", "u:process u:worker_pid")                            \
    EVENT(EVENT_WORKER_READY, INFO, "worker_ready", "u:process u:worker_pid u:started_ms")                   \
    EVENT(EVENT_WORKER_DIED, ERROR, "worker_died",                                                           \
          "u:process u:worker_pid i:status i:signal u:connections u:redispatched u:restart_ms")              \
    EVENT(EVENT_WORKER_EXITED, INFO, "worker_exited", "u:process u:worker_pid s:reason")                     \
    EVENT(EVENT_WORKER_STOPPED, WARNING, "worker_stopped", "u:process u:worker_pid")                         \
    EVENT(EVENT_WORKER_CONTINUED, NOTICE, "worker_continued", "u:process u:worker_pid")                      \
    EVENT(EVENT_WORKER_STUCK, ERROR, "worker_stuck", "u:process u:worker_pid u:stuck_ms")                    \
    EVENT(EVENT_WORKER_RETIRING, INFO, "worker_retiring", "u:process u:worker_pid u:requests")               \
    EVENT(EVENT_WORKER_FAILED, ERROR, "worker_failed", "u:process s:reason u:retry_ms")                      \
    EVENT(EVENT_THREAD_STUCK, ERROR, "thread_stuck", "u:stuck_worker u:stuck_tid u:stuck_ms s:command")      \
    EVENT(EVENT_THREAD_FAILED, ERROR, "thread_failed", "s:what e:errno")                                     \
    EVENT(EVENT_SCOREBOARD, ALWAYS, "scoreboard",                                                            \
          "u:slot u:process u:slot_tid s:state u:conn u:commands u:errors s:command u:busy_us")              \
    EVENT(EVENT_SCOREBOARD_TOTAL, ALWAYS, "scoreboard_total",                                                \
          "u:idle u:busy u:waiting u:unused u:clients u:queued")                                             \
    EVENT(EVENT_LOG_DROPPED, WARNING, "log_dropped",                                                         \
          "u:lane u:dropped u:first_sequence u:last_sequence s:first s:last")                                \
    EVENT(EVENT_LOG_LOST, WARNING, "log_lost", "u:lane u:lost")                                              \
    EVENT(EVENT_LOG_CORRUPT, ERROR, "log_corrupt", "u:lane u:offset")                                        \
    EVENT(EVENT_SINK_FAILED, ERROR, "sink_failed", "s:target e:errno")                                       \
    EVENT(EVENT_SINK_RECOVERED, NOTICE, "sink_recovered", "s:target u:failed_ms u:held_bytes")               \
    EVENT(EVENT_MEMORY_SHORT, ERROR, "memory_short", "s:what")                                               \
    EVENT(EVENT_LIMIT, WARNING, "limit", "s:what u:wanted u:got")                                            \
    EVENT(EVENT_WARNING, WARNING, "warning", "s:message")                                                    \
    EVENT(EVENT_ERROR, ERROR, "error", "s:message")

enum log_event_id {
#define LOG_EVENT_ID(id, level, name, fields) id,
    LOG_EVENTS(LOG_EVENT_ID)
#undef LOG_EVENT_ID
        LOG_EVENT_COUNT
};

#endif
