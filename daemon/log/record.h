/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_RECORD_H
#define CONCUR_LOG_RECORD_H

#include "daemon/log/schema.h"

/* How one event lies in a lane: a header, then each value in the order of its event's fields - numbers as 8
 * raw bytes, text as a 16-bit length and its bytes - padded to RECORD_ALIGNMENT. Both ends run the same
 * binary, so the bytes are the machine's own. */
struct record_header {
    uint16_t length;  /* header, payload and padding */
    uint16_t payload; /* bytes of the payload alone */
    uint16_t kind;    /* enum log_event_id */
    uint8_t level;    /* as the event table says: a check rather than news */
    uint8_t zero;
    uint32_t worker;
    uint32_t tid;      /* of the thread that logged it */
    uint64_t sequence; /* counted per lane, set by lane_put */
    uint64_t time_us;  /* monotonic */
};

#define RECORD_ALIGNMENT       8u
#define RECORD_PAYLOAD_LONGEST (SCHEMA_FIELDS_MOST * (sizeof(uint16_t) + LOG_TEXT_LONGEST))

/* A record outside of a lane, in one piece. */
struct record_image {
    struct record_header header;
    unsigned char
        payload[RECORD_PAYLOAD_LONGEST + RECORD_ALIGNMENT]; /* the padding's zeroes may reach further */
};

/* A record taken apart. Texts point into the bytes that it was parsed from and are not terminated. */
struct record_value {
    union {
        uint64_t u64;
        int64_t i64;
        const char *text;
    };
    size_t length; /* of the text */
};

struct record {
    enum log_event_id event;
    uint32_t worker; /* LOG_WORKER_NONE in what the log thread says itself */
    uint32_t pid;    /* as the lane says; 0 in what the log thread says itself */
    uint32_t tid;
    uint64_t sequence, time_us;
    struct record_value values[SCHEMA_FIELDS_MOST];
};

/* Who logs: the same in every record of a thread. */
struct record_origin {
    uint32_t worker, tid;
};

/* Fills the image with everything but the sequence number. Asserts that the values are what the event's
 * fields ask for. Any thread. */
void record_encode(struct record_image *image, const struct schema *table, enum log_event_id event,
                   struct record_origin origin, uint64_t time_us, const struct log_value *values,
                   size_t count);

/* Whether a header makes sense with `available` bytes from its beginning: everything about it but its
 * sequence. */
bool record_header_valid(const struct record_header *header, const struct schema *table, uint64_t available);

/* Takes apart a record whose header is valid. 0, or -1 when the payload is not what the event's fields ask
 * for. */
MUST_USE int record_parse(const struct record_image *image, const struct schema *table,
                          struct record *record);

/* A record that never was in a lane, from values as log_put takes them; texts are borrowed. */
void record_make(struct record *record, enum log_event_id event, uint64_t time_us,
                 const struct log_value *values, size_t count);

#endif
