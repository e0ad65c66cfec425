/* SPDX-License-Identifier: Apache-2.0
 *
 * A lane of the log queue and what a process gone wild may do to it: the master reads it, believes nothing, and lives.
 * Reading comes to an end; what is wrong closes the lane until its owner is gone, and then the next one can use it;
 * without damage nothing is ever wrong and every record is accounted for. Each record that is let through is written in
 * both formats, as one line from which a reader gets the event's fields, no others, and in JSON the texts as they were.
 *
 * The input is what happens, a letter each with what it takes behind it (`deeds`). One thread. */
#include <jansson.h>

#include "daemon/log/format.h"
#include "daemon/log/queue.h"
#include "daemon/log/reader.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST 16384
#define SIZE    (4 * LANE_SMALLEST) /* more than the longest record has */
#define NOW_US  UINT64_C(1000000000)

static struct {
    struct log_queue *queue;
    struct lane *lane;
    struct lane_reader reader;
    struct format logfmt, json;
    struct record_image image;
    bool damaged;
} world;

static void begin(void)
{
    size_t bytes = log_queue_bytes(1, SIZE);

    if (world.queue == NULL) {
        FUZZ_CHECK(posix_memalign((void **)&world.queue, LANE_LINE, bytes) == 0, "no memory");
        format_init(&world.logfmt, LOG_FORMAT_LOGFMT, ENVELOPE_NONE);
        format_init(&world.json, LOG_FORMAT_JSON, ENVELOPE_NONE);
    }
    memset(world.queue, 0, bytes);
    FUZZ_CHECK(log_queue_init(world.queue, 1, SIZE) == world.queue, "no queue");
    world.lane = log_queue_lane(world.queue, 0);
    reader_init(&world.reader, world.lane, SIZE, 0);
    world.damaged = false;
}

/* --- what the producer does ---------------------------------------------------------------------------------------- */

static void encode(struct fuzz_source *source, const struct schema *schema)
{
    struct log_value values[SCHEMA_FIELDS_MOST];
    struct log_bytes texts[SCHEMA_FIELDS_MOST];

    for (size_t i = 0; i < schema->field_count; i++) {
        if (schema->fields[i].kind == LOG_VALUE_TEXT) {
            texts[i].at = (const char *)fuzz_take_bytes(source, &texts[i].length);
            values[i] = LOG_B(&texts[i]);
        } else {
            values[i] = (struct log_value){.kind = schema->fields[i].kind, .u64 = fuzz_take_number(source)};
        }
    }
    record_encode(&world.image, schema_table(), (enum log_event_id)(schema - schema_table()),
                  (struct record_origin){.worker = 3, .tid = 9}, NOW_US, values, schema->field_count);
}

static void put(struct fuzz_source *source)
{
    const struct lane_writer writer = {.lane = world.lane, .size = SIZE};

    encode(source, &schema_table()[fuzz_take(source) % LOG_EVENT_COUNT]);
    lane_put(&writer, &world.image, false);
}

/* --- what should never happen -------------------------------------------------------------------------------------- */

/* Any bytes instead of a record, published. */
static void scribble(struct fuzz_source *source)
{
    size_t length;
    const uint8_t *bytes = fuzz_take_bytes(source, &length);
    uint64_t tail = atomic_load(&world.lane->tail);

    for (size_t i = 0; i < length; i++)
        world.lane->ring[(tail + i) & (SIZE - 1)] = bytes[i];
    atomic_store(&world.lane->tail,
                 tail + (length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT);
    atomic_fetch_add(&world.lane->attempted, 1);
    world.damaged = true;
}

static void damage_byte(struct fuzz_source *source)
{
    uint64_t at = fuzz_take_number(source);

    world.lane->ring[at & (SIZE - 1)] = fuzz_take(source);
    world.damaged = true;
}

static void damage_word(struct fuzz_source *source)
{
    _Atomic uint64_t *const words[] = {&world.lane->tail,     &world.lane->attempted, &world.lane->dropped,
                                       &world.lane->given_up, &world.lane->head,      &world.lane->written};
    _Atomic uint64_t *word = words[fuzz_take(source) % (sizeof words / sizeof words[0])];
    uint64_t value = fuzz_take_number(source);

    atomic_store(word, fuzz_take(source) % 2 == 0 ? value : atomic_load(word) + value);
    world.damaged = true;
}

static void damage_private(struct fuzz_source *source)
{
    world.lane->head_seen = fuzz_take_number(source);
    world.lane->size = fuzz_take_number(source); /* nobody but log_bind may look at these */
    world.lane->index = fuzz_take(source);
    world.damaged = true;
}

/* --- what the log thread does -------------------------------------------------------------------------------------- */

/* The texts that are UTF-8 come out of JSON as they went in. */
static void check_json(const struct record *record, const char *line, size_t length)
{
    const struct schema *schema = &schema_table()[record->event];
    json_error_t error;
    json_t *read = json_loadb(line, length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);

    FUZZ_CHECK(json_is_object(read), "%s:\n%.*s", error.text, (int)length, line);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct schema_field *field = &schema->fields[i];
        json_t *text = field->kind == LOG_VALUE_TEXT
                           ? json_stringn(record->values[i].text, record->values[i].length)
                           : NULL;
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)field->name_length, field->name);
        FUZZ_CHECK(json_object_get(read, name) != NULL, "no %s in:\n%.*s", name, (int)length, line);
        FUZZ_CHECK(text == NULL || json_equal(text, json_object_get(read, name)), "another %s in:\n%.*s",
                   name, (int)length, line);
        json_decref(text);
    }
    json_decref(read);
}

/* The next "key=value" of a line, a value with anything beyond plain characters being quoted; where the one behind it
 * begins, or NULL when this is none. */
static const char *take_pair(const char *at, const char *end, const char **key, size_t *key_length)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));

    if (equals == NULL || memchr(at, ' ', (size_t)(equals - at)) != NULL)
        return NULL;
    *key = at;
    *key_length = (size_t)(equals - at);
    at = equals + 1;
    if (at < end && *at == '"') {
        for (at++; at < end && *at != '"'; at++)
            at += *at == '\\';
        at++;
    } else {
        while (at < end && *at != ' ' && *at != '"')
            at++;
    }
    return at == end ? end : at < end && *at == ' ' ? at + 1 : NULL;
}

/* From logfmt come, behind what every line has, the event's fields in their order, and what an errno means. */
static void check_logfmt(const struct record *record, const char *line, size_t length)
{
    const struct schema *schema = &schema_table()[record->event];
    const char *at = line, *end = line + length, *key = "";
    size_t key_length = 0, field = 0;
    bool fields_begin = false;

    while (at < end) {
        const struct schema_field *next = &schema->fields[field];

        at = take_pair(at, end, &key, &key_length);
        FUZZ_CHECK(at != NULL, "no key=value in:\n%.*s", (int)length, line);
        if (!fields_begin) {
            fields_begin = key_length == 3 && memcmp(key, "tid", 3) == 0;
        } else if (field > 0 && schema->fields[field - 1].is_errno &&
                   key_length == strlen(SCHEMA_ERROR_TEXT) &&
                   memcmp(key, SCHEMA_ERROR_TEXT, key_length) == 0) {
            continue;
        } else {
            FUZZ_CHECK(field < schema->field_count && key_length == next->name_length &&
                           memcmp(key, next->name, key_length) == 0,
                       "the field %.*s in:\n%.*s", (int)key_length, key, (int)length, line);
            field++;
        }
    }
    FUZZ_CHECK(field == schema->field_count, "%zu fields in:\n%.*s", field, (int)length, line);
}

static void check_line(const char *line, size_t length)
{
    FUZZ_CHECK(length > 0 && length <= FORMAT_LINE_LONGEST && line[length - 1] == '\n', "a line of %zu bytes",
               length);
    for (size_t i = 0; i + 1 < length; i++)
        FUZZ_CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f, "a control byte in:\n%.*s", (int)length,
                   line);
}

/* A text is no longer than texts are, and lies in what was copied of this record, not in what was there before. */
static void check_text(const struct record_value *value)
{
    size_t payload = world.image.header.length - sizeof world.image.header;

    FUZZ_CHECK(value->length <= LOG_TEXT_LONGEST, "a text of %zu bytes", value->length);
    FUZZ_CHECK((const unsigned char *)value->text + value->length <= world.image.payload + payload,
               "a text that ends behind its record");
}

static void check_record(const struct record *record)
{
    static char line[FORMAT_LINE_LONGEST];
    const struct schema *schema = &schema_table()[record->event];
    size_t length;

    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].kind == LOG_VALUE_TEXT)
            check_text(&record->values[i]);
    length = format_line(&world.logfmt, schema_table(), record, line);
    check_line(line, length);
    check_logfmt(record, line, length - 1);
    length = format_line(&world.json, schema_table(), record, line);
    check_line(line, length);
    check_json(record, line, length - 1);
}

static void read_all(struct fuzz_source *source)
{
    enum reader_outcome found = reader_look(&world.reader, NOW_US);
    struct record record;
    size_t count = 0;

    (void)source;
    while (found == READER_RECORD) {
        FUZZ_CHECK(count++ <= SIZE / sizeof(struct record_header), "reading does not come to an end");
        found = reader_next(&world.reader, &world.image, &record);
        if (found == READER_RECORD)
            check_record(&record);
    }
    FUZZ_CHECK(found != READER_CORRUPT || world.damaged, "a lane is corrupt that nobody has damaged");
    FUZZ_CHECK(reader_depth(&world.reader) <= SIZE, "a depth of %llu",
               (unsigned long long)reader_depth(&world.reader));
    reader_release(&world.reader);
}

static void discard(struct fuzz_source *source)
{
    (void)source;
    reader_discard(&world.reader, NOW_US);
}

/* The owner is gone: its lane is read to the end, then given to another. */
static void settle(struct fuzz_source *source)
{
    uint64_t lost;

    read_all(source);
    lost = reader_settle(&world.reader, NOW_US);
    FUZZ_CHECK(lost == 0 || world.damaged, "%llu records of a sound lane are lost", (unsigned long long)lost);
}

static void check_accounts(void)
{
    uint64_t attempted = atomic_load(&world.lane->attempted), dropped = atomic_load(&world.lane->dropped);

    FUZZ_CHECK(world.damaged || attempted == world.reader.consumed + dropped, "%llu attempted, %llu and %llu",
               (unsigned long long)attempted, (unsigned long long)world.reader.consumed,
               (unsigned long long)dropped);
}

/* Whatever was done to it, the next owner can use all of it: what is taken arrives, whole and in its order. */
static void check_usable(void)
{
    const struct lane_writer writer = {.lane = world.lane, .size = SIZE};
    struct record record;
    uint64_t taken = 0, arrived = 0;

    settle(NULL);
    check_accounts();
    for (;; taken++) {
        const struct log_value values[] = {LOG_U(taken), LOG_S("peer"), LOG_S("again")};

        record_encode(&world.image, schema_table(), EVENT_PROTOCOL_ERROR, (struct record_origin){.worker = 3},
                      NOW_US, values, 3);
        if (lane_put(&writer, &world.image, true) == LANE_DROPPED)
            break;
        FUZZ_CHECK(taken < SIZE / sizeof(struct record_header), "there is room without end");
    }
    reader_look(&world.reader, NOW_US);
    while (reader_next(&world.reader, &world.image, &record) == READER_RECORD) {
        FUZZ_CHECK(record.event == EVENT_PROTOCOL_ERROR && record.values[0].u64 == arrived &&
                       record.values[2].length == 5 && memcmp(record.values[2].text, "again", 5) == 0,
                   "the next owner's record %llu is another", (unsigned long long)arrived);
        arrived++;
    }
    FUZZ_CHECK(taken > 0 && taken == arrived && !world.reader.closed, "of %llu records %llu arrive",
               (unsigned long long)taken, (unsigned long long)arrived);
    world.damaged = false;
    settle(NULL);
}

static const struct {
    char letter;
    void (*does)(struct fuzz_source *source);
} deeds[] = {{'p', put},      {'x', scribble}, {'b', damage_byte}, {'w', damage_word}, {'h', damage_private},
             {'r', read_all}, {'d', discard},  {'s', settle}};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fuzz_source source = {bytes, length};

    if (length > LONGEST)
        return 0;
    begin();
    while (source.left > 0) {
        char letter = (char)fuzz_take(&source);

        for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
            if (deeds[i].letter == letter)
                deeds[i].does(&source);
    }
    check_usable();
    return 0;
}
