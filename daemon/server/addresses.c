/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections by their address: a group for each address that somebody came from, in a hash table, with the indexes of its
 * connections in a list. Connections end in any process, and nobody tells us: they stay in their group until the index is
 * given out again, or until the group seems to be full and is looked through. So an accept costs a look into the table, an
 * end costs nothing, and a group that is full is right.
 *
 * The hash is multiplied with a secret, so that nobody can choose addresses that meet in one bucket. All memory is asked
 * for at start, and touched as far as there are clients. Runs in the master's main thread. */
#include "daemon/server/addresses.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"

#define NONE 0 /* groups and connections are numbered from 1 in here */

struct member {
    uint32_t group;
    uint32_t next, previous; /* of the same group */
};

struct group {
    uint64_t key;
    uint32_t first, count; /* members, those that are over and not found out included */
    uint32_t next;         /* in its bucket, or among the free ones */
};

struct addresses {
    const struct segment *segment;
    uint32_t capacity;
    uint64_t secret;   /* odd */
    unsigned shift;    /* what is left of a product of 64 bits is a bucket */
    uint32_t *buckets; /* the first group of each */
    struct group *groups;
    uint32_t groups_used, free_group; /* those beyond the former were never used */
    struct member *members;           /* by index + 1 */
};

/* The address as a number; false when it has none. IPv4 stands where no IPv6 network is (0000::/8 is reserved). */
static bool key_of(const struct address *address, uint64_t *key)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
    const unsigned char *bytes = v6->sin6_addr.s6_addr;
    unsigned i;

    *key = 0;
    if (address->storage.ss_family == AF_INET)
        *key = UINT64_C(0xffff) << 32 | ntohl(v4->sin_addr.s_addr);
    else if (address->storage.ss_family != AF_INET6)
        return false;
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        *key = UINT64_C(0xffff) << 32 | (uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 |
               (uint32_t)bytes[14] << 8 | bytes[15];
    else
        for (i = 0; i < 8; i++)
            *key = *key << 8 | bytes[i];
    return true;
}

/* Multiply-shift hashing (Dietzfelbinger et al. 1997): two keys meet as seldom as chance has it, for whom the secret is one.
 * What is multiplied is mixed first, as keys of one network differ in few bits. */
static uint32_t *bucket_of(const struct addresses *addresses, uint64_t key)
{
    key ^= key >> 32;
    return &addresses->buckets[(key * addresses->secret) >> addresses->shift];
}

struct addresses *addresses_new(const struct segment *segment)
{
    struct addresses *addresses = calloc(1, sizeof *addresses);
    uint32_t capacity = segment->header->connections;
    unsigned bits = 1;

    if (addresses == NULL)
        return NULL;
    while (bits < 31 && UINT32_C(1) << bits < capacity)
        bits++;
    addresses->segment = segment;
    addresses->capacity = capacity;
    addresses->shift = 64 - bits;
    if (getrandom(&addresses->secret, sizeof addresses->secret, GRND_NONBLOCK) < 0)
        addresses->secret = clock_now_us(); /* so early after boot: better than to wait */
    addresses->secret |= 1;
    addresses->buckets = calloc((size_t)1 << bits, sizeof *addresses->buckets);
    addresses->groups = calloc((size_t)capacity + 1, sizeof *addresses->groups);
    addresses->members = calloc((size_t)capacity + 1, sizeof *addresses->members);
    if (addresses->buckets == NULL || addresses->groups == NULL || addresses->members == NULL)
        addresses_free(&addresses);
    return addresses;
}

void addresses_free(struct addresses **addresses)
{
    struct addresses *all = *addresses;

    if (all == NULL)
        return;
    free(all->buckets);
    free(all->groups);
    free(all->members);
    free(all);
    *addresses = NULL;
}

static uint32_t find_group(const struct addresses *addresses, uint64_t key)
{
    uint32_t group = *bucket_of(addresses, key);

    while (group != NONE && addresses->groups[group].key != key)
        group = addresses->groups[group].next;
    return group;
}

/* There is always one: as many as connections, and each group has a member. */
static uint32_t new_group(struct addresses *addresses, uint64_t key)
{
    uint32_t *bucket = bucket_of(addresses, key);
    uint32_t group = addresses->free_group;

    if (group != NONE)
        addresses->free_group = addresses->groups[group].next;
    else
        group = ++addresses->groups_used;
    assert(group <= addresses->capacity);
    addresses->groups[group] = (struct group){.key = key, .next = *bucket};
    *bucket = group;
    return group;
}

static void drop_group(struct addresses *addresses, uint32_t group)
{
    uint32_t *link = bucket_of(addresses, addresses->groups[group].key);

    while (*link != group)
        link = &addresses->groups[*link].next;
    *link = addresses->groups[group].next;
    addresses->groups[group].next = addresses->free_group;
    addresses->free_group = group;
}

/* Takes a connection out of its group, if it is in one. */
static void leave(struct addresses *addresses, uint32_t number)
{
    struct member *member = &addresses->members[number];
    struct group *group = &addresses->groups[member->group];

    if (member->group == NONE)
        return;
    if (member->previous != NONE)
        addresses->members[member->previous].next = member->next;
    else
        group->first = member->next;
    if (member->next != NONE)
        addresses->members[member->next].previous = member->previous;
    if (--group->count == 0)
        drop_group(addresses, member->group);
    *member = (struct member){.group = NONE};
}

static bool is_over(const struct addresses *addresses, uint32_t number)
{
    /* pairs with the release of whoever frees the entry; nothing that it wrote is read here */
    return atomic_load_explicit(&addresses->segment->connections[number - 1].state, memory_order_acquire) ==
           CONNECTION_FREE;
}

bool addresses_have_room(struct addresses *addresses, const struct address *address, uint64_t most)
{
    uint32_t group, number, next;
    uint64_t key;

    if (most == 0 || !key_of(address, &key) || (group = find_group(addresses, key)) == NONE)
        return true;
    for (number = addresses->groups[group].first; number != NONE && addresses->groups[group].count >= most;
         number = next) {
        next = addresses->members[number].next;
        if (is_over(addresses, number))
            leave(addresses, number); /* with the last one goes the group, whose count is 0 then */
    }
    return addresses->groups[group].count < most;
}

void addresses_enter(struct addresses *addresses, uint32_t index, const struct address *address)
{
    uint32_t number = index + 1, group;
    struct member *member = &addresses->members[number];
    uint64_t key;

    assert(index < addresses->capacity);
    leave(addresses, number); /* who had the index before */
    if (!key_of(address, &key))
        return;
    group = find_group(addresses, key);
    if (group == NONE)
        group = new_group(addresses, key);
    *member = (struct member){.group = group, .next = addresses->groups[group].first};
    if (member->next != NONE)
        addresses->members[member->next].previous = number;
    addresses->groups[group].first = number;
    addresses->groups[group].count++;
}
