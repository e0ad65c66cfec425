/* SPDX-License-Identifier: Apache-2.0
 *
 * The PROXY protocol's header, from bytes: a pure function of what has arrived so far, so that it can be asked again with
 * every byte, tested and fuzzed. A version 1 header is read as soon as its line is whole, a version 2 header as soon as all
 * that it announces is there; but what is wrong is found as early as it can be, so that a stranger is not waited for. Whatever
 * the specification leaves free is refused: a header comes from a proxy, and proxies all write the same few forms. Runs in
 * the master's main thread. */
#include "daemon/net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "common/parse.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

static const char line_start[] = "PROXY ";
static const char signature[] = "\r\n\r\n\0\r\nQUIT\n"; /* and not its NUL at the end */

#define LINE_START      (sizeof line_start - 1)
#define LINE_MOST       107 /* with its CRLF: the specification counts a buffer of 108 with a NUL */
#define SIGNATURE       (sizeof signature - 1)
#define FIXED           16 /* signature, version and command, family, length */
#define UNIX_PATH       108
#define EXTENSION_START 3 /* type and length */
#define TYPE_CRC32C     0x03
#define CRC32C_BYTES    4

static enum proxy_header_result bad(struct proxy_header *header, const char *reason)
{
    header->reason = reason;
    return PROXY_HEADER_BAD;
}

static enum proxy_header_result whole(struct proxy_header *header, size_t length)
{
    header->length = length;
    return PROXY_HEADER_WHOLE;
}

static void set_four(struct address *address, const void *four_bytes, uint16_t port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;

    four->sin_family = AF_INET;
    memcpy(&four->sin_addr, four_bytes, sizeof four->sin_addr);
    four->sin_port = htons(port);
    address->length = sizeof *four;
}

/* A proxy that listens on [::] for IPv4 too says ::ffff:192.0.2.1: a client is to have the same address by either way, and
 * all of these together are not one network of IPv6. */
static void set_six(struct address *address, const void *sixteen_bytes, uint16_t port)
{
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    struct in6_addr from;

    memcpy(&from, sixteen_bytes, sizeof from);
    if (IN6_IS_ADDR_V4MAPPED(&from)) {
        set_four(address, &from.s6_addr[12], port);
        return;
    }
    six->sin6_family = AF_INET6;
    six->sin6_addr = from;
    six->sin6_port = htons(port);
    address->length = sizeof *six;
}

/* A path is what a stranger chose, and stands in lists and logs: it has no blanks and no control bytes there. */
static void set_unix(struct address *address, const unsigned char *path)
{
    struct sockaddr_un *to = (struct sockaddr_un *)&address->storage;
    size_t length = strnlen((const char *)path, MIN(UNIX_PATH, sizeof to->sun_path - 1)), i;

    to->sun_family = AF_UNIX;
    for (i = 0; i < length; i++)
        to->sun_path[i] = (char)(path[i] > ' ' && path[i] < 0x7f ? path[i] : '?');
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (length != 0));
}

/* --- version 1 */

/* The next word of a line, which ends at a blank or at the line's end; behind it stands exactly one blank, or nothing. False
 * when there is none. */
static bool next_word(const char **rest, const char *end, char *word, size_t room)
{
    const char *at = *rest, *blank = memchr(at, ' ', (size_t)(end - at));
    size_t length = (size_t)((blank != NULL ? blank : end) - at);

    if (length == 0 || length >= room || blank == end - 1)
        return false;
    memcpy(word, at, length);
    word[length] = '\0';
    *rest = blank != NULL ? blank + 1 : end;
    return true;
}

static bool next_port(const char **rest, const char *end, uint16_t *port)
{
    char word[sizeof "65535"];
    uint64_t number;

    if (!next_word(rest, end, word, sizeof word) || parse_u64(word, strlen(word), &number) != 0 ||
        number > 65535)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* "SOURCE DESTINATION PORT PORT" to the line's end. */
static enum proxy_header_result read_addresses(const char *rest, const char *end, int family,
                                               struct proxy_header *header)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    unsigned char source[sizeof(struct in6_addr)], destination[sizeof(struct in6_addr)];
    uint16_t source_port, destination_port;

    if (!next_word(&rest, end, from, sizeof from) || !next_word(&rest, end, to, sizeof to) ||
        inet_pton(family, from, source) != 1 || inet_pton(family, to, destination) != 1)
        return bad(header, "version 1: two addresses of the family must follow");
    if (!next_port(&rest, end, &source_port) || !next_port(&rest, end, &destination_port) || rest != end)
        return bad(header, "version 1: two ports and the end of the line must follow the addresses");
    header->has_source = true;
    if (family == AF_INET)
        set_four(&header->source, source, source_port);
    else
        set_six(&header->source, source, source_port);
    return PROXY_HEADER_WHOLE;
}

/* The line from behind "PROXY " to before its CRLF. */
static enum proxy_header_result read_line(const char *rest, const char *end, struct proxy_header *header)
{
    char protocol[sizeof "UNKNOWN"] = "";

    if (end - rest >= 7 && memcmp(rest, "UNKNOWN", 7) == 0 && (end - rest == 7 || rest[7] == ' '))
        return PROXY_HEADER_WHOLE; /* whatever else it says is to be ignored */
    if (next_word(&rest, end, protocol, sizeof protocol) && strcmp(protocol, "TCP4") == 0)
        return read_addresses(rest, end, AF_INET, header);
    if (strcmp(protocol, "TCP6") == 0)
        return read_addresses(rest, end, AF_INET6, header);
    return bad(header, "version 1: the protocol is not TCP4, TCP6 or UNKNOWN");
}

static enum proxy_header_result parse_line(const char *text, size_t length, struct proxy_header *header)
{
    size_t most = MIN(length, LINE_MOST), i;

    for (i = LINE_START; i < most && text[i] >= ' ' && text[i] <= '~';)
        i++;
    if (i > LINE_MOST - 2)
        return bad(header, "version 1: the line is longer than 107 bytes");
    if (i == length || (text[i] == '\r' && i + 1 == length))
        return PROXY_HEADER_MORE;
    if (text[i] != '\r' || text[i + 1] != '\n')
        return bad(header, "version 1: a control byte that is no CRLF");
    header->length = i + 2;
    return read_line(text + LINE_START, text + i, header);
}

/* --- version 2 */

struct family {
    unsigned char byte;
    uint16_t addresses_bytes;
};

static const struct family families[] = {
    {0x00, 0},             /* unspecified: only extensions follow */
    {0x11, 2 * (4 + 2)},   /* TCP over IPv4 */
    {0x21, 2 * (16 + 2)},  /* TCP over IPv6 */
    {0x31, 2 * UNIX_PATH}, /* a unix stream socket */
};

static const struct family *family_of(unsigned char byte)
{
    size_t i;

    for (i = 0; i < sizeof families / sizeof families[0]; i++)
        if (families[i].byte == byte)
            return &families[i];
    return NULL;
}

static uint16_t two_bytes(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4), four bits at a time. */
static uint32_t crc32c(uint32_t crc, const unsigned char *bytes, size_t length)
{
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    size_t i;

    for (i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

/* Whether the checksum at `at` is that of the whole header, in which it counts as zeroes. */
static bool checksum_holds(const unsigned char *bytes, size_t length, const unsigned char *at)
{
    static const unsigned char zeroes[CRC32C_BYTES];
    uint32_t crc = crc32c(UINT32_MAX, bytes, (size_t)(at - bytes));

    crc = crc32c(crc, zeroes, sizeof zeroes);
    crc = ~crc32c(crc, at + CRC32C_BYTES, length - (size_t)(at - bytes) - CRC32C_BYTES);
    return crc == ((uint32_t)two_bytes(at) << 16 | two_bytes(at + 2));
}

/* Extensions, from `at` to the header's end: nobody here needs what they say, but they must fill it, and where there is a
 * checksum it must hold. Answers what is wrong, or NULL. */
static const char *check_extensions(const unsigned char *bytes, size_t length, size_t at)
{
    bool checked = false;

    while (at < length) {
        size_t value = at + EXTENSION_START, value_bytes;

        if (length < value || length - value < two_bytes(bytes + at + 1))
            return "version 2: an extension is longer than the header";
        value_bytes = two_bytes(bytes + at + 1);
        if (bytes[at] == TYPE_CRC32C) {
            if (checked || value_bytes != CRC32C_BYTES)
                return "version 2: a checksum of the wrong length, or two of them";
            if (!checksum_holds(bytes, length, bytes + value))
                return "version 2: the checksum is wrong";
            checked = true;
        }
        at = value + value_bytes;
    }
    return NULL;
}

static void read_source(const unsigned char *at, unsigned char family, struct proxy_header *header)
{
    header->has_source = family != 0x00;
    if (family == 0x11)
        set_four(&header->source, at, two_bytes(at + 8));
    else if (family == 0x21)
        set_six(&header->source, at, two_bytes(at + 32));
    else if (family == 0x31)
        set_unix(&header->source, at);
}

/* What the fixed part says about the rest; NULL, or what is wrong. LOCAL is for whoever checks that we live: its family is
 * to be ignored, and so is all that follows. */
static const char *check_fixed(const unsigned char *bytes, size_t rest)
{
    const struct family *family = family_of(bytes[13]);

    if (rest > PROXY_HEADER_MOST - FIXED)
        return "version 2: it announces more than is read";
    if ((bytes[12] & 15) == 0)
        return NULL;
    if (family == NULL)
        return "version 2: the family is none of TCP over IPv4 or IPv6, unix stream, unspecified";
    return rest < family->addresses_bytes ? "version 2: too short for its addresses" : NULL;
}

static enum proxy_header_result parse_binary(const unsigned char *bytes, size_t length,
                                             struct proxy_header *header)
{
    const char *wrong;
    size_t rest;

    if (length > 12 && (bytes[12] >> 4 != 2 || (bytes[12] & 15) > 1))
        return bad(header, "version 2: the version is not 2, or the command neither LOCAL nor PROXY");
    if (length < FIXED)
        return PROXY_HEADER_MORE;
    rest = two_bytes(bytes + 14);
    wrong = check_fixed(bytes, rest);
    if (wrong == NULL && length < FIXED + rest)
        return PROXY_HEADER_MORE;
    if (wrong == NULL && (bytes[12] & 15) == 1) {
        wrong = check_extensions(bytes, FIXED + rest, FIXED + family_of(bytes[13])->addresses_bytes);
        read_source(bytes + FIXED, bytes[13], header);
    }
    return wrong != NULL ? bad(header, wrong) : whole(header, FIXED + rest);
}

enum proxy_header_result proxy_header_parse(const void *bytes, size_t length, struct proxy_header *header)
{
    *header = (struct proxy_header){0};
    if (length == 0)
        return PROXY_HEADER_MORE;
    if (memcmp(bytes, line_start, MIN(length, LINE_START)) == 0)
        return length <= LINE_START ? PROXY_HEADER_MORE : parse_line(bytes, length, header);
    if (memcmp(bytes, signature, MIN(length, SIGNATURE)) == 0)
        return parse_binary(bytes, length, header);
    return bad(header, "it does not begin as a PROXY header does");
}
