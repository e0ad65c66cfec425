/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_NET_ADDRESS_H
#define CONCUR_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"

#define ADDRESS_TEXT_BYTES 128 /* a unix path of 107 bytes with its prefix is the longest */

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* Reads `ADDR:PORT`, `[v6]:PORT` or `unix:PATH`. 0, or -1 with the reason. */
MUST_USE int address_parse(const char *text, struct address *address, struct error *error);

/* Writes the same form into `text` of ADDRESS_TEXT_BYTES; a unix peer without a name is "unix:". Answers `text`. */
const char *address_format(const struct address *address, char *text);

/* Whether only this machine can reach it: loopback or a unix socket. */
bool address_is_local(const struct address *address);

/* Whether a socket bound to the one keeps another from being bound to the other: the same port, at the same address or at
 * all of them. Not for unix sockets. */
bool address_overlaps(const struct address *a, const struct address *b);

#endif
