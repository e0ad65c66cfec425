/* SPDX-License-Identifier: Apache-2.0
 *
 * WHOAMI's reply as a phrase. This is where a learner sees that tasks went to different threads or processes,
 * so it names what tells them apart and nothing else. Any thread. */
#include "client/who.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *field, *label;
} shown[] = {{"mode", ""}, {"inner", "inner "}, {"worker", "worker "}, {"pid", "pid "}, {"tid", "tid "}};

static const struct resp_reply *find(const struct resp_reply *reply, const char *field)
{
    size_t i;

    for (i = 0; i + 1 < reply->count; i += 2) {
        if (reply->elements[i].text != NULL && strcmp(reply->elements[i].text, field) == 0)
            return &reply->elements[i + 1];
    }
    return NULL;
}

static size_t append_value(const struct resp_reply *value, const char *before, const char *label, char *text,
                           size_t room)
{
    int length;

    if (value->type == RESP_INTEGER)
        length = snprintf(text, room, "%s%s%lld", before, label, (long long)value->integer);
    else if (value->text != NULL && value->length > 0)
        length = snprintf(text, room, "%s%s%s", before, label, value->text);
    else
        return 0;
    return length > 0 ? (size_t)length : 0;
}

void who_describe(const struct resp_reply *reply, char text[WHO_BYTES])
{
    size_t used = 0, i;

    text[0] = '\0';
    for (i = 0; i < sizeof shown / sizeof shown[0] && used < WHO_BYTES; i++) {
        const struct resp_reply *value = find(reply, shown[i].field);

        if (value != NULL)
            used += append_value(value, used > 0 ? ", " : "", shown[i].label, text + used, WHO_BYTES - used);
    }
    if (used == 0)
        snprintf(text, WHO_BYTES, "unknown");
}
