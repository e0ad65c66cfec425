/* SPDX-License-Identifier: Apache-2.0
 *
 * What is shown of texts from elsewhere: none of their bytes is an order to a terminal, or no UTF-8. One thread. */
#include "tests/unit/unit.h"

#include "common/printable.h"

static void what_can_not_be_shown_is_a_question_mark(void **state)
{
    static const struct {
        const char *given;
        size_t length;
        const char *shown;
    } cases[] = {
        {"", 0, ""},
        {"ECHO hi ~", 9, "ECHO hi ~"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\x1b[2J\x07\x7f\t\r\n", 9, "?[2J?????"},
        {"a\0b", 3, "a?b"},
        {"\x9b\x33", 2, "?3"},      /* what some terminals take for ESC [ */
        {"\xc2\x9b\x33", 3, "??3"}, /* the same as UTF-8 */
        {"\xff\xfe", 2, "??"},
        {"\xc3", 1, "?"},                /* cut off */
        {"\xc0\x9b", 2, "??"},           /* overlong */
        {"\xed\xa0\x80x", 4, "???x"},    /* a surrogate */
        {"\xf4\x90\x80\x80", 4, "????"}, /* too large */
        {"\xe2\x82"
         "a",
         3, "??a"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        char text[32];

        memcpy(text, cases[i].given, cases[i].length);
        text[cases[i].length] = '\0';
        printable(text, cases[i].length);
        assert_string_equal(text, cases[i].shown);
        assert_int_equal(strlen(text), cases[i].length);
    }
}

/* Any bytes: what comes out is UTF-8 without a control, stays itself, and is as long as it was. */
static void any_bytes_become_fit(void **state)
{
    int turn;

    (void)state;
    for (turn = 0; turn < 20000; turn++) {
        char text[17], again[17];
        size_t length = unit_random_below(16), at;

        for (at = 0; at < length; at++)
            text[at] =
                (char)(unit_random_below(2) == 0 ? 0x80 + unit_random_below(0x80) : unit_random_below(0x80));
        text[length] = '\0';
        printable(text, length);
        assert_int_equal(strlen(text), length);
        for (at = 0; at < length;) {
            uint32_t code;
            size_t bytes = printable_character(text + at, &code);

            assert_true(bytes > 0 && code >= 0x20 && !(code >= 0x7f && code < 0xa0));
            at += bytes;
        }
        memcpy(again, text, sizeof again);
        printable_text(again);
        assert_string_equal(again, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_not_be_shown_is_a_question_mark),
        cmocka_unit_test(any_bytes_become_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
