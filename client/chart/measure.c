/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures with their units, as tables and axes have them. A figure in a table has three digits and the unit
 * that fits it; a tick has the unit that fits its axis, so that the labels of one axis can be compared at a
 * glance, and no more digits than tell it from its neighbour. Any thread. */
#include "client/chart/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct scale {
    double factor;
    const char *name; /* stands right behind the figure */
};

static const struct scale plain[] = {{1, ""}};
static const struct scale counts[] = {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}};
static const struct scale times[] = {{1, " \u00b5s"}, {1e3, " ms"}, {1e6, " s"}};
static const struct scale clocks[] = {{1, " s"}, {60, " min"}, {3600, " h"}};
static const struct scale bytes[] = {{1, " B"}, {1024, " KiB"}, {1 << 20, " MiB"}, {1 << 30, " GiB"}};
static const struct scale shares[] = {{0.01, "%"}};

#define SCALES(array) (array), sizeof(array) / sizeof(array)[0]

static const struct {
    const struct scale *scales;
    size_t count;
    double patience; /* how many of a unit are written before the next larger one is taken */
} kinds[] = {
    [MEASURE_NUMBER] = {SCALES(plain), 1},  [MEASURE_COUNT] = {SCALES(counts), 1},
    [MEASURE_TIME_US] = {SCALES(times), 1}, [MEASURE_SECONDS] = {SCALES(clocks), 2},
    [MEASURE_BYTES] = {SCALES(bytes), 1},   [MEASURE_SHARE] = {SCALES(shares), 1},
};

static const struct scale *scale_for(enum measure measure, double value)
{
    const struct scale *scale = kinds[measure].scales;
    size_t i;

    for (i = 1; i < kinds[measure].count; i++) {
        /* What would be rounded up to the next unit is in it. */
        if (value * 1.0005 >= kinds[measure].scales[i].factor * kinds[measure].patience)
            scale = &kinds[measure].scales[i];
    }
    return scale;
}

/* Puts commas between the thousands of a number without exponent. */
static void group_thousands(char *text)
{
    char plain_text[MEASURE_TEXT_BYTES];
    size_t sign = text[0] == '-', length, i, to;

    snprintf(plain_text, sizeof plain_text, "%s", text);
    length = sign + strspn(plain_text + sign, "0123456789");
    for (i = to = sign; i < length; i++) {
        if (i > sign && (length - i) % 3 == 0 && to + 1 < MEASURE_TEXT_BYTES)
            text[to++] = ',';
        if (to + 1 < MEASURE_TEXT_BYTES)
            text[to++] = plain_text[i];
    }
    snprintf(text + to, MEASURE_TEXT_BYTES - to, "%s", plain_text + length);
}

static void write_figure(double shown, int decimals, const char *name, char *text)
{
    if (fabs(shown) >= 1e15) {
        snprintf(text, MEASURE_TEXT_BYTES, "%.3g%s", shown, name);
        return;
    }
    snprintf(text, MEASURE_TEXT_BYTES, "%.*f%s", decimals, shown, name);
    group_thousands(text);
}

const char *measure_text(enum measure measure, double value, char *text)
{
    const struct scale *scale;
    double shown, size;

    if (!isfinite(value)) {
        snprintf(text, MEASURE_TEXT_BYTES, "-");
        return text;
    }
    if (value == 0) {
        snprintf(text, MEASURE_TEXT_BYTES, "0");
        return text;
    }
    scale = scale_for(measure, fabs(value));
    shown = value / scale->factor;
    size = fabs(shown);
    if ((measure == MEASURE_COUNT || measure == MEASURE_BYTES) && scale->factor <= 1)
        write_figure(shown, size < 9.995 && fabs(shown - round(shown)) > 0.005 ? 2 : 0, scale->name, text);
    else
        write_figure(shown, size < 9.995 ? 2 : size < 99.95 ? 1 : 0, scale->name, text);
    return text;
}

/* How many decimals a step of that size needs: 0.25 two, 0.5 one, 20 none. */
static int decimals_of(double step)
{
    int decimals = 0;

    while (decimals < 12 && fabs(step - round(step)) > 1e-6 * fabs(step)) {
        step *= 10;
        decimals++;
    }
    return decimals;
}

const char *measure_label(enum measure measure, double value, double step, double most, char *text)
{
    const struct scale *scale = scale_for(measure, fabs(most));

    if (value == 0)
        snprintf(text, MEASURE_TEXT_BYTES, "0");
    else if (isfinite(value))
        write_figure(value / scale->factor, decimals_of(step / scale->factor), scale->name, text);
    else
        snprintf(text, MEASURE_TEXT_BYTES, "-");
    return text;
}
