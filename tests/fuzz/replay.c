/* SPDX-License-Identifier: Apache-2.0
 *
 * A harness without libFuzzer: runs the inputs that it is given, files or directories of them, or else the seeds that
 * are committed for it, each as a test. This is how `make check` keeps what fuzzing has found, with any compiler, and
 * how a single input is looked at in a debugger. One thread. */
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define SEED_LARGEST (16u << 20)
#define PATH_SIZE    4096

static unsigned seeds;

static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size + (size == 0));

    FUZZ_CHECK(file != NULL && bytes != NULL && size <= SEED_LARGEST, "can't read %s", path);
    FUZZ_CHECK(fread(bytes, 1, size, file) == size, "can't read %s", path);
    fclose(file);
    printf("[ RUN      ] %s\n", path);
    fflush(stdout); /* it is the last line when this input ends the process */
    LLVMFuzzerTestOneInput(bytes, size);
    printf("[       OK ] %s\n", path);
    free(bytes);
    seeds++;
}

static int replay(const char *path);

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_directory(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_shown, alphasort), wrong = 0;

    for (int i = 0; i < count; i++) {
        char inside[PATH_SIZE];

        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        wrong |= replay(inside);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return wrong;
}

static int replay(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(status.st_mode))
        return replay_directory(path);
    replay_file(path, (size_t)status.st_size);
    return 0;
}

/* The committed seeds of the harness that this is, by the program's name. */
static int replay_own(const char *program)
{
    const char *tree = getenv("srcdir"), *name = strstr(program, "replay_");
    char path[PATH_SIZE];

    FUZZ_CHECK(name != NULL, "%s is not called replay_NAME", program);
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", tree != NULL ? tree : ".",
             name + strlen("replay_"));
    return replay(path);
}

int main(int count, char **words)
{
    int wrong = count < 2 ? replay_own(words[0]) : 0;

    for (int i = 1; i < count; i++)
        wrong |= replay(words[i]);
    if (wrong != 0 || seeds == 0) {
        printf("[  FAILED  ] 1 test(s): inputs are missing\n");
        return 1;
    }
    printf("[  PASSED  ] %u test(s).\n", seeds);
    return 0;
}
