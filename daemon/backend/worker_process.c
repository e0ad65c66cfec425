/* SPDX-License-Identifier: Apache-2.0
 *
 * One worker process as the master sees it. Workers are our own binary, executed anew: forking a process that has
 * threads would give the child their locks for ever, and a fresh image has a clean heap, its own address layout and
 * works under every sanitizer. Runs in the master's main thread. */
#include "daemon/backend/worker_process.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

extern char **environ;

/* Descriptors to be inherited are kept above the numbers that they get in the worker. */
#define INHERIT_ABOVE (HANDOVER_GENERATION_FD + 1)

#define SLOW_US                                                                                              \
    200000 /* an acknowledgement takes microseconds, but a busy machine may keep a worker from its core for tens of ms */
#define TOLD_PATIENCE_US 1000000 /* before a generation is told once more */

static int file_actions(posix_spawn_file_actions_t *actions, int control, int segment, int generation)
{
    int failed = posix_spawn_file_actions_init(actions);

    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, control, HANDOVER_CONTROL_FD);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, segment, HANDOVER_SEGMENT_FD);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, generation, HANDOVER_GENERATION_FD);
    return failed;
}

/* What is sent to the whole group and would end a worker that does not ignore it yet waits until it does: on a terminal
 * one that was just starting died of the interrupt that began the drain. */
static int signal_attributes(posix_spawnattr_t *attributes)
{
    static const int group[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    sigset_t blocked, reset;
    int failed = posix_spawnattr_init(attributes);
    size_t i;

    sigemptyset(&blocked);
    for (i = 0; i < sizeof group / sizeof group[0]; i++)
        sigaddset(&blocked, group[i]);
    sigfillset(&reset);
    if (failed == 0)
        failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (failed == 0)
        failed = posix_spawnattr_setsigmask(attributes, &blocked);
    if (failed == 0)
        failed = posix_spawnattr_setsigdefault(attributes, &reset);
    return failed;
}

/* Duplicates to a high number, close-on-exec. */
static int high(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, INHERIT_ABOVE);
}

static int spawn(struct worker_process *worker, const struct backend_host *host, int control)
{
    char program[32], option[32];
    char name[] = "concurd";
    char *arguments[] = {name, option, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int segment = high(host->process->segment->fd), generation = high(host->generation_fd);
    int failed;

    snprintf(program, sizeof program, "/proc/self/fd/%d", host->program_fd);
    snprintf(option, sizeof option, "--worker=%u", worker->number);
    failed = segment < 0 || generation < 0 ? errno : file_actions(&actions, control, segment, generation);
    if (failed == 0) {
        failed = signal_attributes(&attributes);
        if (failed == 0)
            failed = posix_spawn(&worker->pid, program, &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    if (segment >= 0)
        close(segment);
    if (generation >= 0)
        close(generation);
    return failed;
}

static uint64_t requests_most(const struct config *config)
{
    uint64_t most = config->prefork.max_requests;

    if (most != 0 && config->prefork.max_requests_jitter != 0)
        most += (uint64_t)random() % (config->prefork.max_requests_jitter + 1);
    return most;
}

int worker_process_start(struct worker_process *worker, const struct backend_host *host, unsigned number,
                         struct error *error)
{
    struct process_entry *entry = &host->process->segment->processes[number];
    int pair[2], far_end, failed;

    *worker = (struct worker_process){.number = number,
                                      .control = -1,
                                      .started_us = clock_now_us(),
                                      .requests_most = requests_most(process_config(host->process)),
                                      .told = generations_current(host->process->generations)->number,
                                      .told_us = clock_now_us()};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        return error_errno(error, "making a control socket");
    far_end = high(pair[1]);
    segment_set(&entry->beat_us, worker->started_us);
    segment_set32(&entry->generation, 0);
    failed = far_end < 0 ? errno : spawn(worker, host, far_end);
    close(pair[1]);
    if (far_end >= 0)
        close(far_end);
    if (failed != 0) {
        close(pair[0]);
        worker->pid = 0;
        errno = failed;
        return error_errno(error, "starting a worker process");
    }
    worker->control = pair[0];
    segment_set32(&entry->pid, (uint32_t)worker->pid);
    segment_set32(&entry->starts, segment_get32(&entry->starts) + 1);
    worker_process_set_state(worker, host, PROCESS_STARTING);
    worker_process_tell_tickets(worker, host);
    return 0;
}

void worker_process_clear(struct worker_process *worker, const struct backend_host *host)
{
    if (worker->control_event != NULL)
        event_free(worker->control_event);
    if (worker->control >= 0)
        close(worker->control);
    segment_set32(&host->process->segment->processes[worker->number].pid, 0);
    worker_process_set_state(worker, host, PROCESS_EMPTY);
    *worker = (struct worker_process){.control = -1, .number = worker->number};
}

enum worker_end worker_process_look(struct worker_process *worker)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) != 0 ||
        info.si_pid == 0)
        return WORKER_RUNS;
    switch (info.si_code) {
    case CLD_STOPPED:
        return WORKER_STOPPED;
    case CLD_CONTINUED:
        return WORKER_CONTINUED;
    case CLD_EXITED:
        worker->status = W_EXITCODE(info.si_status, 0);
        return WORKER_ENDED;
    case CLD_KILLED:
    case CLD_DUMPED:
        worker->status = W_EXITCODE(0, info.si_status);
        return WORKER_ENDED;
    default:
        return WORKER_RUNS;
    }
}

enum process_state worker_process_state(const struct worker_process *worker, const struct backend_host *host)
{
    return (enum process_state)segment_get32(&host->process->segment->processes[worker->number].state);
}

void worker_process_set_state(struct worker_process *worker, const struct backend_host *host,
                              enum process_state state)
{
    segment_set32(&host->process->segment->processes[worker->number].state, state);
}

uint64_t worker_process_beat_us(const struct worker_process *worker, const struct backend_host *host)
{
    const struct segment *segment = host->process->segment;
    struct backend_share share = backend_share(process_config(host->process), worker->number);
    uint64_t oldest = segment_get(&segment->processes[worker->number].beat_us);
    unsigned i;

    for (i = share.first; i < share.first + share.count; i++) {
        uint64_t beat = segment_get(&segment->slots[i].beat_us);

        if (segment_get32(&segment->slots[i].state) == SLOT_BUSY && beat < oldest)
            oldest = beat;
    }
    return oldest;
}

uint64_t worker_process_requests(const struct worker_process *worker, const struct backend_host *host)
{
    struct backend_share share = backend_share(process_config(host->process), worker->number);
    uint64_t requests = 0;
    unsigned i;

    for (i = share.first; i < share.first + share.count; i++)
        requests += segment_get(&host->process->segment->slots[i].commands);
    return requests;
}

void worker_process_adopt(struct worker_process *worker, const struct backend_host *host)
{
    worker->requests_most = requests_most(process_config(host->process));
}

void worker_process_tell_generation(struct worker_process *worker, const struct backend_host *host,
                                    uint64_t now_us)
{
    uint32_t newest = generations_current(host->process->generations)->number;
    uint32_t its = segment_get32(&host->process->segment->processes[worker->number].generation);

    if (its == newest || (its < worker->told && now_us - worker->told_us < TOLD_PATIENCE_US))
        return;
    if (handover_send_generation(worker->control, host->generation_fd, newest) != MESSAGE_OK)
        return;
    worker->told = newest;
    worker->told_us = now_us;
}

bool worker_process_is_current(const struct worker_process *worker, const struct backend_host *host)
{
    return worker->told == generations_current(host->process->generations)->number;
}

void worker_process_tell_tickets(struct worker_process *worker, const struct backend_host *host)
{
    if (worker->told_tickets != host->ticket_serial &&
        handover_send_tickets(worker->control, host->ticket_keys) == MESSAGE_OK)
        worker->told_tickets = host->ticket_serial;
}

void worker_process_kill(struct worker_process *worker)
{
    worker->killed = true;
    kill(worker->pid, SIGKILL);
}

bool worker_process_is_slow(const struct worker_process *worker, uint64_t now_us)
{
    return worker->unacknowledged_count != 0 && now_us - worker->waiting_since_us > SLOW_US;
}

void worker_process_sent(struct worker_process *worker, uint32_t index)
{
    assert(worker->unacknowledged_count < HANDOVER_UNACKNOWLEDGED_MOST);
    if (worker->unacknowledged_count == 0)
        worker->waiting_since_us = clock_now_us();
    worker->unacknowledged[worker->unacknowledged_count++] = index;
}

bool worker_process_settled(struct worker_process *worker, uint32_t index)
{
    unsigned i;

    for (i = 0; i < worker->unacknowledged_count; i++) {
        if (worker->unacknowledged[i] != index)
            continue;
        worker->unacknowledged[i] = worker->unacknowledged[--worker->unacknowledged_count];
        worker->waiting_since_us = clock_now_us();
        return true;
    }
    return false;
}
