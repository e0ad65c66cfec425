/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting replies at the cost of their lines. A load generator wants to know where each reply ends and
 * whether it is an error, nothing else, at some hundred thousand per second and thread; so this needs no copy
 * of the bytes (its caller reads into one buffer for all connections) and no stack: to skip nested aggregates
 * it is enough to count the values that are still to come. Runs in whichever thread owns the scanner; in the
 * client the load threads. */
#include "common/resp_scan.h"

#include <string.h>

/* One value has ended; the reply with it when it was the last. */
static enum resp_scan end_value(struct resp_scanner *scanner)
{
    scanner->kind = NULL;
    if (--scanner->pending > 0)
        return RESP_SCAN_INCOMPLETE;
    scanner->judged = false;
    if (scanner->push)
        return RESP_SCAN_INCOMPLETE;
    return scanner->error ? RESP_SCAN_ERROR : RESP_SCAN_OK;
}

static enum resp_scan begin_entries(struct resp_scanner *scanner, int64_t count)
{
    uint64_t values = (uint64_t)count * scanner->kind->values_per_entry;

    if (scanner->pending > UINT64_MAX - values)
        return RESP_SCAN_MALFORMED;
    scanner->pending += values;
    if (scanner->kind->type != RESP_ATTRIBUTE)
        return end_value(scanner);
    scanner->kind = NULL; /* attributes stand before a value, they are none */
    return RESP_SCAN_INCOMPLETE;
}

/* A whole line, CR included, LF not. */
static enum resp_scan end_line(struct resp_scanner *scanner, const char *line, size_t length)
{
    int64_t number = 0;

    if (length > (scanner->kind->shape == RESP_TEXT ? RESP_LINE_MOST : RESP_NUMBER_MOST))
        return RESP_SCAN_MALFORMED;
    if (resp_line_read(scanner->kind, line, length - 1, &number) != 0)
        return RESP_SCAN_MALFORMED;
    if (scanner->kind->shape == RESP_ENTRIES && number >= 0)
        return begin_entries(scanner, number);
    if (scanner->kind->shape == RESP_BYTES && number >= 0) {
        scanner->body_bytes = (uint64_t)number + 2;
        return RESP_SCAN_INCOMPLETE;
    }
    return end_value(scanner);
}

/* Remembers what a number needs of an unfinished line; of text only the length. */
static enum resp_scan keep_line(struct resp_scanner *scanner, const char *bytes, size_t length)
{
    size_t room = scanner->line_bytes < RESP_NUMBER_MOST ? RESP_NUMBER_MOST - scanner->line_bytes : 0;
    size_t total = scanner->line_bytes + length;

    if (length == 0)
        return RESP_SCAN_INCOMPLETE;
    if (total > (scanner->kind->shape == RESP_TEXT ? RESP_LINE_MOST : RESP_NUMBER_MOST))
        return RESP_SCAN_MALFORMED;
    memcpy(scanner->line + RESP_NUMBER_MOST - room, bytes, length < room ? length : room);
    scanner->line_bytes = (uint32_t)total;
    scanner->last = bytes[length - 1];
    return RESP_SCAN_INCOMPLETE;
}

static enum resp_scan begin_value(struct resp_scanner *scanner, char first)
{
    const struct resp_kind *kind = resp_kind_of(first);

    if (kind == NULL)
        return RESP_SCAN_MALFORMED;
    if (scanner->pending == 0)
        scanner->pending = 1;
    if (!scanner->judged && scanner->pending == 1 && kind->type != RESP_ATTRIBUTE) {
        scanner->judged = true;
        scanner->error = kind->type == RESP_ERROR || kind->type == RESP_BULK_ERROR;
        scanner->push = kind->type == RESP_PUSH;
    }
    scanner->kind = kind;
    scanner->line_bytes = 0;
    return RESP_SCAN_INCOMPLETE;
}

static enum resp_scan scan_line(struct resp_scanner *scanner, const char *bytes, size_t length, size_t *at)
{
    const char *line = bytes + *at;
    const char *end;
    size_t here;

    if (scanner->kind == NULL) {
        (*at)++;
        return begin_value(scanner, *line);
    }
    end = memchr(line, '\n', length - *at);
    here = end != NULL ? (size_t)(end - line) : length - *at;
    *at += here + (end != NULL);
    if (end != NULL && scanner->line_bytes == 0)
        return here > 0 && line[here - 1] == '\r' ? end_line(scanner, line, here) : RESP_SCAN_MALFORMED;
    if (keep_line(scanner, line, here) == RESP_SCAN_MALFORMED)
        return RESP_SCAN_MALFORMED;
    if (end == NULL)
        return RESP_SCAN_INCOMPLETE;
    return scanner->last == '\r' ? end_line(scanner, scanner->line, scanner->line_bytes)
                                 : RESP_SCAN_MALFORMED;
}

static enum resp_scan scan_body(struct resp_scanner *scanner, const char *bytes, size_t length, size_t *at)
{
    uint64_t here = length - *at;

    if (scanner->body_bytes > 2) {
        uint64_t skipped = scanner->body_bytes - 2 < here ? scanner->body_bytes - 2 : here;

        scanner->body_bytes -= skipped;
        *at += skipped;
        return RESP_SCAN_INCOMPLETE;
    }
    if (bytes[(*at)++] != (scanner->body_bytes == 2 ? '\r' : '\n'))
        return RESP_SCAN_MALFORMED;
    return --scanner->body_bytes == 0 ? end_value(scanner) : RESP_SCAN_INCOMPLETE;
}

enum resp_scan resp_scan(struct resp_scanner *scanner, const char *bytes, size_t length, size_t *used)
{
    enum resp_scan found = RESP_SCAN_INCOMPLETE;
    size_t at = 0;

    while (at < length && found == RESP_SCAN_INCOMPLETE) {
        if (scanner->body_bytes > 0)
            found = scan_body(scanner, bytes, length, &at);
        else
            found = scan_line(scanner, bytes, length, &at);
    }
    *used = at;
    return found;
}
