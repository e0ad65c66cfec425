/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoding and taking apart of log records. Encoding runs in every producer and is what a log call costs, so
 * it copies raw values and formats nothing; parsing runs in the log thread and believes nothing that it
 * reads, because a producer process may have scribbled over its lane. */
#include "daemon/log/record.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct record_header) == 32, "records start aligned and without hidden padding");
static_assert(sizeof(struct record_image) % RECORD_ALIGNMENT == 0, "the longest record needs no padding");
static_assert(sizeof(struct record_image) <= UINT16_MAX, "a record's length has 16 bits");
static_assert(LOG_TEXT_LONGEST <= UINT16_MAX, "a text's length has 16 bits");

static size_t cut(size_t length)
{
    return length < LOG_TEXT_LONGEST ? length : LOG_TEXT_LONGEST;
}

/* The value of a text field, either way that it is given. */
static struct log_bytes text_of(const struct log_value *value)
{
    if (value->kind == LOG_VALUE_BYTES)
        return (struct log_bytes){.at = value->bytes->at, .length = cut(value->bytes->length)};
    assert(value->kind == LOG_VALUE_TEXT);
    if (value->text == NULL)
        return (struct log_bytes){.at = ""};
    return (struct log_bytes){.at = value->text, .length = strnlen(value->text, LOG_TEXT_LONGEST)};
}

static unsigned char *encode_text(unsigned char *at, struct log_bytes text)
{
    uint16_t length = (uint16_t)text.length;

    memcpy(at, &length, sizeof length);
    at += sizeof length;
    if (length != 0)
        memcpy(at, text.at, length);
    return at + length;
}

static unsigned char *encode_values(unsigned char *at, const struct schema *schema,
                                    const struct log_value *values)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (schema->fields[i].kind == LOG_VALUE_TEXT) {
            at = encode_text(at, text_of(&values[i]));
        } else {
            assert(values[i].kind == schema->fields[i].kind);
            memcpy(at, &values[i].u64, sizeof values[i].u64);
            at += sizeof values[i].u64;
        }
    }
    return at;
}

void record_encode(struct record_image *image, const struct schema *table, enum log_event_id event,
                   struct record_origin origin, uint64_t time_us, const struct log_value *values,
                   size_t count)
{
    const struct schema *schema = &table[event];
    size_t used;

    assert((unsigned)event < LOG_EVENT_COUNT && count == schema->field_count);
    used = (size_t)(encode_values(image->payload, schema, values) - image->payload);
    memset(image->payload + used, 0,
           RECORD_ALIGNMENT); /* a fixed size is one store, the padding's own a call */
    image->header = (struct record_header){
        .length = (uint16_t)(sizeof image->header + used + -used % RECORD_ALIGNMENT),
        .payload = (uint16_t)used,
        .kind = (uint16_t)event,
        .level = schema->level,
        .worker = origin.worker,
        .tid = origin.tid,
        .time_us = time_us,
    };
}

bool record_header_valid(const struct record_header *header, const struct schema *table, uint64_t available)
{
    uint64_t room;

    if (header->length < sizeof *header || header->length > sizeof(struct record_image) ||
        header->length > available || header->length % RECORD_ALIGNMENT != 0)
        return false;
    room = header->length - sizeof *header;
    if (header->payload > room || room - header->payload >= RECORD_ALIGNMENT)
        return false;
    return header->kind < LOG_EVENT_COUNT && header->level == table[header->kind].level &&
           header->zero == 0 && (header->worker < LOG_WORKERS_MOST || header->worker == LOG_WORKER_NONE);
}

/* One value from [at, end); where the next begins, or NULL. */
static const unsigned char *parse_value(const unsigned char *at, const unsigned char *end,
                                        enum log_value_kind kind, struct record_value *value)
{
    uint16_t length;

    if (kind != LOG_VALUE_TEXT) {
        if ((size_t)(end - at) < sizeof value->u64)
            return NULL;
        memcpy(&value->u64, at, sizeof value->u64);
        return at + sizeof value->u64;
    }
    if ((size_t)(end - at) < sizeof length)
        return NULL;
    memcpy(&length, at, sizeof length);
    at += sizeof length;
    if (length > LOG_TEXT_LONGEST || length > end - at)
        return NULL;
    value->text = (const char *)at;
    value->length = length;
    return at + length;
}

int record_parse(const struct record_image *image, const struct schema *table, struct record *record)
{
    const struct record_header *header = &image->header;
    const struct schema *schema = &table[header->kind];
    const unsigned char *at = image->payload;
    const unsigned char *end = at + header->payload;

    record->event = (enum log_event_id)header->kind;
    record->worker = header->worker;
    record->tid = header->tid;
    record->sequence = header->sequence;
    record->time_us = header->time_us;
    for (size_t i = 0; i < schema->field_count; i++) {
        at = parse_value(at, end, schema->fields[i].kind, &record->values[i]);
        if (at == NULL)
            return -1;
    }
    return at == end ? 0 : -1;
}

void record_make(struct record *record, enum log_event_id event, uint64_t time_us,
                 const struct log_value *values, size_t count)
{
    const struct schema *schema = &schema_table()[event];

    assert(count == schema->field_count);
    record->event = event;
    record->worker = LOG_WORKER_NONE;
    record->pid = record->tid = 0;
    record->sequence = 0;
    record->time_us = time_us;
    for (size_t i = 0; i < count; i++) {
        if (schema->fields[i].kind == LOG_VALUE_TEXT) {
            struct log_bytes text = text_of(&values[i]);

            record->values[i].text = text.at;
            record->values[i].length = text.length;
        } else {
            assert(values[i].kind == schema->fields[i].kind);
            record->values[i].u64 = values[i].u64;
        }
    }
}
