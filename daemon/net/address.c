/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses from and to text. No names are looked up: a daemon that waits for DNS to start is a daemon that
 * does not start. Runs in the main thread. */
#include "daemon/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "common/parse.h"

static int parse_unix(const char *path, struct address *address, struct error *error)
{
    struct sockaddr_un *to = (struct sockaddr_un *)&address->storage;
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof to->sun_path)
        return error_set(error, "a unix socket's path takes 1 to %zu bytes", sizeof to->sun_path - 1);
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, path, length + 1);
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

int address_parse(const char *text, struct address *address, struct error *error)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2];
    uint64_t port;
    size_t length;

    memset(address, 0, sizeof *address);
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, address, error);
    if (colon == NULL || parse_u64(colon + 1, strlen(colon + 1), &port) != 0 || port > 65535)
        return error_set(error, "'%s' is no ADDR:PORT, [v6]:PORT or unix:PATH", text);
    length = (size_t)(colon - text);
    if (length >= sizeof host)
        return error_set(error, "'%s': the address is too long", text);
    memcpy(host, text, length);
    host[length] = '\0';
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        address->length = sizeof *four;
        return 0;
    }
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        if (inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1) {
            six->sin6_family = AF_INET6;
            six->sin6_port = htons((uint16_t)port);
            address->length = sizeof *six;
            return 0;
        }
    }
    return error_set(error, "'%s': '%.*s' is no IPv4 address and no [IPv6 address]", text, (int)length, text);
}

const char *address_format(const struct address *address, char *text)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
    const struct sockaddr_un *path = (const struct sockaddr_un *)&address->storage;
    char host[INET6_ADDRSTRLEN] = "?";

    switch (address->storage.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_BYTES, "%s:%u", host, ntohs(four->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT_BYTES, "[%s]:%u", host, ntohs(six->sin6_port));
        break;
    default:
        snprintf(text, ADDRESS_TEXT_BYTES, "unix:%.*s", (int)sizeof path->sun_path,
                 address->length > offsetof(struct sockaddr_un, sun_path) ? path->sun_path : "");
    }
    return text;
}

bool address_is_local(const struct address *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;

    switch (address->storage.ss_family) {
    case AF_INET:
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    default:
        return true;
    }
}

/* The port, in the network's order, and whether it is at all addresses; 0 for what has none. */
static in_port_t port_of(const struct address *address, bool *everywhere)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;

    switch (address->storage.ss_family) {
    case AF_INET:
        *everywhere = four->sin_addr.s_addr == INADDR_ANY;
        return four->sin_port;
    case AF_INET6:
        *everywhere = IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr);
        return six->sin6_port;
    default:
        return 0;
    }
}

bool address_overlaps(const struct address *a, const struct address *b)
{
    char text_a[ADDRESS_TEXT_BYTES], text_b[ADDRESS_TEXT_BYTES];
    bool a_everywhere = false, b_everywhere = false;
    in_port_t port = port_of(a, &a_everywhere);

    if (a->storage.ss_family != b->storage.ss_family || port == 0 || port_of(b, &b_everywhere) != port)
        return false;
    return a_everywhere || b_everywhere || strcmp(address_format(a, text_a), address_format(b, text_b)) == 0;
}
