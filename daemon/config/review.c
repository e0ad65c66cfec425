/* SPDX-License-Identifier: Apache-2.0
 *
 * A second look at a configuration that is right in itself. Some of it can't work on this machine, which is
 * better found by --check than at the next start; permissions are left to the start, because who checks need
 * not be who runs. Some of it works and is surely not what was meant: that is said, and allowed.
 *
 * Runs in the main thread of the master; workers get what the master has looked at. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config/attachment.h"
#include "daemon/config/config.h"
#include "daemon/config/credentials.h"
#include "daemon/config/keys.h"
#include "daemon/config/report.h"

#define FILE_PREFIX "file:"

/* For sure: what can't be looked at may be there. */
static bool is_no_folder(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0)
        return !S_ISDIR(status.st_mode);
    return errno == ENOENT || errno == ENOTDIR;
}

/* What is in the way of a log file, or NULL. */
static const char *obstacle(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat status;
    const char *result;
    char *folder;

    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? "is a directory" : NULL;
    if (slash == NULL || slash == path)
        return NULL;
    folder = strndup(path, (size_t)(slash - path));
    result = folder != NULL && is_no_folder(folder) ? "is in a directory that does not exist" : NULL;
    free(folder);
    return result;
}

static void review_target(const struct config *config, struct report *problems)
{
    const char *target = config->log.target, *wrong;

    if (strncmp(target, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
        return;
    wrong = obstacle(target + strlen(FILE_PREFIX));
    if (wrong != NULL)
        config_report(problems, "%s: log.target = %s %s", config_key_place(config, "log", "target"), target,
                      wrong);
}

/* A folder that is made later is as good, so this is no error; READ answers with one until then. */
static void review_root(const struct config *config, struct report *warnings)
{
    const char *root = config->server.files_root;
    struct stat status;

    if (root == NULL || (stat(root, &status) == 0 && S_ISDIR(status.st_mode)))
        return;
    config_report(warnings,
                  "%s: server.files_root = %s is no folder that is there now, so READ finds nothing",
                  config_key_place(config, "server", "files_root"), root);
}

static void warn_hidden(const struct config *config, struct report *warnings, const char *name,
                        const char *own_level)
{
    struct buffer level = {0};

    if (config_key_format(config, config_key_find("log", "level"), &level) != 0)
        return; /* memory is short: no warning, then */
    config_report(warnings, "%s: log.%s writes lines of level %s, which log.level = %.*s hides",
                  config_key_place(config, "log", name), name, own_level, (int)buffer_length(&level),
                  buffer_head(&level));
    buffer_free(&level);
}

/* Lines that were asked for - which the default of log.access is not - and that the level hides. */
static void review_level(const struct config *config, struct report *warnings)
{
    if (config->log.level > LOG_INFO && config->log.access != LOG_ACCESS_OFF &&
        config_key_written(config, "log", "access"))
        warn_hidden(config, warnings, "access", "info");
    if (config->log.level > LOG_NOTICE && config->log.slow_us != 0)
        warn_hidden(config, warnings, "slow", "notice");
}

/* Hashes can be tried against at leisure by whoever has them. */
static void review_users(const struct config *config, struct report *warnings)
{
    const struct attachment *users = attachment_of(config, ATTACHMENT_USERS);

    if (users != NULL && (users->mode & (S_IROTH | S_IWOTH)) != 0)
        config_report(warnings, "%s: auth.users = %s can be %s by everybody on this machine: chmod o-rw it",
                      config_key_place(config, "auth", "users"), config->auth.users,
                      (users->mode & S_IWOTH) != 0 ? "written" : "read");
}

int config_review(const struct config *config, struct buffer *problems)
{
    struct report report = {.problems = problems};

    review_target(config, &report);
    return config_report_result(&report);
}

void config_warn(const struct config *config, struct buffer *warnings)
{
    struct report report = {.problems = warnings};

    review_root(config, &report);
    review_level(config, &report);
    review_users(config, &report);
    credentials_warn(config, &report);
}
