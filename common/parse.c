/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers, sizes, durations and booleans as people write them, and the nearest word to a misspelt one. Strict on
 * purpose: strtol and its family skip blanks, take signs and leave trailing text, and each of those has been somebody's
 * request smuggling. Runs in any thread of either program. */
#include "common/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {{"k", 1u << 10}, {"M", 1u << 20}, {"G", 1u << 30}};

static const struct unit duration_units[] = {
    {"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Reads the leading digits; answers how many there were, 0 when there is no valid number. */
static size_t read_digits(const char *text, size_t length, uint64_t *value)
{
    size_t i = 0;
    uint64_t sum = 0;

    while (i < length && text[i] >= '0' && text[i] <= '9') {
        uint64_t digit = (uint64_t)(text[i] - '0');

        if (sum > (UINT64_MAX - digit) / 10)
            return 0;
        sum = sum * 10 + digit;
        i++;
    }
    if (i > 1 && text[0] == '0')
        return 0;
    *value = sum;
    return i;
}

int parse_u64(const char *text, size_t length, uint64_t *value)
{
    return length != 0 && read_digits(text, length, value) == length ? 0 : -1;
}

int parse_i64(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    uint64_t magnitude;

    if (parse_u64(text + negative, length - negative, &magnitude) != 0)
        return -1;
    if (magnitude > (uint64_t)INT64_MAX + negative || (negative && magnitude == 0))
        return -1;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return 0;
}

/* How a unit is compared: strncmp where M and m differ, else strncasecmp. */
typedef int comparison(const char *a, const char *b, size_t length);

/* 0, 1 when there is no unit behind the number, or -1. */
static int read_with_unit(const char *text, size_t length, const struct unit *units, size_t count,
                          comparison *compare, uint64_t *value)
{
    size_t digits = read_digits(text, length, value);
    size_t i;

    if (digits == 0)
        return -1;
    if (digits == length)
        return 1;
    for (i = 0; i < count; i++) {
        size_t unit_length = strlen(units[i].name);

        if (length - digits != unit_length || compare(text + digits, units[i].name, unit_length) != 0)
            continue;
        if (*value > UINT64_MAX / units[i].factor)
            return -1;
        *value *= units[i].factor;
        return 0;
    }
    return -1;
}

int parse_size(const char *text, size_t length, uint64_t *bytes)
{
    return read_with_unit(text, length, size_units, COUNT(size_units), strncasecmp, bytes) >= 0 ? 0 : -1;
}

int parse_duration(const char *text, size_t length, uint64_t *us)
{
    int result = read_with_unit(text, length, duration_units, COUNT(duration_units), strncmp, us);

    return result == 0 || (result == 1 && *us == 0) ? 0 : -1;
}

int parse_millionths(const char *text, size_t length, uint64_t *millionths)
{
    const char *point = memchr(text, '.', length);
    size_t digits = point != NULL ? (size_t)(point - text) : length;
    uint64_t scale = 1000000, whole;
    size_t i;

    if (parse_u64(text, digits, &whole) != 0 || whole > UINT64_MAX / scale - 1 || digits + 1 == length)
        return -1;
    *millionths = whole * scale;
    for (i = digits + 1; i < length; i++) {
        scale /= 10;
        if (text[i] < '0' || text[i] > '9' || scale == 0)
            return -1;
        *millionths += (uint64_t)(text[i] - '0') * scale;
    }
    return 0;
}

int parse_duration_fraction(const char *text, size_t length, uint64_t *us)
{
    const char *point = memchr(text, '.', length);
    size_t digits = point != NULL ? (size_t)(point - text) + 1 : 0;
    uint64_t factor, millionths;
    char unit[4] = "1";

    if (point == NULL)
        return parse_duration(text, length, us);
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (length - digits >= sizeof unit - 1)
        return -1;
    memcpy(unit + 1, text + digits, length - digits);
    if (parse_duration(unit, 1 + length - digits, &factor) != 0 ||
        parse_millionths(text, digits, &millionths) != 0 ||
        __builtin_mul_overflow(millionths, factor, &millionths) || millionths % 1000000 != 0)
        return -1;
    *us = millionths / 1000000;
    return 0;
}

int parse_bool(const char *text, size_t length, bool *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    size_t i;

    for (i = 0; i < COUNT(words); i++) {
        if (strlen(words[i].word) == length && strncasecmp(text, words[i].word, length) == 0) {
            *value = words[i].value;
            return 0;
        }
    }
    return -1;
}

static const char *format_with_unit(uint64_t value, const struct unit *units, size_t count,
                                    const char *no_unit, char *text)
{
    const char *name = no_unit;
    size_t i;
    uint64_t shown = value;

    for (i = 0; value != 0 && i < count; i++) {
        if (value % units[i].factor == 0) {
            shown = value / units[i].factor;
            name = units[i].name;
        }
    }
    snprintf(text, PARSE_TEXT_BYTES, "%llu%s", (unsigned long long)shown, name);
    return text;
}

const char *parse_format_size(uint64_t bytes, char *text)
{
    return format_with_unit(bytes, size_units, COUNT(size_units), "", text);
}

const char *parse_format_duration(uint64_t us, char *text)
{
    return format_with_unit(us, duration_units, COUNT(duration_units), "", text);
}

#define NEAREST_LONGEST 64

/* Wagner and Fischer's table, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NEAREST_LONGEST + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    size_t i, j;

    if (a_length > NEAREST_LONGEST || b_length > NEAREST_LONGEST)
        return SIZE_MAX;
    for (j = 0; j <= b_length; j++)
        row[j] = j;
    for (i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (j = 1; j <= b_length; j++) {
            size_t above = row[j];
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);

            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *parse_nearest(const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    size_t i;

    for (i = 0; i < count; i++) {
        size_t distance = edit_distance(word, words[i]);

        if (distance < least) {
            least = distance;
            nearest = words[i];
        }
    }
    return nearest != NULL && least * 3 <= strlen(nearest) + 2 ? nearest : NULL;
}
