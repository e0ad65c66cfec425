/* SPDX-License-Identifier: Apache-2.0
 *
 * Permits. There is no lock: a worker may be killed or stopped at any instruction, and neither others nor the master may
 * wait for it. So everything is a word that is changed by compare-and-swap and says whose it is, and the master takes it
 * from who can't give it back.
 *
 * A permit is a place in an array: the first so many are those that there are now, so that a reload takes some away by not
 * having them taken again. The queue is a ring of tickets. The entry is claimed first, and only then is `next` moved, by
 * whoever sees it: a process that dies in between leaves no hole. Who leaves marks his entry, and `head` moves past marked
 * ones. Should the ring be full of them behind one who waits long, there is no ticket, just another try later.
 *
 * Strictly in order the queue would stand still while its first can't ask, as when the reactor that is to ask runs somebody
 * else's command: so a permit that nobody took between two looks is anybody's. Runs in workers; in the master what says
 * so. */
#include "daemon/shm/permits.h"

#define OWNER_BITS 16
#define OWNER_MASK ((UINT64_C(1) << OWNER_BITS) - 1)
#define ROOM_LEAST 64

static uint64_t word_of(uint64_t number, unsigned process)
{
    return number << OWNER_BITS | (process + 1u);
}

/* The entry of a ticket whose owner has left. */
static uint64_t left_word(uint64_t ticket)
{
    return ticket << OWNER_BITS;
}

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

/* Changes the word if it is `old`. Acquire and release: what a holder did comes before what the next one does. */
static bool change(_Atomic uint64_t *word, uint64_t old, uint64_t value)
{
    return atomic_compare_exchange_strong_explicit(word, &old, value, memory_order_acq_rel,
                                                   memory_order_acquire);
}

static uint64_t room_for(unsigned waiting)
{
    uint64_t room = ROOM_LEAST;

    while (room < waiting)
        room *= 2;
    return room;
}

size_t permits_bytes(unsigned waiting)
{
    return sizeof(struct permits) + room_for(waiting) * sizeof(uint64_t);
}

void permits_init(struct permits *permits, unsigned waiting)
{
    permits->room = room_for(waiting);
    atomic_store_explicit(&permits->head, 1, memory_order_relaxed); /* an entry of ticket 0 was never used */
    atomic_store_explicit(&permits->next, 1, memory_order_relaxed);
}

static _Atomic uint64_t *entry_of(struct permits *permits, uint64_t ticket)
{
    return &permits->queue[ticket & (permits->room - 1)];
}

/* Past all at the front who have left. */
static uint64_t move_head(struct permits *permits)
{
    uint64_t head = load(&permits->head);

    while (head != load(&permits->next) && load(entry_of(permits, head)) == left_word(head)) {
        change(&permits->head, head, head + 1);
        head = load(&permits->head);
    }
    return head;
}

static void enter_queue(struct permits *permits, struct permit *permit, unsigned process)
{
    for (;;) {
        uint64_t next = load(&permits->next);
        _Atomic uint64_t *entry = entry_of(permits, next);
        uint64_t seen = load(entry);

        if (next - move_head(permits) >= permits->room)
            return;
        if (seen >> OWNER_BITS == next) { /* somebody has claimed it, and may be dead by now */
            change(&permits->next, next, next + 1);
            continue;
        }
        /* `seen` is of a ticket before `head`, and no ticket comes twice: nobody's entry is overwritten */
        if (seen >> OWNER_BITS > next || !change(entry, seen, word_of(next, process)))
            continue;
        change(&permits->next, next, next + 1);
        permit->ticket = next;
        permit->queued = word_of(next, process);
        return;
    }
}

void permits_leave(struct permits *permits, struct permit *permit)
{
    if (permit->ticket != 0)
        change(entry_of(permits, permit->ticket), permit->queued, left_word(permit->ticket));
    permit->ticket = 0;
    permit->seen_free = false;
}

static unsigned count_free(const struct permits *permits, unsigned most)
{
    unsigned count = 0, i;

    for (i = 0; i < most; i++)
        count += load(&permits->taken[i]) == 0;
    return count;
}

static bool take_any(struct permits *permits, struct permit *permit, unsigned process, unsigned most)
{
    uint64_t word =
        word_of(atomic_fetch_add_explicit(&permits->serial, 1, memory_order_relaxed) + 1, process);
    unsigned i;

    for (i = 0; i < most; i++) {
        if (load(&permits->taken[i]) != 0 || !change(&permits->taken[i], 0, word))
            continue;
        permit->word = word;
        permit->place = i;
        return true;
    }
    return false;
}

uint64_t permits_ahead(const struct permits *permits, const struct permit *permit)
{
    uint64_t head = load(&permits->head);
    uint64_t ticket = permit->ticket != 0 ? permit->ticket : load(&permits->next);

    return ticket > head ? ticket - head : 0;
}

bool permits_take(struct permits *permits, struct permit *permit, unsigned process, unsigned most)
{
    uint64_t serial = atomic_load_explicit(&permits->serial, memory_order_relaxed);
    unsigned available = count_free(permits, most);

    if (permit->ticket != 0 && load(entry_of(permits, permit->ticket)) != permit->queued)
        permit->ticket = 0; /* we were stopped, and have lost it */
    move_head(permits);
    if ((available > permits_ahead(permits, permit) ||
         (available > 0 && permit->seen_free && permit->serial == serial)) &&
        take_any(permits, permit, process, most)) {
        permits_leave(permits, permit);
        return true;
    }
    permit->seen_free = available > 0;
    permit->serial = serial;
    if (permit->ticket == 0)
        enter_queue(permits, permit, process);
    return false;
}

void permits_give(struct permits *permits, struct permit *permit)
{
    if (permit->word != 0)
        change(&permits->taken[permit->place], permit->word,
               0); /* or it is another's since we were stopped */
    permit->word = 0;
}

uint64_t permits_taken(const struct permits *permits)
{
    return PERMITS_MOST - count_free(permits, PERMITS_MOST);
}

uint64_t permits_waiting(const struct permits *permits)
{
    uint64_t next = load(&permits->next), ticket, count = 0;

    for (ticket = load(&permits->head); ticket < next; ticket++) {
        uint64_t word = load(&permits->queue[ticket & (permits->room - 1)]);

        count += word >> OWNER_BITS == ticket && (word & OWNER_MASK) != 0;
    }
    return count;
}

void permits_reclaim(struct permits *permits, unsigned process)
{
    uint64_t next = load(&permits->next), ticket;
    unsigned i;

    for (i = 0; i < PERMITS_MOST; i++) {
        uint64_t word = load(&permits->taken[i]);

        if ((word & OWNER_MASK) == process + 1u)
            change(&permits->taken[i], word, 0);
    }
    /* with the one that it may have claimed without moving `next` */
    for (ticket = load(&permits->head); ticket <= next; ticket++)
        change(entry_of(permits, ticket), word_of(ticket, process), left_word(ticket));
}
