/* SPDX-License-Identifier: Apache-2.0
 *
 * The form of addresses, log targets and names. Checked while the configuration is read, when the line that
 * is at fault is still known, and long before a bind or an open fails. Host names are not taken: a listener
 * that depends on a name server may not come up after a reboot. Pure functions, any thread. */
#include "daemon/config/syntax.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "common/parse.h"

#define UNIX_PREFIX "unix:"

const char *config_check_value(const char *text)
{
    const char *at;

    for (at = text; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at) && *at != '\t')
            return "holds a control character";
        if ((*at == ';' || *at == '#') && (at == text || isblank((unsigned char)at[-1])))
            return "holds what begins a comment in a file";
    }
    return NULL;
}

static const char *check_port(const char *text)
{
    uint64_t port;

    if (parse_u64(text, strlen(text), &port) != 0 || port > UINT16_MAX)
        return "has no port between 0 and 65535";
    return NULL;
}

/* Whether the `length` bytes are an address of the family in numbers. */
static bool is_address(int family, const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address; /* the larger of the two */

    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

const char *config_check_tcp(const char *text)
{
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    size_t length;

    if (colon == NULL)
        return "is not ADDR:PORT or [V6ADDR]:PORT";
    length = (size_t)(colon - text);
    if (bracketed && length >= 2 && colon[-1] == ']') {
        if (!is_address(AF_INET6, text + 1, length - 2))
            return "has no IPv6 address between its brackets";
        return check_port(colon + 1);
    }
    if (bracketed)
        return "is not [V6ADDR]:PORT";
    if (memchr(text, ':', length) != NULL)
        return "is not ADDR:PORT; an IPv6 address stands in brackets";
    if (!is_address(AF_INET, text, length))
        return "has no IPv4 address before its port";
    return check_port(colon + 1);
}

const char *config_check_listen(const char *text)
{
    struct sockaddr_un address;
    const char *path = text + strlen(UNIX_PREFIX);

    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) != 0)
        return config_check_tcp(text);
    if (*path == '\0')
        return "names no path";
    if (strlen(path) >= sizeof address.sun_path)
        return "has a path of more than 107 bytes, which no unix socket can have";
    return NULL;
}

static const char *check_target_path(const char *path)
{
    if (*path == '\0')
        return "names no path";
    return *path == '"' || *path == '\'' ? "has quotes; a value is written without" : NULL;
}

const char *config_check_target(const char *text)
{
    static const char *const words[] = {"stderr", "journald", "syslog"};
    static const char *const prefixes[] = {"file:", "journald:", "syslog:"};
    /* What people write who know other daemons. */
    static const struct {
        const char *beginning, *wrong;
    } meant[] = {
        {"journal", "is not stderr, journald, syslog or file:PATH; did you mean 'journald'?"},
        {"std", "is not stderr, journald, syslog or file:PATH; did you mean 'stderr'?"},
        {"/", "is not stderr, journald, syslog or file:PATH; a path is written file:PATH"},
        {"./", "is not stderr, journald, syslog or file:PATH; a path is written file:PATH"},
        {"\"", "has quotes; a value is written without"},
        {"'", "has quotes; a value is written without"},
    };
    size_t i;

    for (i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0)
            return NULL;
    }
    for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return check_target_path(text + strlen(prefixes[i]));
    }
    for (i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        if (strncmp(text, meant[i].beginning, strlen(meant[i].beginning)) == 0)
            return meant[i].wrong;
    }
    return "is not stderr, journald, syslog or file:PATH";
}

const char *config_check_command(const char *text)
{
    const char *at;

    for (at = text; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-' && *at != '.')
            return "is no command's name";
    }
    return NULL;
}
