/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts in shared memory: cut, padded, never endless, and never anything but old and new words under a
 * writer. Runs in the test's main thread and one writer. */
#include "tests/unit/unit.h"

#include <pthread.h>

#include "common/clock.h"
#include "daemon/shm/shared_text.h"

#define WORDS 4

#define SEE_A_CHANGE_US 20000000 /* for a writer that a busy machine, or valgrind, does not let run */

static _Atomic uint64_t field[WORDS];

static const char *stored(const char *text, size_t length)
{
    static char shown[WORDS * 8 + 1];
    char *copy = unit_copy(text, length);

    shared_text_store(field, WORDS, copy, length);
    free(copy);
    memset(shown, '?', sizeof shown);
    return shared_text_load(field, WORDS, shown);
}

static void texts_of_every_length(void **state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
    char expected[64];
    size_t length;

    (void)state;
    for (length = 0; length < sizeof letters; length++) {
        snprintf(expected, sizeof expected, "%.*s", (int)(length < WORDS * 8 ? length : WORDS * 8), letters);
        assert_string_equal(stored(letters, length), expected);
    }
}

static void a_shorter_text_leaves_nothing_of_a_longer_one(void **state)
{
    size_t i;

    (void)state;
    stored("0123456789012345678901234567890123456789", 40);
    assert_string_equal(stored("ab", 2), "ab");
    assert_int_equal(atomic_load(&field[0]) >> 16, 0);
    for (i = 1; i < WORDS; i++)
        assert_int_equal(atomic_load(&field[i]), 0);
}

static _Atomic bool enough;

static void *write_in_turns(void *argument)
{
    uint32_t turn = 1;

    (void)argument;
    while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
        /* In no regular order: valgrind takes the core away at regular places. */
        turn = turn * 1664525u + 1013904223u;
        if (turn >> 31 != 0)
            shared_text_store(field, WORDS, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", WORDS * 8);
        else
            shared_text_store(field, WORDS, "bbbbbbbb", 8);
    }
    return NULL;
}

/* Every word that is seen was written: 'a' eight times, 'b' eight times in the first, or nothing. */
static void a_reader_sees_whole_words(void **state)
{
    char shown[WORDS * 8 + 1], word[9];
    uint64_t until = clock_now_us() + SEE_A_CHANGE_US;
    unsigned round, changes = 0;
    pthread_t writer;
    size_t i;

    (void)state;
    atomic_store(&enough, false);
    stored("bbbbbbbb", 8);
    assert_int_equal(pthread_create(&writer, NULL, write_in_turns, NULL), 0);
    for (round = 0; round < 20000 || (changes == 0 && clock_now_us() < until); round++) {
        shared_text_load(field, WORDS, shown);
        assert_int_equal(shown[WORDS * 8], '\0');
        changes += shown[0] == 'a';
        for (i = 0; i < WORDS; i++) {
            memcpy(word, shown + i * 8, 8);
            word[8] = '\0';
            assert_true(strcmp(word, "aaaaaaaa") == 0 ||
                        (i == 0 ? strcmp(word, "bbbbbbbb") == 0 : word[0] == '\0'));
        }
        if (round % 512 == 511)
            sched_yield();
    }
    atomic_store(&enough, true);
    pthread_join(writer, NULL);
    assert_int_not_equal(changes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_every_length),
        cmocka_unit_test(a_shorter_text_leaves_nothing_of_a_longer_one),
        cmocka_unit_test(a_reader_sees_whole_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
