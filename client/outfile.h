/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_OUTFILE_H
#define CONCUR_CLIENT_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/error.h"

/* A file that is written whole or not at all. The text is gathered in memory; outfile_commit puts it into a file
 * beside the one that is meant and renames that, so that an old report outlives a full disk. "-" is stdout, and what
 * is no plain file of ours alone (a pipe, a device, a link, somebody else's but for root, one in a folder that takes no
 * other) is written in place, a file only when there is room for all of it. */
struct outfile {
    const char *path; /* the caller's, as long as this lives */
    FILE *text;       /* to write to */
    char *bytes;
    size_t length;
};

/* Whether the file can be written, before the work that it will tell of is begun. Leaves no trace. 0, or -1
 * with the reason. */
MUST_USE int outfile_check(const char *path, struct error *error);

/* Whether two names mean one file, so that what is written to the one would be lost in the other. Devices keep
 * nothing. */
bool outfile_is_same(const char *path, const char *other);

/* 0, or -1 when memory is short. */
MUST_USE int outfile_begin(struct outfile *file, const char *path, struct error *error);

/* Writes and frees; 0, or -1 with the reason, which names the file. Blocks for the disk. */
MUST_USE int outfile_commit(struct outfile *file, struct error *error);

/* Frees without writing; takes one that was committed. */
void outfile_abandon(struct outfile *file);

#endif
