/* SPDX-License-Identifier: Apache-2.0
 *
 * A command line that is shown to be typed again: a real shell must take it as it was. Runs in the test's one
 * thread. */
#include "tests/unit/unit.h"

#include "client/typed.h"

static void plain_words_stay(void **state)
{
    char *words[] = {(char *)"-p", (char *)"7070", (char *)"--mix", (char *)"PING:90,PRIMES:10",
                     (char *)"./a_b"};
    char *line = typed_line("load", COUNT(words), words);

    (void)state;
    assert_string_equal(line, "concur load -p 7070 --mix PING:90,PRIMES:10 ./a_b");
    free(line);
}

/* `concur` as a shell function that prints its words, each in a line. */
static void a_shell_takes_it_as_it_was(void **state)
{
    char *words[] = {(char *)"SET", (char *)"it's", (char *)"", (char *)"$(false) `x` \\ \"*\" ~ !",
                     (char *)"p99<5ms;"};
    char *line = typed_line("load", COUNT(words), words);
    char script[400], got[400];
    FILE *shell;

    (void)state;
    assert_non_null(line);
    snprintf(script, sizeof script, "concur() { printf '%%s|' \"$@\"; }; %s", line);
    shell = popen(script, "r");
    assert_non_null(shell);
    got[fread(got, 1, sizeof got - 1, shell)] = '\0';
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(got, "load|SET|it's||$(false) `x` \\ \"*\" ~ !|p99<5ms;|");
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_words_stay),
                                       cmocka_unit_test(a_shell_takes_it_as_it_was)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
