/* SPDX-License-Identifier: Apache-2.0
 *
 * The users file: who is in it, what an unknown name is checked against, and every mistake with its line. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#include "daemon/config/users.h"

#define CHEAP                                                                                                \
    "$scrypt$ln=10,r=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU" /* secret */
#define DEAR "$scrypt$ln=10,r=1,p=3$MDEyMzQ1Njc4OWFiY2RlZg$SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU"

static struct users *read_file(const char *text, const char *expected)
{
    struct buffer problems = {0};
    char *copy = malloc(strlen(text) + (text[0] == '\0')); /* no NUL behind it */
    struct users *users;

    assert_non_null(copy);
    memcpy(copy, text, strlen(text));
    users = users_read("users", copy, strlen(text), &problems);
    free(copy);
    assert_int_equal(users == NULL, expected[0] != '\0');
    fixture_expect(&problems, expected);
    return users;
}

static enum password_result check(const struct users *users, const char *name, const char *password)
{
    return password_check(users_hash(users, name, strlen(name)), password, strlen(password));
}

static void users_are_found_by_name(void **state)
{
    struct users *users =
        read_file("# comment\n\nzoe:" CHEAP "\r\n#bob:" CHEAP "\nanna:" CHEAP "\ndefault:" CHEAP, "");

    (void)state;
    assert_int_equal(users_count(users), 3);
    assert_true(users_has(users, "zoe", 3));
    assert_true(users_has(users, "anna", 4));
    assert_true(users_has(users, "default", 7));
    assert_false(users_has(users, "ann", 3));
    assert_false(users_has(users, "Anna", 4));
    assert_false(users_has(users, "bob", 3));
    assert_false(users_has(users, "zoe\0", 4));
    assert_false(users_has(users, "", 0));
    assert_int_equal(check(users, "zoe", "secret"), PASSWORD_RIGHT);
    assert_int_equal(check(users, "zoe", "Secret"), PASSWORD_WRONG);
    assert_int_equal(check(users, "default", "secret"), PASSWORD_RIGHT);
    assert_false(users_differ(users));
    users_free(&users);
    assert_null(users);
    users_free(&users);
}

/* Whatever name is asked for, a hash is computed that costs as much as the dearest there is. */
static void an_unknown_name_costs_as_much(void **state)
{
    struct users *users = read_file("a:" CHEAP "\nb:" DEAR "\nc:" CHEAP "\n", "");
    const struct password_hash *unknown = users_hash(users, "nobody", 6);

    (void)state;
    assert_int_equal(unknown->cost.ln, 10);
    assert_int_equal(unknown->cost.p, 3);
    assert_int_equal(unknown->sum_length, PASSWORD_SUM_BYTES);
    assert_int_equal(check(users, "nobody", "secret"), PASSWORD_WRONG);
    assert_ptr_equal(users_hash(users, "an impossible name, longer than any user's can be", 49), unknown);
    assert_true(users_differ(users));
    users_free(&users);
}

static void without_users_an_unknown_name_costs_the_default(void **state)
{
    struct users *users = read_file("", "");

    (void)state;
    assert_int_equal(users_count(users), 0);
    assert_int_equal(users_hash(users, "x", 1)->cost.ln, PASSWORD_COST_DEFAULT.ln);
    users_free(&users);
}

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    read_file("anna:" CHEAP "\nanna\n:" CHEAP "\na b:" CHEAP "\nanna:secret\nx:$scrypt$ln=30,r=8,p=1$a$b\n",
              "users:2: a line is name:hash, as 'concur passwd' writes it\n"
              "users:3: a name is 1 to 40 printable characters without blanks\n"
              "users:4: a name is 1 to 40 printable characters without blanks\n"
              "users:5: user 'anna': the hash does not begin with $scrypt$: make it with 'concur passwd'\n"
              "users:6: user 'x': ln=30 is not from 10 to 20\n");
    read_file(" anna:" CHEAP, "users:1: a name is 1 to 40 printable characters without blanks\n");
    read_file("12345678901234567890123456789012345678901:" CHEAP,
              "users:1: a name is 1 to 40 printable characters without blanks\n");
}

static void a_name_stands_once(void **state)
{
    (void)state;
    read_file("b:" CHEAP "\na:" CHEAP "\n\nb:" CHEAP "\n", "users:4: user 'b' is there already, in line 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_found_by_name),
        cmocka_unit_test(an_unknown_name_costs_as_much),
        cmocka_unit_test(without_users_an_unknown_name_costs_the_default),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(a_name_stands_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
