/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_ATTACHMENT_H
#define CONCUR_CONFIG_ATTACHMENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buffer.h"
#include "common/error.h"

/* Files that keys of the configuration name and whose contents are part of a generation, as certificates are: the master
 * reads each once, when it reads the configuration; worker processes get the contents with the configuration and read no
 * file. Owned by the configuration; set before it is published, then read only. */

struct config;

/* To attach another file: a word here and a row in attachment.c. */
enum attachment_id {
    ATTACHMENT_CERT,
    ATTACHMENT_KEY,
    ATTACHMENT_CLIENT_CA,
    ATTACHMENT_USERS,
    ATTACHMENT_COUNT
};

struct attachment {
    bool present; /* the key names a file; which may be empty */
    mode_t mode;  /* the file's, where it was read; 0 in workers */
    struct buffer text;
};

/* Reads every file that the configuration names, replacing what it had: regular files of a bounded size. 0, or -1 with a
 * line in `problems` for each that can't be had, beginning with where its key was written. Blocks on the file system. */
MUST_USE int attachments_read(struct config *config, struct buffer *problems);

/* The contents that belong to a key; NULL when it names no file, or nobody has read it. */
const struct attachment *attachment_of(const struct config *config, enum attachment_id id);

/* The key's name in its section, for messages: "tls", "cert". */
const char *attachment_section(enum attachment_id id);
const char *attachment_name(enum attachment_id id);

/* By its name as "section.key", from a generation's text: 0, or -1 for one that is not known, is there already or is over
 * its bound, or when memory is short. */
MUST_USE int attachment_set(struct config *config, const char *name, const char *bytes, size_t length);

/* Whether what a key names has other contents in `b` than in `a`; false for keys that name no file. */
bool attachment_differs(const struct config *a, const struct config *b, const char *section,
                        const char *name);

/* How many bytes each may have. */
size_t attachment_most(enum attachment_id id);

/* Wipes and frees them: some are secrets. */
void attachments_free(struct config *config);

#endif
