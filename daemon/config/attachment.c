/* SPDX-License-Identifier: Apache-2.0
 *
 * Attachments: what the configuration's keys name by path and a generation must have whole - if every worker opened the
 * files by itself, a renewal at the wrong moment would give one of them the new certificate with the old key, or two
 * workers two certificates. And a worker's sandbox, or the files' rights, may have changed since the start.
 *
 * Memory for a text is taken once, as large as the file is: a buffer that grew would leave copies of a private key behind.
 *
 * Runs in the thread that builds the configuration; reading blocks on the file system. */
#include "daemon/config/attachment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"
#include "daemon/config/config.h"
#include "daemon/config/report.h"

static const struct {
    const char *section, *name;
    size_t offset; /* of the path in struct config */
    size_t most;   /* bytes: far more than anybody needs */
} rows[ATTACHMENT_COUNT] = {
    [ATTACHMENT_CERT] = {"tls", "cert", offsetof(struct config, tls.cert), 1u << 20},
    [ATTACHMENT_KEY] = {"tls", "key", offsetof(struct config, tls.key), 1u << 16},
    [ATTACHMENT_CLIENT_CA] = {"tls", "client_ca", offsetof(struct config, tls.client_ca), 4u << 20},
    [ATTACHMENT_USERS] = {"auth", "users", offsetof(struct config, auth.users), 4u << 20},
};

const char *attachment_section(enum attachment_id id)
{
    return rows[id].section;
}

const char *attachment_name(enum attachment_id id)
{
    return rows[id].name;
}

size_t attachment_most(enum attachment_id id)
{
    return rows[id].most;
}

static const char *path_of(const struct config *config, enum attachment_id id)
{
    char *path;

    memcpy(&path, (const char *)config + rows[id].offset, sizeof path);
    return path;
}

const struct attachment *attachment_of(const struct config *config, enum attachment_id id)
{
    return config->attachments != NULL && config->attachments[id].present ? &config->attachments[id] : NULL;
}

void attachments_free(struct config *config)
{
    int id;

    for (id = 0; config->attachments != NULL && id < ATTACHMENT_COUNT; id++) {
        struct buffer *text = &config->attachments[id].text;

        if (text->data != NULL)
            explicit_bzero(text->data, text->capacity);
        buffer_free(text);
    }
    free(config->attachments);
    config->attachments = NULL;
}

/* One that grows while it is read is taken as long as it was. */
static int read_whole(int descriptor, size_t length, struct buffer *text, struct error *error)
{
    if (buffer_reserve(text, length) != 0)
        return error_set(error, "out of memory");
    while (buffer_length(text) < length) {
        ssize_t got = read(descriptor, buffer_tail(text), length - buffer_length(text));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "cannot read");
        if (got == 0)
            return error_set(error, "changes while it is read");
        text->end += (size_t)got;
    }
    return 0;
}

static int look_and_read(int descriptor, size_t most, struct attachment *attachment, struct error *error)
{
    char largest[PARSE_TEXT_BYTES];
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return error_errno(error, "cannot look at it");
    if (!S_ISREG(status.st_mode))
        return error_set(error, "is no regular file");
    if (status.st_size > (off_t)most)
        return error_set(error, "is larger than %s", parse_format_size(most, largest));
    attachment->mode = status.st_mode;
    attachment->present = true;
    return read_whole(descriptor, (size_t)status.st_size, &attachment->text, error);
}

static int read_one(const char *path, size_t most, struct attachment *attachment, struct error *error)
{
    int descriptor =
        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* no wait for a pipe's other end */
    int result;

    if (descriptor < 0)
        return error_errno(error, "cannot open");
    result = look_and_read(descriptor, most, attachment, error);
    close(descriptor);
    return result;
}

static int make_room(struct config *config)
{
    if (config->attachments == NULL)
        config->attachments = calloc(ATTACHMENT_COUNT, sizeof *config->attachments);
    return config->attachments != NULL ? 0 : -1;
}

int attachments_read(struct config *config, struct buffer *problems)
{
    struct report report = {.problems = problems};
    struct error error;
    int id;

    attachments_free(config);
    if (make_room(config) != 0)
        config_report(&report, "out of memory");
    for (id = 0; config->attachments != NULL && id < ATTACHMENT_COUNT; id++) {
        const char *path = path_of(config, (enum attachment_id)id);

        if (path != NULL && read_one(path, rows[id].most, &config->attachments[id], &error) != 0)
            config_report(&report, "%s: %s.%s = %s: %s",
                          config_key_place(config, rows[id].section, rows[id].name), rows[id].section,
                          rows[id].name, path, error.text);
    }
    return config_report_result(&report);
}

/* ATTACHMENT_COUNT when there is none of that name. */
static int find(const char *name)
{
    char each[64];
    int id;

    for (id = 0; id < ATTACHMENT_COUNT; id++) {
        snprintf(each, sizeof each, "%s.%s", rows[id].section, rows[id].name);
        if (strcmp(each, name) == 0)
            break;
    }
    return id;
}

int attachment_set(struct config *config, const char *name, const char *bytes, size_t length)
{
    int id = find(name);

    if (id == ATTACHMENT_COUNT || length > rows[id].most || make_room(config) != 0 ||
        config->attachments[id].present || buffer_append(&config->attachments[id].text, bytes, length) != 0)
        return -1;
    config->attachments[id].present = true;
    return 0;
}

static bool same_text(const struct attachment *a, const struct attachment *b)
{
    size_t length;

    if (a == NULL || b == NULL)
        return a == b;
    length = buffer_length(&a->text);
    return buffer_length(&b->text) == length &&
           (length == 0 || memcmp(buffer_head(&a->text), buffer_head(&b->text), length) == 0);
}

bool attachment_differs(const struct config *a, const struct config *b, const char *section, const char *name)
{
    int id;

    for (id = 0; id < ATTACHMENT_COUNT; id++)
        if (strcmp(rows[id].section, section) == 0 && strcmp(rows[id].name, name) == 0)
            return !same_text(attachment_of(a, (enum attachment_id)id),
                              attachment_of(b, (enum attachment_id)id));
    return false;
}
