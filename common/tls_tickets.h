/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_TLS_TICKETS_H
#define CONCUR_COMMON_TLS_TICKETS_H

#include "common/error.h"

/* The keys that session tickets are sealed with. A server keeps nothing of a session: its client keeps it, sealed, and
 * any process that has the key can resume it. */

#define TLS_TICKET_KEYS_MOST 3

struct tls_ticket_key {
    unsigned char name[16]; /* goes with the ticket, in the clear */
    unsigned char cipher[32];
    unsigned char mac[32];
};

/* Plain data without pointers, so that it can go over a socket between processes of one build. Newest first: that one seals, all
 * of them open. A secret: wipe copies (explicit_bzero). */
struct tls_ticket_keys {
    unsigned count;
    struct tls_ticket_key keys[TLS_TICKET_KEYS_MOST];
};

/* One fresh key, and no other. 0, or -1 when there is no randomness. */
MUST_USE int tls_ticket_keys_make(struct tls_ticket_keys *keys);

/* A fresh key before the others; the oldest of too many is wiped. 0, or -1, and then they are as they were. */
MUST_USE int tls_ticket_keys_rotate(struct tls_ticket_keys *keys);

/* A process's keys, which may change while connections shake hands. */
struct tls_tickets;

/* Without keys: nothing is resumed until some are set. NULL when memory is short. */
MUST_USE struct tls_tickets *tls_tickets_new(void);

/* Wipes and frees, once no connection is left that could use them; nulls the pointer, takes NULL. */
void tls_tickets_free(struct tls_tickets **tickets);

/* Takes a copy of these in place of those it had. A count that can't be is none. Any thread; waits for no handshake. */
void tls_tickets_set(struct tls_tickets *tickets, const struct tls_ticket_keys *keys);

#endif
