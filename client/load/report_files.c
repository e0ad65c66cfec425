/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files a load leaves behind, and who writes them. All are checked before the load: an hour of it must
 * not end with a misspelt path. Runs in the main thread. */
#include "client/load/report.h"

#include <stddef.h>
#include <string.h>

#include "client/outfile.h"

static const struct kind {
    const char *option;
    size_t path; /* where the plan has it */
    int (*write)(const struct load_plan *plan, const struct load_result *result, FILE *out);
} kinds[] = {
    {"--json", offsetof(struct load_plan, json_file), report_json},
    {"--csv", offsetof(struct load_plan, csv_file), report_csv},
    {"--hgrm", offsetof(struct load_plan, hgrm_file), report_hgrm},
    {"--html", offsetof(struct load_plan, html_file), report_html},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

/* NULL: not wanted. */
static const char *path_of(const struct load_plan *plan, size_t kind)
{
    return *(const char *const *)((const char *)plan + kinds[kind].path);
}

/* The later of two that would be written over each other. */
static int check_alone(const struct load_plan *plan, size_t kind, struct error *error)
{
    size_t i;

    for (i = 0; i < kind; i++) {
        if (path_of(plan, i) != NULL && outfile_is_same(path_of(plan, i), path_of(plan, kind)))
            return error_set(error, "%s and %s can't both go to %s", kinds[i].option, kinds[kind].option,
                             strcmp(path_of(plan, i), "-") == 0 ? "stdout" : path_of(plan, i));
    }
    return 0;
}

int report_files_check(const struct load_plan *plan, struct error *error)
{
    size_t i;

    for (i = 0; i < KINDS; i++) {
        if (path_of(plan, i) == NULL)
            continue;
        if (check_alone(plan, i, error) != 0)
            return -1;
        if (outfile_check(path_of(plan, i), error) != 0)
            return error_prefix(error, "%s", kinds[i].option);
    }
    return 0;
}

static int write_one(const struct load_plan *plan, const struct load_result *result, size_t kind,
                     struct error *error)
{
    struct outfile file;

    if (outfile_begin(&file, path_of(plan, kind), error) != 0)
        return -1;
    if (kinds[kind].write(plan, result, file.text) != 0) {
        outfile_abandon(&file);
        return error_set(error, "%s: out of memory", path_of(plan, kind));
    }
    return outfile_commit(&file, error);
}

int report_files_write(const struct load_plan *plan, const struct load_result *result, struct error *error)
{
    struct error another;
    int status = 0;
    size_t i;

    for (i = 0; i < KINDS; i++) {
        if (path_of(plan, i) != NULL && write_one(plan, result, i, status == 0 ? error : &another) != 0)
            status = -1;
    }
    return status;
}

bool report_files_on_stdout(const struct load_plan *plan)
{
    size_t i;

    for (i = 0; i < KINDS; i++) {
        if (path_of(plan, i) != NULL && strcmp(path_of(plan, i), "-") == 0)
            return true;
    }
    return false;
}
