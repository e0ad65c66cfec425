/* SPDX-License-Identifier: Apache-2.0
 *
 * Building JSON: what lacks a part is none as a whole, and any text is one. One thread. */
#include "tests/unit/unit.h"

#include "client/json.h"

static void what_lacks_a_part_is_none(void **state)
{
    json_t *object = json_object(), *array = json_array(), *outer = json_object();

    (void)state;
    json_put(&object, "a", json_integer(1));
    assert_non_null(object);
    json_put(&object, "b", NULL);
    assert_null(object);
    json_put(&object, "c", json_integer(2)); /* taken over, and gone */
    assert_null(object);
    json_add(&array, json_integer(1));
    assert_int_equal(json_array_size(array), 1);
    json_add(&array, object);
    assert_null(array);
    json_add(&array, json_integer(1));
    assert_null(array);
    json_put(&outer, "inner", array);
    assert_null(outer);
}

static void any_text_is_one(void **state)
{
    static const struct {
        const char *given, *shown;
    } cases[] = {{"PING", "PING"}, {"\xc3\xa4", "\xc3\xa4"}, {"SET \xff 1", "SET ? 1"}, {"", ""}};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        json_t *text = json_make_text(cases[i].given);

        assert_string_equal(json_string_value(text), cases[i].shown);
        json_decref(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lacks_a_part_is_none),
        cmocka_unit_test(any_text_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
