/* SPDX-License-Identifier: Apache-2.0
 *
 * concur: the client. Chooses the verb; everything else is the verb's. SIGPIPE is ignored so that a closed
 * connection, or a closed pipe behind our output, is an error that somebody handles and not a silent death; so is
 * SIGXFSZ, which a file over its limit brings. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/verb.h"
#include "common/parse.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct verb *const verbs[] = {&call_verb,    &cli_verb, &load_verb,
                                           &compare_verb, &map_verb, &passwd_verb};

/* Promised by the reference but not there yet: said so, rather than called unknown. */
static const char *const later[] = {"lab", "top"};

static void print_help(void)
{
    size_t i;

    printf(
        "usage: concur VERB [OPTION...] ...\n\nThe client of concurd; it speaks to any server of the Redis "
        "protocol.\n\n");
    for (i = 0; i < COUNT(verbs); i++)
        printf("  %-7s %s\n", verbs[i]->name, verbs[i]->summary);
    printf("\n'concur VERB --help' says more; 'concur --version' prints the version.\n");
}

static enum exit_code unknown_verb(const char *name)
{
    const char *names[COUNT(verbs)];
    const char *nearest;
    size_t i;

    for (i = 0; i < COUNT(later); i++) {
        if (strcmp(later[i], name) == 0) {
            fprintf(stderr, "concur: '%s' is not yet supported\n", name);
            return EXIT_USAGE;
        }
    }
    for (i = 0; i < COUNT(verbs); i++)
        names[i] = verbs[i]->name;
    nearest = parse_nearest(name, names, COUNT(verbs));
    if (nearest != NULL)
        fprintf(stderr, "concur: unknown verb '%s'; did you mean '%s'?\n", name, nearest);
    else
        fprintf(stderr, "concur: unknown verb '%s'; see 'concur --help'\n", name);
    return EXIT_USAGE;
}

/* Whoever started us may have closed them: then a connection must not become what we print to. */
static void keep_standard_descriptors(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            _exit(EXIT_FAILED);
    }
}

int main(int argc, char **argv)
{
    size_t i;

    keep_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        fprintf(stderr, "concur: what shall I do? See 'concur --help'\n");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("concur %s\n", PACKAGE_VERSION);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help();
        return EXIT_FINE;
    }
    for (i = 0; i < COUNT(verbs); i++) {
        if (strcmp(verbs[i]->name, argv[1]) == 0)
            return (int)verbs[i]->run(verbs[i], argc - 2, argv + 2);
    }
    return (int)unknown_verb(argv[1]);
}
