/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures as people read them: thousands apart, three significant digits, a unit that fits. Any thread. */
#include "client/load/text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct scale {
    double factor;
    const char *unit;
};

const char *text_count(uint64_t count, char *text)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t i, to = 0;

    for (i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
    return text;
}

const char *text_rate(double rate, char *text)
{
    if (rate >= 10 || rate == 0)
        return text_count((uint64_t)(rate + 0.5), text);
    snprintf(text, TEXT_BYTES, "%.3g", rate);
    return text;
}

/* Three digits, in the largest unit that leaves at least one before the point. */
static const char *scaled(double value, const struct scale *scales, size_t count, char *text)
{
    size_t i = 0;
    double shown;

    while (i + 1 < count &&
           value * 1.0005 >= scales[i + 1].factor) /* what would be rounded up to it is in it */
        i++;
    shown = value / scales[i].factor;
    snprintf(text, TEXT_BYTES, "%.*f %s", shown < 9.995 ? 2 : shown < 99.95 ? 1 : 0, shown, scales[i].unit);
    return text;
}

const char *text_time(double us, char *text)
{
    static const struct scale scales[] = {{1, "us"}, {1e3, "ms"}, {1e6, "s"}};

    return scaled(us, scales, sizeof scales / sizeof scales[0], text);
}

const char *text_bytes(uint64_t bytes, char *text)
{
    static const struct scale scales[] = {{1024, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}};

    return scaled((double)bytes, scales, sizeof scales / sizeof scales[0], text);
}
