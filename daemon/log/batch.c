/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines between formatting and the sink. They are gathered so that one system call writes hundreds, and
 * remembered one by one so that a record counts as written when its line is out, whole, and not before. Runs
 * in the log thread. */
#include "daemon/log/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "daemon/log/format.h"

int batch_init(struct batch *batch)
{
    batch->length = batch->sent = 0;
    batch->count = batch->counted = 0;
    batch->text = malloc(BATCH_BYTES + FORMAT_LINE_LONGEST);
    return batch->text != NULL ? 0 : -1;
}

void batch_free(struct batch *batch)
{
    free(batch->text);
    batch->text = NULL;
}

bool batch_full(const struct batch *batch)
{
    return batch->length >= BATCH_BYTES || batch->count == BATCH_LINES;
}

char *batch_room(struct batch *batch)
{
    assert(!batch_full(batch));
    return batch->text + batch->length;
}

void batch_add(struct batch *batch, size_t length, uint32_t lane)
{
    assert(length > 0 && length <= FORMAT_LINE_LONGEST);
    batch->length += length;
    batch->lines[batch->count++] = (struct batch_line){.end = (uint32_t)batch->length, .lane = lane};
}

void batch_describe(struct batch *batch, struct batch_content content)
{
    assert(batch->count > 0);
    batch->lines[batch->count - 1].content = content;
}

size_t batch_unsent(const struct batch *batch, const char **text)
{
    *text = batch->text + batch->sent;
    return batch->length - batch->sent;
}

void batch_sent(struct batch *batch, size_t length)
{
    assert(length <= batch->length - batch->sent);
    batch->sent += length;
}

/* The first line whose end has not been sent. Lines from `counted` on are looked at: what was popped lies
 * before. */
static unsigned unfinished(const struct batch *batch)
{
    unsigned line = batch->counted;

    while (line < batch->count && batch->lines[line].end <= batch->sent)
        line++;
    return line;
}

unsigned batch_unsent_lines(const struct batch *batch, struct iovec *lines, unsigned most)
{
    unsigned first = unfinished(batch), count = 0;
    size_t at = batch->sent;

    assert(batch_partial(batch) == 0);
    while (count < most && first + count < batch->count) {
        size_t end = batch->lines[first + count].end;

        lines[count++] = (struct iovec){.iov_base = batch->text + at, .iov_len = end - at};
        at = end;
    }
    return count;
}

size_t batch_partial(const struct batch *batch)
{
    unsigned line = unfinished(batch);

    return batch->sent - (line != 0 ? batch->lines[line - 1].end : 0);
}

void batch_rewind(struct batch *batch)
{
    batch->sent -= batch_partial(batch);
}

static void clear(struct batch *batch)
{
    batch->length = batch->sent = 0;
    batch->count = batch->counted = 0;
}

bool batch_pop(struct batch *batch, uint32_t *lane)
{
    if (batch->counted < batch->count && batch->lines[batch->counted].end <= batch->sent) {
        *lane = batch->lines[batch->counted++].lane;
        return true;
    }
    if (batch->counted == batch->count)
        clear(batch);
    return false;
}

bool batch_forget(struct batch *batch, uint32_t *lane, struct batch_content *content)
{
    if (batch->counted < batch->count) {
        *lane = batch->lines[batch->counted].lane;
        *content = batch->lines[batch->counted++].content;
        return true;
    }
    clear(batch);
    return false;
}
