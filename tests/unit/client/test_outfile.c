/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are written whole or not at all: what is refused beforehand, and what is left behind when the disk
 * is full. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/outfile.h"

static char folder[] = "/tmp/test_outfile.XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/report", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder); /* fails when anything else is in it */
}

static int remove_files(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return 0;
}

static size_t files_in_folder(void)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(open);
    while ((entry = readdir(open)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

static int put(const char *to, const char *text, struct error *error)
{
    struct outfile file;

    assert_int_equal(outfile_begin(&file, to, error), 0);
    fputs(text, file.text);
    return outfile_commit(&file, error);
}

static const char *content(const char *of)
{
    static char text[100];
    FILE *file = fopen(of, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void a_check_leaves_no_trace(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(outfile_check(path, &error), 0);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(put(path, "old", &error), 0);
    assert_int_equal(outfile_check(path, &error), 0);
    assert_int_equal(files_in_folder(), 1);
    assert_string_equal(content(path), "old");
    assert_int_equal(outfile_check("-", &error), 0);
    assert_int_equal(outfile_check("/dev/null", &error), 0);
}

static void what_can_not_be_written_is_told_first(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(outfile_check("", &error), -1);
    assert_int_equal(outfile_check("/no/such/folder/report", &error), -1);
    assert_string_equal(error.text, "/no/such/folder/report: No such file or directory");
    assert_int_equal(outfile_check(folder, &error), -1);
    assert_non_null(strstr(error.text, "Is a directory"));
    assert_int_equal(symlink("/no/such/file", path), 0);
    assert_int_equal(outfile_check(path, &error), -1);
}

static void a_new_file_has_the_usual_mode(void **state)
{
    mode_t before = umask(027);
    struct stat status;
    struct error error;

    (void)state;
    assert_int_equal(put(path, "text", &error), 0);
    umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(put(path, "again", &error), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0604);
    assert_string_equal(content(path), "again");
}

/* A limit on the size of files is a disk that is full after so many bytes. */
static void an_old_file_outlives_a_full_disk(void **state)
{
    struct rlimit before, small;
    struct error error;
    int status;

    (void)state;
    assert_int_equal(put(path, "old", &error), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = put(path, "much too long", &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, -1);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "File too large"));
    assert_string_equal(content(path), "old");
    assert_int_equal(files_in_folder(), 1);
}

/* In place, too. */
static void a_file_behind_a_link_outlives_a_full_disk(void **state)
{
    struct rlimit before, small;
    struct error error;
    int status;

    (void)state;
    assert_int_equal(put(other, "old", &error), 0);
    assert_int_equal(symlink(other, path), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = put(path, "much too long", &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, -1);
    assert_non_null(strstr(error.text, "File too large"));
    assert_string_equal(content(other), "old");
}

/* Root replaces what is another's, and it stays his. */
static void a_file_keeps_its_owner(void **state)
{
    struct stat before, after;
    struct error error;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(put(path, "old", &error), 0);
    assert_int_equal(chown(path, 65534, 65533), 0);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(put(path, "new", &error), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_uid, 65534);
    assert_int_equal(after.st_gid, 65533);
    assert_int_equal(after.st_mode & 07777, 0640);
}

static void a_full_device_is_told(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(outfile_check("/dev/full", &error), 0);
    assert_int_equal(put("/dev/full", "text", &error), -1);
    assert_string_equal(error.text, "/dev/full: No space left on device");
    assert_int_equal(put("/dev/null", "text", &error), 0);
}

/* A link stays one, and a file with two names is the same under both. */
static void links_are_written_through(void **state)
{
    struct stat status;
    struct error error;

    (void)state;
    assert_int_equal(put(other, "old and longer", &error), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(outfile_check(path, &error), 0);
    assert_int_equal(put(path, "new", &error), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_string_equal(content(other), "new");
    unlink(path);
    assert_int_equal(link(other, path), 0);
    assert_int_equal(put(path, "newer", &error), 0);
    assert_string_equal(content(other), "newer");
}

static void two_names_of_one_file_are_seen(void **state)
{
    char through[64], dotted[64], gone[64], gone_dotted[64];
    FILE *file;

    (void)state;
    snprintf(path, sizeof path, "%s/one", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(dotted, sizeof dotted, "%s/./one", folder);
    snprintf(through, sizeof through, "%s/link", folder);
    snprintf(gone, sizeof gone, "%s/gone", folder);
    snprintf(gone_dotted, sizeof gone_dotted, "%s//./gone", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(symlink("one", through), 0);
    assert_true(outfile_is_same(path, path));
    assert_true(outfile_is_same(path, dotted));
    assert_true(outfile_is_same(path, through));
    assert_true(outfile_is_same(gone, gone_dotted)); /* neither is there yet */
    assert_false(outfile_is_same(path, gone));
    assert_false(outfile_is_same(gone, path));
    assert_false(outfile_is_same(gone, other));
    assert_true(outfile_is_same("-", "-"));
    assert_false(outfile_is_same("-", path));
    assert_false(outfile_is_same("/dev/null", "/dev/../dev/null"));
    assert_true(outfile_is_same("not-there-yet", "./not-there-yet"));
    unlink(through);
    unlink(path);
}

static void abandoned_is_not_written(void **state)
{
    struct outfile file;
    struct error error;

    (void)state;
    assert_int_equal(outfile_begin(&file, path, &error), 0);
    fputs("text", file.text);
    outfile_abandon(&file);
    outfile_abandon(&file);
    assert_int_equal(files_in_folder(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_check_leaves_no_trace, remove_files),
        cmocka_unit_test_teardown(what_can_not_be_written_is_told_first, remove_files),
        cmocka_unit_test_teardown(a_new_file_has_the_usual_mode, remove_files),
        cmocka_unit_test_teardown(an_old_file_outlives_a_full_disk, remove_files),
        cmocka_unit_test_teardown(a_file_behind_a_link_outlives_a_full_disk, remove_files),
        cmocka_unit_test_teardown(a_file_keeps_its_owner, remove_files),
        cmocka_unit_test_teardown(a_full_device_is_told, remove_files),
        cmocka_unit_test_teardown(links_are_written_through, remove_files),
        cmocka_unit_test_teardown(two_names_of_one_file_are_seen, remove_files),
        cmocka_unit_test_teardown(abandoned_is_not_written, remove_files),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
