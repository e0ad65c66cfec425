/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a generation, as a worker reads them from its snapshot: number, configuration, and the files that its
 * keys name. They come from the master alone; that they are taken apart with the same care keeps one bug from becoming
 * two. Either there is a generation or a line that says why not; and one that was read, written and read again is the
 * same to the byte.
 *
 * The input is those bytes. One thread. */
#include "daemon/config/generation.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST 65536
#define CORES   2

static struct buffer write_generation(const struct generation *generation)
{
    struct buffer bytes = {0};

    FUZZ_CHECK(generation_write(generation, &bytes) == 0, "no memory");
    return bytes;
}

static void check_written(const struct generation *generation)
{
    struct buffer written = write_generation(generation), again, problems = {0};
    struct generation *read =
        generation_read(buffer_head(&written), buffer_length(&written), CORES, NULL, &problems);

    FUZZ_CHECK(read != NULL, "what was written is refused: %.*s\n%.*s", (int)buffer_length(&problems),
               buffer_head(&problems), (int)buffer_length(&written), buffer_head(&written));
    FUZZ_CHECK(read->number == generation->number, "number %u became %u", generation->number, read->number);
    again = write_generation(read);
    FUZZ_CHECK(buffer_length(&written) == buffer_length(&again) &&
                   memcmp(buffer_head(&written), buffer_head(&again), buffer_length(&again)) == 0,
               "written:\n%.*s\nthen:\n%.*s", (int)buffer_length(&written), buffer_head(&written),
               (int)buffer_length(&again), buffer_head(&again));
    generation_free(&read);
    generation_wipe(&written);
    generation_wipe(&again);
    buffer_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct buffer problems = {0};
    struct generation *generation;
    char *copy;

    if (length > LONGEST)
        return 0;
    copy = fuzz_copy(bytes, length);
    generation = generation_read(copy, length, CORES, NULL, &problems);
    free(copy);
    FUZZ_CHECK((generation == NULL) == (buffer_length(&problems) != 0), "problems: %.*s",
               (int)buffer_length(&problems), buffer_head(&problems));
    if (generation != NULL)
        check_written(generation);
    generation_free(&generation);
    buffer_free(&problems);
    return 0;
}
