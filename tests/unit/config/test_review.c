/* SPDX-License-Identifier: Apache-2.0
 *
 * What only a second look finds: log files that can't be there, and lines that the level hides. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

/* Exactly these problems and warnings, "" = none. */
static void review(const char *text, const char *problems_expected, const char *warnings_expected)
{
    struct config *config = fixture_read(text, "");
    struct buffer problems = {0}, warnings = {0};

    assert_int_equal(config_resolve(config, 2, &problems), 0);
    assert_int_equal(config_review(config, &problems), problems_expected[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, problems_expected);
    config_warn(config, &warnings);
    fixture_expect(&warnings, warnings_expected);
    config_free(&config);
}

/* --check passed all of these, and the start failed. */
static void a_log_file_that_cannot_be_is_found(void **state)
{
    (void)state;
    review("[log]\ntarget = file:/tmp\n", "x.conf:2: log.target = file:/tmp is a directory\n", "");
    review("[log]\ntarget = file:/nowhere/at/all\n",
           "x.conf:2: log.target = file:/nowhere/at/all is in a directory that does not exist\n", "");
    review("[log]\ntarget = file:/dev/null/log\n",
           "x.conf:2: log.target = file:/dev/null/log is in a directory that does not exist\n", "");
}

static void a_log_file_that_may_be_made_is_fine(void **state)
{
    (void)state;
    review("[log]\ntarget = file:/tmp/concurd-no-such-file\n", "", "");
    review("[log]\ntarget = file:/concurd-no-such-file\n", "", "");
    review("[log]\ntarget = file:concurd-no-such-file\n", "", "");
    review("[log]\ntarget = file:/dev/full\n", "", "");
    review("[log]\ntarget = journald:/nowhere/at/all\n", "", ""); /* may come later */
}

/* READ failed, and nothing had said why. */
static void a_root_that_is_not_there_is_warned_of(void **state)
{
    (void)state;
    review("[server]\nfiles_root = /nowhere/at/all\n", "",
           "x.conf:2: server.files_root = /nowhere/at/all is no folder that is there now, so READ finds "
           "nothing\n");
    review("[server]\nfiles_root = /dev/null\n", "",
           "x.conf:2: server.files_root = /dev/null is no folder that is there now, so READ finds nothing\n");
    review("[server]\nfiles_root = /tmp\n", "", "");
    review("", "", "");
}

/* Access lines were asked for, and nothing said that there would be none. */
static void lines_that_the_level_hides_are_warned_of(void **state)
{
    (void)state;
    review("[log]\nlevel = warning\naccess = commands\nslow = 1s\n", "",
           "x.conf:3: log.access writes lines of level info, which log.level = warning hides\n"
           "x.conf:4: log.slow writes lines of level notice, which log.level = warning hides\n");
    review("[log]\nlevel = notice\naccess = connections\nslow = 1s\n", "",
           "x.conf:3: log.access writes lines of level info, which log.level = notice hides\n");
    review("[log]\nlevel = info\naccess = commands\nslow = 1s\n", "", "");
    review("[log]\nlevel = error\naccess = off\n", "", "");
    review("[log]\nlevel = error\n", "", ""); /* a default was not asked for */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_file_that_cannot_be_is_found),
        cmocka_unit_test(a_log_file_that_may_be_made_is_fine),
        cmocka_unit_test(a_root_that_is_not_there_is_warned_of),
        cmocka_unit_test(lines_that_the_level_hides_are_warned_of),
    };

    return cmocka_run_group_tests_name("config/review", tests, NULL, NULL);
}
