/* SPDX-License-Identifier: Apache-2.0
 *
 * PROXY headers: good ones whole, with bytes behind them and a byte at a time; bad ones refused for their reason, and as soon
 * as that can be known; and anything at all without a look beyond its end. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "daemon/net/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FIXED     16
#define FOUR      "\xc0\x00\x02\x01\xc6\x33\x64\x02\x10\x92\x1b\x9e" /* 192.0.2.1:4242, 198.51.100.2:7070 */
#define SIX                                                                                                  \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x10\x92\x1b\x9e"
#define MAPPED                                                                                               \
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x02\x10\x92\x1b"   \
    "\x9e"
#define LONG_SIX  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define PATH_ROOM 108

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct row {
    const char *bytes;
    size_t length;
    const char *text; /* the source, NULL when it says of none; or the reason */
} good[] = {
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 7070\r\n"), "192.0.2.1:4242"},
    {TEXT("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535"},
    {TEXT("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0:0"},
    {TEXT("PROXY TCP6 2001:db8::1 2001:db8::2 4242 7070\r\n"), "[2001:db8::1]:4242"},
    {TEXT("PROXY TCP6 " LONG_SIX " " LONG_SIX " 65535 65535\r\n"), "[" LONG_SIX "]:65535"},
    {TEXT("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 4242 7070\r\n"), "192.0.2.1:4242"},
    {TEXT("PROXY UNKNOWN\r\n"), NULL},
    {TEXT("PROXY UNKNOWN \r\n"), NULL},
    {TEXT("PROXY UNKNOWN whatever  it   says\r\n"), NULL},
    {TEXT("PROXY UNKNOWN " LONG_SIX " " LONG_SIX " 65535 65535\r\n"), NULL}, /* the longest: 107 bytes */
    {TEXT(SIGNATURE "\x21\x11\x00\x0c" FOUR), "192.0.2.1:4242"},
    {TEXT(SIGNATURE "\x21\x21\x00\x24" SIX), "[2001:db8::1]:4242"},
    {TEXT(SIGNATURE "\x21\x21\x00\x24" MAPPED), "192.0.2.1:4242"},
    {TEXT(SIGNATURE "\x20\x00\x00\x00"), NULL},               /* LOCAL, as HAProxy's checks say it */
    {TEXT(SIGNATURE "\x20\x11\x00\x0c" FOUR), NULL},          /* the rest of LOCAL is to be ignored, */
    {TEXT(SIGNATURE "\x20\x99\x00\x03\xff\xff\xff"), NULL},   /* whatever it is */
    {TEXT(SIGNATURE "\x21\x00\x00\x00"), NULL},               /* unspecified */
    {TEXT(SIGNATURE "\x21\x00\x00\x05\x04\x00\x02xy"), NULL}, /* with an extension */
    {TEXT(SIGNATURE "\x21\x11\x00\x0f" FOUR "\x04\x00\x00"), "192.0.2.1:4242"},
    {TEXT(SIGNATURE "\x21\x11\x00\x1b" FOUR "\x05\x00\x02id\x03\x00\x04\xb5\x09\x38\xd9\x04\x00\x00"),
     "192.0.2.1:4242"}, /* with a checksum, which another program has computed */
};

#define NO_HEADER "it does not begin as a PROXY header does"
#define PROTOCOL  "version 1: the protocol is not TCP4, TCP6 or UNKNOWN"
#define ADDRESSES "version 1: two addresses of the family must follow"
#define PORTS     "version 1: two ports and the end of the line must follow the addresses"
#define LINE_LONG "version 1: the line is longer than 107 bytes"
#define CONTROL   "version 1: a control byte that is no CRLF"
#define VERSION   "version 2: the version is not 2, or the command neither LOCAL nor PROXY"
#define FAMILY    "version 2: the family is none of TCP over IPv4 or IPv6, unix stream, unspecified"
#define SHORT     "version 2: too short for its addresses"
#define TOO_MUCH  "version 2: it announces more than is read"
#define EXTENSION "version 2: an extension is longer than the header"
#define CHECKSUM  "version 2: the checksum is wrong"
#define CHECKSUMS "version 2: a checksum of the wrong length, or two of them"

/* Each is known to be bad with its last byte, and not before: so early is it refused. */
static const struct row bad[] = {
    {TEXT("*"), NO_HEADER},
    {TEXT("\0"), NO_HEADER},
    {TEXT("\x16"), NO_HEADER}, /* a TLS handshake */
    {TEXT("p"), NO_HEADER},
    {TEXT("PI"), NO_HEADER}, /* of PING */
    {TEXT("PROXY\t"), NO_HEADER},
    {TEXT("PROXY\r"), NO_HEADER},
    {TEXT("\r\n\r\n\r"), NO_HEADER},
    {TEXT("\r\n\r\n\0\r\nQUIT\r"), NO_HEADER},
    {TEXT("PROXY \r\n"), PROTOCOL},
    {TEXT("PROXY  TCP4 192.0.2.1 198.51.100.2 4242 7070\r\n"), PROTOCOL},
    {TEXT("PROXY TCP5 192.0.2.1 198.51.100.2 4242 7070\r\n"), PROTOCOL},
    {TEXT("PROXY tcp4 192.0.2.1 198.51.100.2 4242 7070\r\n"), PROTOCOL},
    {TEXT("PROXY TCP44 192.0.2.1 198.51.100.2 4242 7070\r\n"), PROTOCOL},
    {TEXT("PROXY UDP4 192.0.2.1 198.51.100.2 4242 7070\r\n"), PROTOCOL},
    {TEXT("PROXY UNKNOWNS\r\n"), PROTOCOL},
    {TEXT("PROXY unknown\r\n"), PROTOCOL},
    {TEXT("PROXY TCP4 \r\n"), PROTOCOL},
    {TEXT("PROXY TCP4\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.1\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4  192.0.2.1 198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.1  198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.01 198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.256 198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2 198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.1 host 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 2001:db8::1 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.1 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP6 192.0.2.1 198.51.100.2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP6 2001:db8::1%1 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP6 [2001:db8::1] 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP6 2001:db8:::1 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP6 12345:db8::1 2001:db8::2 4242 7070\r\n"), ADDRESSES},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 \r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2  4242 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 7070 \r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 7070 1\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 04242 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 00 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 65536 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 65536\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 -1 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 +1 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 0x1 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 100000 7070\r\n"), PORTS},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 7070\n"), CONTROL},
    {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 4242 7070\rx"), CONTROL},
    {TEXT("PROXY TCP4 192.0.2.1\t"), CONTROL},
    {TEXT("PROXY UNKNOWN \0"), CONTROL},
    {TEXT("PROXY UNKNOWN \xc3"), CONTROL},
    {TEXT("PROXY UNKNOWN \x7f"), CONTROL},
    {TEXT("PROXY UNKNOWN " LONG_SIX " " LONG_SIX " 65535 65535 "), LINE_LONG},
    {TEXT(SIGNATURE "\x11"), VERSION},
    {TEXT(SIGNATURE "\x31"), VERSION},
    {TEXT(SIGNATURE "\x22"), VERSION},
    {TEXT(SIGNATURE "\x2f"), VERSION},
    {TEXT(SIGNATURE "\x21\x12\x00\x0c"), FAMILY}, /* UDP */
    {TEXT(SIGNATURE "\x21\x22\x00\x24"), FAMILY},
    {TEXT(SIGNATURE "\x21\x32\x00\xd8"), FAMILY},
    {TEXT(SIGNATURE "\x21\x10\x00\x0c"), FAMILY},
    {TEXT(SIGNATURE "\x21\x01\x00\x0c"), FAMILY},
    {TEXT(SIGNATURE "\x21\x41\x00\x0c"), FAMILY},
    {TEXT(SIGNATURE "\x21\x11\x00\x0b"), SHORT},
    {TEXT(SIGNATURE "\x21\x11\x00\x00"), SHORT},
    {TEXT(SIGNATURE "\x21\x21\x00\x23"), SHORT},
    {TEXT(SIGNATURE "\x21\x31\x00\xd7"), SHORT},
    {TEXT(SIGNATURE "\x21\x11\x0f\xf1"), TOO_MUCH},
    {TEXT(SIGNATURE "\x20\x00\x0f\xf1"), TOO_MUCH},
    {TEXT(SIGNATURE "\x21\x11\xff\xff"), TOO_MUCH},
    {TEXT(SIGNATURE "\x21\x11\x00\x0d" FOUR "\x04"), EXTENSION},
    {TEXT(SIGNATURE "\x21\x11\x00\x0e" FOUR "\x04\x00"), EXTENSION},
    {TEXT(SIGNATURE "\x21\x11\x00\x0f" FOUR "\x04\x00\x01"), EXTENSION},
    {TEXT(SIGNATURE "\x21\x11\x00\x0f" FOUR "\x04\xff\xff"), EXTENSION},
    {TEXT(SIGNATURE "\x21\x11\x00\x12" FOUR "\x04\x00\x02xy\x04"), EXTENSION},
    {TEXT(SIGNATURE "\x21\x11\x00\x0f" FOUR "\x03\x00\x00"), CHECKSUMS},
    {TEXT(SIGNATURE "\x21\x11\x00\x14" FOUR "\x03\x00\x05\x00\x00\x00\x00\x00"), CHECKSUMS},
    {TEXT(SIGNATURE "\x21\x11\x00\x1b" FOUR "\x05\x00\x02id\x03\x00\x04\xb5\x09\x38\xd8\x04\x00\x00"),
     CHECKSUM},
    {TEXT(SIGNATURE "\x21\x11\x00\x1b" FOUR "\x05\x00\x02iD\x03\x00\x04\xb5\x09\x38\xd9\x04\x00\x00"),
     CHECKSUM},
};

/* Exactly these bytes, so that a look beyond is caught. */
static enum proxy_header_result parse(const char *bytes, size_t length, struct proxy_header *header)
{
    char *copy = unit_copy(bytes, length);
    enum proxy_header_result result = proxy_header_parse(copy, length, header);

    free(copy);
    return result;
}

static void expect_source(const struct proxy_header *header, const char *source)
{
    char text[ADDRESS_TEXT_BYTES];

    assert_int_equal(header->has_source, source != NULL);
    if (source != NULL)
        assert_string_equal(address_format(&header->source, text), source);
}

static void expect_good(const char *bytes, size_t length, const char *source)
{
    struct proxy_header header;
    char *more = malloc(length + 6);
    size_t i;

    assert_non_null(more);
    for (i = 0; i < length; i++)
        assert_int_equal(parse(bytes, i, &header), PROXY_HEADER_MORE);
    memcpy(more, bytes, length);
    memcpy(more + length, "PING\r\n", 6);
    for (i = 0; i <= 6; i++) {
        if (parse(more, length + i, &header) != PROXY_HEADER_WHOLE)
            fail_msg("a good header of %zu bytes: %s", length, header.reason);
        assert_int_equal(header.length, length);
        expect_source(&header, source);
    }
    free(more);
}

static void good_ones_say_who(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++)
        expect_good(good[i].bytes, good[i].length, good[i].text);
}

static void bad_ones_are_refused_with_the_byte_that_makes_them_bad(void **state)
{
    struct proxy_header header;
    size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        for (j = 0; j < bad[i].length; j++)
            if (parse(bad[i].bytes, j, &header) != PROXY_HEADER_MORE)
                fail_msg("row %zu is refused after %zu bytes already", i, j);
        if (parse(bad[i].bytes, bad[i].length, &header) != PROXY_HEADER_BAD)
            fail_msg("row %zu is not refused: %s", i, bad[i].text);
        assert_string_equal(header.reason, bad[i].text);
    }
}

/* What is behind the byte that makes it bad changes nothing. */
static void bad_ones_stay_bad(void **state)
{
    struct proxy_header header;
    char bytes[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        memset(bytes, 'x', sizeof bytes);
        memcpy(bytes, bad[i].bytes, bad[i].length);
        assert_int_equal(parse(bytes, sizeof bytes, &header), PROXY_HEADER_BAD);
        assert_string_equal(header.reason, bad[i].text);
    }
}

static void a_unix_path_may_be_any(void **state)
{
    char bytes[FIXED + 2 * PATH_ROOM] = SIGNATURE "\x21\x31\x00\xd8", expected[ADDRESS_TEXT_BYTES];
    char *path = bytes + FIXED;

    (void)state;
    expect_good(bytes, sizeof bytes, "unix:"); /* unnamed, as most clients of unix sockets are */
    memcpy(path, "/run/x.sock", 11);
    expect_good(bytes, sizeof bytes, "unix:/run/x.sock");
    memcpy(path, "/a b\nc\x7f\xc3", 8);
    expect_good(bytes, sizeof bytes, "unix:/a?b?c??ock");
    memset(path, 'a', PATH_ROOM); /* without a NUL: one byte more than our own sockets take */
    snprintf(expected, sizeof expected, "unix:%.*s", PATH_ROOM - 1, path);
    expect_good(bytes, sizeof bytes, expected);
}

static void the_longest_is_read(void **state)
{
    static char bytes[PROXY_HEADER_MOST] = SIGNATURE "\x21\x11\x0f\xf0" FOUR "\x04\x0f\xe1";

    (void)state;
    expect_good(bytes, sizeof bytes, "192.0.2.1:4242");
}

/* Whatever comes: an answer that makes sense, and no look beyond the bytes. */
static void noise_is_answered(void **state)
{
    struct proxy_header header;
    char bytes[512];
    unsigned round;

    (void)state;
    for (round = 0; round < 50000; round++) {
        const struct row *row = &good[unit_random_below(COUNT(good))];
        size_t length = row->length + unit_random_below(sizeof bytes - row->length), i;
        enum proxy_header_result result;

        for (i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)unit_random();
        memcpy(bytes, row->bytes, row->length);
        for (i = unit_random_below(4); i-- > 0;)
            bytes[unit_random_below(row->length)] = (char)unit_random();
        result = parse(bytes, length, &header);
        assert_true(result != PROXY_HEADER_WHOLE || (header.length <= length && header.length >= 15));
        assert_true(result != PROXY_HEADER_BAD || header.reason != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_say_who),
        cmocka_unit_test(bad_ones_are_refused_with_the_byte_that_makes_them_bad),
        cmocka_unit_test(bad_ones_stay_bad),
        cmocka_unit_test(a_unix_path_may_be_any),
        cmocka_unit_test(the_longest_is_read),
        cmocka_unit_test(noise_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
