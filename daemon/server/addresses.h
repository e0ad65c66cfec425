/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_ADDRESSES_H
#define CONCUR_SERVER_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/net/address.h"
#include "daemon/shm/segment.h"

/* How many connections there are from each address, for limits.clients_per_address. An address is an IPv4 one, also when it
 * comes as IPv6 (::ffff:a.b.c.d), or the first 64 bits of an IPv6 one, as one host has all that are behind them. Peers of
 * unix sockets have none: they are never too many. Owner: the master's main thread. */
struct addresses;

/* For the connections of that segment, of which none may be in use. NULL when memory is short. */
struct addresses *addresses_new(const struct segment *segment);
void addresses_free(struct addresses **addresses);

/* Whether there are fewer than `most` connections from there; 0 = any number may be. Takes time in proportion to `most` where
 * there are as many. */
bool addresses_have_room(struct addresses *addresses, const struct address *address, uint64_t most);

/* The connection `index`, whose entry is in use, is from there. It counts until its entry is free, whoever frees that. */
void addresses_enter(struct addresses *addresses, uint32_t index, const struct address *address);

#endif
