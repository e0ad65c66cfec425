/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of the PROXY protocol, which the first bytes of any stranger may be. Asked again with every byte that
 * arrives, the answer is "more" until it is what it would have been with all of them at once, and nothing behind a whole
 * header changes it; "more" has an end; what is whole has the form that the specification gives it; and the address that it
 * says can be shown.
 *
 * The input is what arrives. One thread. */
#include "daemon/net/proxy_header.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST      8192
#define LINE_LONGEST 107 /* of a version 1 header, with its CRLF */
#define FIXED        16  /* of a version 2 header */

static enum proxy_header_result parse(const uint8_t *bytes, size_t length, struct proxy_header *header)
{
    char *copy = fuzz_copy(bytes, length);
    enum proxy_header_result result = proxy_header_parse(copy, length, header);

    free(copy);
    FUZZ_CHECK(result != PROXY_HEADER_MORE || length < PROXY_HEADER_MOST, "more than %zu bytes are wanted",
               length);
    FUZZ_CHECK(result != PROXY_HEADER_BAD || (header->reason != NULL && header->reason[0] != '\0'),
               "it is bad without a reason");
    FUZZ_CHECK(result != PROXY_HEADER_WHOLE || (header->length > 0 && header->length <= length),
               "%zu bytes have a header of %zu", length, header->length);
    return result;
}

static void check_same(const struct proxy_header *one, const struct proxy_header *other,
                       enum proxy_header_result result)
{
    if (result == PROXY_HEADER_BAD) {
        FUZZ_CHECK(strcmp(one->reason, other->reason) == 0, "'%s', then '%s'", one->reason, other->reason);
        return;
    }
    FUZZ_CHECK(one->length == other->length && one->has_source == other->has_source,
               "it becomes another header");
    FUZZ_CHECK(one->source.length == other->source.length &&
                   memcmp(&one->source.storage, &other->source.storage, one->source.length) == 0,
               "it becomes another address");
}

/* What logs and lists show of it: something, and no blanks or control bytes. */
static void check_source(const struct proxy_header *header)
{
    char text[ADDRESS_TEXT_BYTES];

    if (!header->has_source)
        return;
    address_format(&header->source, text);
    FUZZ_CHECK(text[0] != '\0', "an address without a text");
    for (const char *at = text; *at != '\0'; at++)
        FUZZ_CHECK(*at > ' ' && *at <= '~', "an address as '%s'", text);
}

/* One line, as long as one may be. */
static void check_line(const uint8_t *bytes, size_t length)
{
    FUZZ_CHECK(length <= LINE_LONGEST, "a line of %zu bytes", length);
    FUZZ_CHECK(length > 8 && memcmp(bytes, "PROXY ", 6) == 0 && memcmp(bytes + length - 2, "\r\n", 2) == 0,
               "a line that is none");
    for (size_t i = 0; i < length - 2; i++)
        FUZZ_CHECK(bytes[i] >= ' ' && bytes[i] <= '~', "a control byte in a line");
}

/* As long as it says, filled by its addresses and extensions; but LOCAL may have anything. */
static void check_binary(const uint8_t *bytes, size_t length)
{
    static const size_t addresses[] = {0, 12, 36, 216}; /* unspecified, IPv4, IPv6, unix */
    size_t at = FIXED + addresses[bytes[13] >> 4 & 3];

    FUZZ_CHECK(length == FIXED + (size_t)(bytes[14] << 8 | bytes[15]), "a header of %zu bytes says other",
               length);
    if ((bytes[12] & 15) == 0)
        return;
    while (at + 3 <= length)
        at += 3 + (size_t)(bytes[at + 1] << 8 | bytes[at + 2]);
    FUZZ_CHECK(at == length, "its last extension ends at %zu of %zu", at, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct proxy_header at_once, so_far;
    enum proxy_header_result result;
    size_t at = 0;

    if (length < 1 || length > LONGEST)
        return 0;
    result = parse(bytes, length, &at_once);
    while (at < length && parse(bytes, ++at, &so_far) == PROXY_HEADER_MORE)
        ;
    FUZZ_CHECK(parse(bytes, at, &so_far) == result, "%d at once, another answer with %zu of %zu bytes",
               result, at, length);
    if (result == PROXY_HEADER_MORE)
        return 0;
    check_same(&so_far, &at_once, result);
    if (result == PROXY_HEADER_WHOLE) {
        FUZZ_CHECK(at_once.length == at, "a header of %zu bytes is whole with %zu", at_once.length, at);
        check_source(&at_once);
        if (bytes[0] == 'P')
            check_line(bytes, at);
        else
            check_binary(bytes, at);
    }
    return 0;
}
