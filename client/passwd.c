/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur passwd`: a line for concurd's users file. It talks to no server; who may change the file may do so. The file is
 * written whole or not at all, as a daemon may read it at any moment; of several who change it each sees what the others
 * wrote, for which they lock its folder: the file itself is another one afterwards. Runs in the main thread. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/outfile.h"
#include "client/secret.h"
#include "client/verb.h"
#include "common/buffer.h"

#define FILE_MOST     (4u << 20) /* what the daemon reads at most */
#define LOCK_TRIES    500
#define LOCK_EVERY_MS 20

struct settings {
    const char *file, *password_file;
    uint64_t ln, r, p;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row rows[] = {
    {0, "file", OPTION_TEXT, FIELD(file), 0, 0, "FILE", "users file to change, instead of printing the line"},
    {0, "pass-file", OPTION_TEXT, FIELD(password_file), 0, 0, "FILE",
     "password in a file's first line, instead of asking for it"},
    {0, "ln", OPTION_COUNT, FIELD(ln), PASSWORD_LN_LEAST, PASSWORD_LN_MOST, "N",
     "scrypt's cost: 2^N blocks of memory (14)"},
    {0, "r", OPTION_COUNT, FIELD(r), 1, PASSWORD_R_MOST, "N", "the size of a block, times 128 bytes (8)"},
    {0, "p", OPTION_COUNT, FIELD(p), 1, PASSWORD_P_MOST, "N", "how often, one after the other (5)"},
};

static const struct option_table options = {"Options", rows, sizeof rows / sizeof rows[0]};
static const struct option_table *const tables[] = {&options, NULL};

/* All of a file; one that is not there is empty. */
static int read_file(const char *path, struct buffer *text, struct error *error)
{
    FILE *file = fopen(path, "re");
    int result = 0;

    if (file == NULL)
        return errno == ENOENT ? 0 : error_errno(error, "%s", path);
    while (result == 0 && !feof(file)) {
        if (buffer_length(text) > FILE_MOST || buffer_reserve(text, 65536) != 0)
            result = error_set(error, "%s: too large", path);
        else
            text->end += fread(buffer_tail(text), 1, 65536, file);
        if (result == 0 && ferror(file))
            result = error_errno(error, "%s", path);
    }
    fclose(file);
    return result;
}

/* The file with the user's line in place of the one that it had, or behind the others. */
static void write_lines(FILE *out, const struct buffer *text, const char *name, const char *hash)
{
    const char *at = buffer_head(text);
    size_t left = buffer_length(text), name_length = strlen(name);
    bool written = false;

    while (left != 0) {
        const char *end = memchr(at, '\n', left);
        size_t length = end != NULL ? (size_t)(end - at) : left, taken = end != NULL ? length + 1 : length;
        bool is_user = length > name_length && memcmp(at, name, name_length) == 0 && at[name_length] == ':';

        if (!is_user) {
            fwrite(at, 1, length, out);
            fputc('\n', out);
        } else if (!written)
            fprintf(out, "%s:%s\n", name, hash);
        written = written || is_user;
        at += taken;
        left -= taken;
    }
    if (!written)
        fprintf(out, "%s:%s\n", name, hash);
}

/* The file that is meant, for it to be replaced, and not a link to it. */
static int find_file(const char *path, char file[PATH_MAX], struct error *error)
{
    struct stat status;

    if (realpath(path, file) != NULL)
        return 0;
    if (errno != ENOENT || lstat(path, &status) == 0) /* a link to nothing is a mistake */
        return error_errno(error, "%s", path);
    if (snprintf(file, PATH_MAX, "%s", path) >= PATH_MAX)
        return error_set(error, "%s: too long a name", path);
    return 0;
}

/* Waits until nobody else changes files there. A descriptor to close; none is needed where a folder can't be locked at all. */
static int lock_folder(const char *file, int *lock, struct error *error)
{
    const struct timespec pause = {.tv_nsec = LOCK_EVERY_MS * 1000000L};
    char folder[PATH_MAX];
    unsigned tries;

    snprintf(folder, sizeof folder, "%s", file); /* dirname changes it */
    *lock = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return 0;
    for (tries = 0; flock(*lock, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK)
            return 0;
        if (tries == LOCK_TRIES) {
            close(*lock);
            return error_set(error, "%s: somebody else changes it, or has locked its folder", file);
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int change_locked(const char *path, const char *name, const char *hash, struct error *error)
{
    struct buffer text = {.secret = true};
    struct outfile file;
    int result = read_file(path, &text, error);

    if (result == 0)
        result = outfile_begin(&file, path, error);
    if (result == 0) {
        write_lines(file.text, &text, name, hash);
        result = outfile_commit(&file, error);
    }
    buffer_free(&text);
    return result;
}

static int change_file(const char *path, const char *name, const char *hash, struct error *error)
{
    char file[PATH_MAX];
    int lock, result;

    umask(077); /* for a file that is not there yet */
    if (find_file(path, file, error) != 0 || lock_folder(file, &lock, error) != 0)
        return -1;
    result = change_locked(file, name, hash, error);
    if (lock >= 0)
        close(lock);
    return result;
}

static int make_hash(const struct settings *settings, char text[PASSWORD_TEXT_BYTES], struct error *error)
{
    const struct password_cost cost = {(unsigned)settings->ln, (unsigned)settings->r, (unsigned)settings->p};
    struct password_hash hash;
    struct secret secret;
    int result = password_cost_check(&cost, error);

    if (result == 0)
        result = secret_read(&secret, settings->password_file, error);
    if (result == 0)
        result = password_make(secret.text, secret.length, &cost, &hash, error);
    secret_wipe(&secret);
    if (result == 0)
        password_format(&hash, text);
    return result;
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    const struct password_cost usual = PASSWORD_COST_DEFAULT;
    struct settings settings = {.ln = usual.ln, .r = usual.r, .p = usual.p};
    void *into[] = {&settings};
    char hash[PASSWORD_TEXT_BYTES];
    struct option_words given;
    struct error error;
    enum exit_code code;
    const char *name;

    if (!verb_parse(verb, into, argc, argv, &given, &code))
        return code;
    if (given.count != 1)
        return verb_fail(verb, EXIT_USAGE, "one user's name");
    name = given.words[0];
    if (!password_name_is_valid(name, strlen(name))) {
        error_set(&error, "a name is 1 to %d printable characters without blanks or ':'",
                  PASSWORD_NAME_LONGEST);
        return verb_fail(verb, EXIT_USAGE, error.text);
    }
    if (make_hash(&settings, hash, &error) != 0 ||
        (settings.file != NULL && change_file(settings.file, name, hash, &error) != 0))
        return verb_fail(verb, EXIT_FAILED, error.text);
    if (settings.file == NULL && (printf("%s:%s\n", name, hash) < 0 || fflush(stdout) != 0))
        return verb_fail(verb, EXIT_FAILED, "stdout: cannot write");
    return EXIT_FINE;
}

const struct verb passwd_verb = {
    .name = "passwd",
    .arguments = "[OPTION...] NAME",
    .summary = "make a line of concurd's users file",
    .details =
        "Asks for the user's password, twice on a terminal, or reads a line; prints NAME and the password's\n"
        "hash, or puts them into a users file. The defaults are one of the settings that OWASP advises: "
        "they\n"
        "take the server 16 MiB and some 150 ms for each login. Exit: 0, 1 when it fails, 2 for wrong usage.",
    .tables = tables,
    .order = OPTIONS_ANYWHERE,
    .run = run,
};
