/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of commands: what the contract names is there, names are found in any case and no other way, and
 * a table that is full or named twice is refused. The table is the program's own: tests run in this order.
 * One thread. */
#include "tests/unit/unit.h"

#include <ctype.h>

#include "daemon/command/command.h"

/* Chapter 5 of the contract, but for what comes later (WAITFOR). */
static const char *const contract[] = {
    "ping",   "echo",    "hello",  "auth",    "quit",    "reset", "client", "whoami",
    "info",   "command", "config", "time",    "sleep",   "block", "read",   "primes",
    "hash",   "spin",    "square", "numbers", "letters", "work",  "incr",   "decr",
    "incrby", "decrby",  "get",    "set",     "del",     "crash", "hang",
};

/* In a block of its own, so that a look before or behind the name is caught. */
static const struct command_row *find(const char *name, size_t length)
{
    char *copy = unit_copy(name, length);
    const struct command_row *row = command_find(copy, length);

    free(copy);
    return row;
}

static void an_empty_table_finds_nothing(void **state)
{
    (void)state;
    assert_int_equal(command_count(), 0);
    assert_null(find("ping", 4));
    assert_null(find("", 0));
    assert_null(command_at(0));
}

static void the_contract_is_kept(void **state)
{
    struct error error;
    size_t i;

    (void)state;
    assert_int_equal(command_register_builtin(&error), 0);
    assert_int_equal(command_count(), COUNT(contract));
    for (i = 0; i < COUNT(contract); i++) {
        const struct command_row *row = find(contract[i], strlen(contract[i]));

        if (row == NULL)
            fail_msg("no %s", contract[i]);
        assert_string_equal(row->command->name, contract[i]);
        assert_false(row->disabled);
    }
    assert_int_equal(command_register_builtin(&error), 0); /* once is enough */
    assert_int_equal(command_count(), COUNT(contract));
}

static void rows_are_whole_and_know_their_place(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < command_count(); i++) {
        const struct command_row *row = command_at(i);
        const struct command *command = row->command;

        assert_int_equal(row->index, i);
        assert_true(strlen(row->family) > 0);
        assert_non_null(command->handler);
        assert_non_null(command->syntax);
        assert_true(command->summary[0] != '\0');
        assert_true(command->least >= 0);
        assert_true(command->most == COMMAND_ANY || command->most >= command->least);
        for (at = 0; command->name[at] != '\0'; at++)
            assert_true(islower((unsigned char)command->name[at]));
        /* the syntax shows as many words as there may be arguments, or more */
        assert_int_equal(command->syntax[0] == '\0',
                         command->most == 0 || strcmp(command->name, "quit") == 0);
    }
    assert_null(command_at(command_count()));
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(find("PING", 4)->command->name, "ping");
    assert_string_equal(find("pInG", 4)->command->name, "ping");
    assert_string_equal(find("WHOAMI", 6)->family, "connection");
}

static void what_is_not_quite_a_name_is_none(void **state)
{
    static const struct {
        const char *name;
        size_t length;
    } wrong[] = {
        {"", 0},
        {"p", 1},
        {"pin", 3},
        {"pingx", 5},
        {"ping\0", 5},
        {" ping", 5},
        {"ping ", 5},
        {"p\x09ng", 4},
        {"\0\0\0\0", 4},
        {"\xf0\xe9\xee\xe7", 4},
        {"PI\x0eG", 4},
        {"get\0", 4},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(wrong); i++)
        assert_null(find(wrong[i].name, wrong[i].length));
}

static void disabling_names_the_nearest(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(command_disable("SPIN", &error), 0);
    assert_true(find("spin", 4)->disabled);
    assert_false(find("ping", 4)->disabled);
    assert_int_equal(command_disable("blokc", &error), -1);
    assert_string_equal(error.text, "there is no command 'blokc'; did you mean 'block'?");
    assert_int_equal(command_disable("xyzzyxyzzy", &error), -1);
    assert_string_equal(error.text, "there is no command 'xyzzyxyzzy'");
    assert_int_equal(command_disable("", &error), -1);
}

static enum command_result run_nothing(struct call *call)
{
    (void)call;
    return COMMAND_DONE;
}

/* A family of somebody else's is registered as the built-in ones are. */
static void another_family_joins(void **state)
{
    static const struct command mine[] = {{"mine", "", "Mine.", run_nothing, 0, 0, 0}};
    static const struct command twice[] = {{"PING", "", "Another.", run_nothing, 0, 0, 0}};
    static const struct command_family family = {.name = "mine", .commands = mine, .count = 1};
    static const struct command_family taken = {.name = "taken", .commands = twice, .count = 1};
    size_t before = command_count();
    struct error error;

    (void)state;
    assert_int_equal(command_register(&family, &error), 0);
    assert_int_equal(command_count(), before + 1);
    assert_string_equal(find("MINE", 4)->family, "mine");
    assert_int_equal(command_register(&family, &error), -1);
    assert_string_equal(error.text, "two commands are named 'mine'");
    assert_int_equal(command_register(&taken, &error), -1);
    assert_string_equal(error.text, "two commands are named 'PING'");
    assert_int_equal(command_count(), before + 1);
}

/* All have the same length, first and last letter: the worst that hashing can meet. */
static void a_full_table_is_refused_and_still_finds(void **state)
{
    enum { MANY = 300 };
    static char names[MANY][8];
    static struct command commands[MANY];
    struct error error;
    size_t i, added = 0;

    (void)state;
    for (i = 0; i < MANY; i++) {
        struct command_family family = {.name = "many", .commands = &commands[i], .count = 1};

        snprintf(names[i], sizeof names[i], "x%03zuy", i);
        commands[i] = (struct command){names[i], "", "One.", run_nothing, 0, 0, 0};
        if (command_register(&family, &error) != 0)
            break;
        added++;
    }
    assert_in_range(added, 200, 256);
    assert_int_equal(command_count(), 256);
    assert_string_equal(error.text, "more than 256 commands");
    for (i = 0; i < added; i++)
        assert_ptr_equal(find(names[i], strlen(names[i]))->command, &commands[i]);
    assert_null(find(names[added], strlen(names[added])));
    assert_non_null(find("ping", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(the_contract_is_kept),
        cmocka_unit_test(rows_are_whole_and_know_their_place),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(what_is_not_quite_a_name_is_none),
        cmocka_unit_test(disabling_names_the_nearest),
        cmocka_unit_test(another_family_joins),
        cmocka_unit_test(a_full_table_is_refused_and_still_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
