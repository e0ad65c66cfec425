/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration files: the one that was named, then those of conf.d beside it. A file is read whole, bounded,
 * before a line of it is looked at, so that a pipe (`-c /dev/stdin`) is as good as a file and an endless one
 * does no harm. A pipe can be read once: the second time its end is all that there is, which would be a configuration of
 * defaults. So what is read again must be a regular file, and so must what lies in conf.d, where a pipe is nobody's wish
 * and would be waited for.
 *
 * Runs in the thread that builds the configuration; blocks on the file system. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"
#include "daemon/config/read.h"

#define FOLDER    "conf.d"
#define EXTENSION ".conf"
#define CHUNK     4096

static int read_descriptor(int descriptor, struct buffer *text, struct error *error)
{
    char largest[PARSE_TEXT_BYTES];

    for (;;) {
        ssize_t got;

        if (buffer_reserve(text, CHUNK) != 0)
            return error_set(error, "out of memory");
        got = read(descriptor, buffer_tail(text), CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "cannot read");
        if (got == 0)
            return 0;
        text->end += (size_t)got;
        if (buffer_length(text) > CONFIG_FILE_LARGEST)
            return error_set(error, "is larger than %s, so it is no configuration",
                             parse_format_size(CONFIG_FILE_LARGEST, largest));
    }
}

/* Why a file may not be what it is. */
enum demand { DEMAND_NOTHING, DEMAND_ENTRY, DEMAND_AGAIN };

static int look_at_kind(int descriptor, enum demand demand, struct error *error)
{
    static const char *const unmet[] = {
        [DEMAND_ENTRY] = "is no regular file, as all in " FOLDER " must be",
        [DEMAND_AGAIN] =
            "is no regular file, so it can't be read again: only a restart changes what was read from it",
    };
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return error_errno(error, "cannot look at it");
    if (S_ISDIR(status.st_mode))
        return error_set(error, "is a directory, not a file");
    return demand == DEMAND_NOTHING || S_ISREG(status.st_mode) ? 0 : error_set(error, "%s", unmet[demand]);
}

static int read_whole(const char *path, enum demand demand, struct buffer *text, struct error *error)
{
    /* A pipe's other end is waited for where a pipe may be read, and there alone. */
    int patience = demand == DEMAND_NOTHING ? 0 : O_NONBLOCK;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | patience);
    int result;

    if (descriptor < 0)
        return error_errno(error, "cannot open");
    result = look_at_kind(descriptor, demand, error);
    if (result == 0)
        result = read_descriptor(descriptor, text, error);
    close(descriptor);
    return result;
}

static int read_one(struct config *config, const char *path, enum demand demand, struct report *report)
{
    struct buffer text = {0};
    struct error error;
    int result = read_whole(path, demand, &text, &error);

    if (result == 0)
        config_read_lines(config, path, buffer_head(&text), buffer_length(&text), report);
    else
        config_report(report, "%s: %s", path, error.text);
    buffer_free(&text);
    return result;
}

/* What a shell's *.conf matches: not the hidden files that editors leave. */
static int is_wanted(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > strlen(EXTENSION) &&
           strcmp(entry->d_name + length - strlen(EXTENSION), EXTENSION) == 0;
}

/* By bytes: alphasort would follow the locale, and the order decides who wins. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* "conf.d" beside the file; NULL when memory is short. */
static char *folder_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder;

    if (asprintf(&folder, "%.*s" FOLDER, slash != NULL ? (int)(slash - path) + 1 : 0, path) < 0)
        return NULL;
    return folder;
}

static void read_entry(struct config *config, const char *folder, const char *name, struct report *report)
{
    char *path;

    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        config_report(report, "%s: out of memory", folder);
        return;
    }
    (void)read_one(config, path, DEMAND_ENTRY,
                   report); /* what failed is in the report, and the next may have more */
    free(path);
}

static void read_folder(struct config *config, const char *folder, struct report *report)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_wanted, by_name);
    struct error error;
    int i;

    if (count < 0 && errno == ENOENT)
        return;
    if (count < 0) {
        error_errno(&error, "cannot read the folder");
        config_report(report, "%s: %s", folder, error.text);
        return;
    }
    for (i = 0; i < count; i++) {
        read_entry(config, folder, entries[i]->d_name, report);
        free(entries[i]);
    }
    free(entries);
}

int config_read_file(struct config *config, const char *path, enum config_reading reading,
                     struct buffer *problems)
{
    struct report report = {.problems = problems};
    char *folder;

    /* What is beside a file that isn't there was hardly meant. */
    if (read_one(config, path, reading == CONFIG_READS_AGAIN ? DEMAND_AGAIN : DEMAND_NOTHING, &report) != 0)
        return -1;
    folder = folder_beside(path);
    if (folder == NULL)
        config_report(&report, "%s: out of memory", path);
    else
        read_folder(config, folder, &report);
    free(folder);
    return config_report_result(&report);
}
