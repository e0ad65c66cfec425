/* SPDX-License-Identifier: Apache-2.0
 *
 * How producers wait for room. A producer that finds none says so in the lane's word `waiting`, looks at the
 * head once more and sleeps on the word; the log thread moves the head, then looks at the word. A full fence
 * on both sides makes sure that one of them sees the other. Waiting comes before lane_put takes a number: a
 * producer killed in its sleep leaves nothing behind, and a word that it left set costs the log thread one
 * call.
 *
 * A wait ends after log.block_timeout, whatever the log thread does. When that has read nothing all the while
 * - it is stopped, or its sink takes nothing - the next record would wait in vain just as long, and a full
 * disk would slow the service down to one command a time-out. So the first who waited in vain notes where the
 * head stood, and as long as it stands there everybody drops at once.
 *
 * Runs in producers, lane_wake in the log thread. */
#include "daemon/log/lane_wait.h"

#include "daemon/log/futex.h"

static uint64_t limit_of(const struct lane_writer *writer, bool urgent)
{
    return urgent ? writer->size : writer->size - writer->size / 8;
}

enum lane_prospect lane_look(const struct lane_writer *writer, size_t length, bool urgent, uint64_t *head)
{
    struct lane *lane = writer->lane;
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed); /* our own store */
    uint64_t limit = limit_of(writer, urgent);

    if (length > limit)
        return LANE_HOPELESS; /* in no lane of this size, ever */
    if (tail - lane->head_seen <=
        limit - length) /* as last seen: the usual case reads nothing of the consumer's */
        return LANE_ROOM;
    /* acquire: pairs with the release in reader_release, as in lane_put */
    *head = lane->head_seen = atomic_load_explicit(&lane->head, memory_order_acquire);
    if (tail - *head <= limit - length)
        return LANE_ROOM;
    return atomic_load_explicit(&lane->given_up, memory_order_relaxed) == *head + 1 ? LANE_HOPELESS
                                                                                    : LANE_FULL;
}

void lane_await(const struct lane_writer *writer, uint64_t head, uint64_t timeout_us, bool again)
{
    struct lane *lane = writer->lane;

    atomic_store_explicit(&lane->waiting, 1, memory_order_relaxed);
    /* seq_cst: pairs with the fence in lane_wake; either we see its head or it sees our word */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&lane->head, memory_order_relaxed) != head)
        return;
    if (!again)
        atomic_fetch_add_explicit(&lane->waits, 1, memory_order_relaxed);
    futex_wait(&lane->waiting, 1, timeout_us);
}

void lane_give_up(const struct lane_writer *writer, uint64_t began_at, uint64_t head)
{
    if (began_at == head)
        atomic_store_explicit(&writer->lane->given_up, head + 1, memory_order_relaxed);
}

void lane_wake(struct lane *lane)
{
    /* seq_cst: pairs with the fence in lane_await */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&lane->waiting, memory_order_relaxed) == 0)
        return;
    atomic_store_explicit(&lane->waiting, 0, memory_order_relaxed);
    futex_wake(&lane->waiting, INT_MAX);
}
