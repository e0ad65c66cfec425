/* SPDX-License-Identifier: Apache-2.0
 *
 * Text into markup: what would be markup, and what is no text. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "client/chart/escape.h"

#define BAD "\xef\xbf\xbd"

static const char *escaped(const char *text)
{
    static char out[256];
    FILE *stream = fmemopen(out, sizeof out, "w");

    assert_non_null(stream);
    out[0] = '\0';
    escape_text(stream, text);
    assert_int_equal(fclose(stream), 0);
    return out;
}

static void markup_becomes_text(void **state)
{
    (void)state;
    assert_string_equal(escaped("plain"), "plain");
    assert_string_equal(escaped(""), "");
    assert_string_equal(escaped("<script>alert('&')</script>\""),
                        "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;&quot;");
    assert_string_equal(escaped("]]>"), "]]&gt;");
}

static void other_scripts_stay(void **state)
{
    (void)state;
    assert_string_equal(escaped("\u00b5s \u20ac \U0001f600"), "\u00b5s \u20ac \U0001f600");
    assert_string_equal(escaped("a\tb\nc"), "a\tb\nc");
}

static void what_is_no_text_is_replaced(void **state)
{
    (void)state;
    assert_string_equal(escaped("\xff\xfe"), BAD BAD);
    assert_string_equal(escaped("a\x80z"), "a" BAD "z");
    assert_string_equal(escaped("\xc3"), BAD);                         /* cut off */
    assert_string_equal(escaped("\xe2\x82"), BAD BAD);                 /* cut off */
    assert_string_equal(escaped("\xc0\xbc"), BAD BAD);                 /* an overlong < */
    assert_string_equal(escaped("\xe0\x80\xbc"), BAD BAD BAD);         /* another */
    assert_string_equal(escaped("\xed\xa0\x80"), BAD BAD BAD);         /* a surrogate */
    assert_string_equal(escaped("\xf4\x90\x80\x80"), BAD BAD BAD BAD); /* above U+10FFFF */
    assert_string_equal(escaped("\x01\x1b[0m\x7f\r"), BAD BAD "[0m" BAD BAD);
    assert_string_equal(escaped("\xef\xbf\xbf\xc2\x9f"),
                        BAD BAD); /* U+FFFF, and a control of the second set */
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(escape_characters(""), 0);
    assert_int_equal(escape_characters("\u00b5s \u20ac"), 4);
    assert_int_equal(escape_characters("\xff\xffz"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_text), cmocka_unit_test(other_scripts_stay),
        cmocka_unit_test(what_is_no_text_is_replaced), cmocka_unit_test(characters_are_counted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
