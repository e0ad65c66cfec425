/* SPDX-License-Identifier: Apache-2.0
 *
 * concurd's command line: options, the configuration from all of its sources, and what is done with it. What it prints
 * is for whoever typed the command; the daemon itself speaks through its log. */
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"

#include "common/parse.h"
#include "daemon/command/command.h"
#include "daemon/config/attachment.h"
#include "daemon/config/config.h"
#include "daemon/config/generation.h"
#include "daemon/net/inherit.h"
#include "daemon/server/server.h"
#include "daemon/server/signals.h"
#include "daemon/sys/usage.h"

enum exit_status {
    EXIT_FINE = 0,
    EXIT_RUNTIME = 1,
    EXIT_USAGE = 2,
    EXIT_CONFIG = 78 /* sysexits' EX_CONFIG */
};

enum option_id { OPTION_CHECK = 256, OPTION_DUMP, OPTION_VERSION, OPTION_HELP, OPTION_WORKER };

struct options {
    const char *file; /* NULL: embedded defaults */
    const char **settings;
    size_t setting_count;
    bool check, dump;
    unsigned
        cores; /* as there were at start: what `auto` is must not change by itself, as most of it can't */
    unsigned worker; /* a prefork worker's number; 0: the master */
};

static void print_help(FILE *out)
{
    fputs("usage: concurd [-c FILE] [-o SECTION.KEY=VALUE]... [--check] [--dump-config]\n"
          "\n"
          "A TCP server that speaks RESP and whose concurrency model is one line of its\n"
          "configuration: server.mode = thread, pool, event or prefork. Stays in the\n"
          "foreground and logs to stderr unless told otherwise.\n"
          "\n"
          "  -c FILE                  read FILE, then FILE's neighbours in conf.d; without it,\n"
          "                           embedded defaults (127.0.0.1:7070)\n"
          "  -o SECTION.KEY=VALUE     set one key, whatever the file says; may be repeated\n"
          "      --check              only check the configuration: exit 0 or 78\n"
          "      --dump-config        print the effective configuration, defaults included\n"
          "      --version            print the version\n"
          "      --help               print this\n"
          "\n"
          "signals: TERM, INT drain (twice: stop at once); HUP reload; USR1 reopen the log;\n"
          "USR2 log the scoreboard. Exit status: 0 drained, 1 run-time failure, 2 usage,\n"
          "78 wrong configuration.\n"
          "\n"
          "example: concurd -o server.mode=prefork -o prefork.workers=4\n",
          out);
}

static int usage_error(const char *problem)
{
    if (problem != NULL)
        fprintf(stderr, "concurd: %s\n", problem);
    fputs("concurd: try 'concurd --help'\n", stderr);
    return EXIT_USAGE;
}

/* Not for people: the number of the worker process that this is to be. */
static int parse_worker(const char *text, unsigned *worker)
{
    uint64_t number;

    if (parse_u64(text, strlen(text), &number) != 0 || number == 0 || number > 65535)
        return -1;
    *worker = (unsigned)number;
    return 0;
}

/* Answers -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"check", no_argument, NULL, OPTION_CHECK},         {"dump-config", no_argument, NULL, OPTION_DUMP},
        {"version", no_argument, NULL, OPTION_VERSION},     {"help", no_argument, NULL, OPTION_HELP},
        {"worker", required_argument, NULL, OPTION_WORKER}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, "c:o:", longs, NULL)) != -1) {
        switch (option) {
        case 'c':
            if (options->file != NULL)
                return usage_error("-c is given twice");
            options->file = optarg;
            break;
        case 'o':
            options->settings[options->setting_count++] = optarg;
            break;
        case OPTION_CHECK:
            options->check = true;
            break;
        case OPTION_DUMP:
            options->dump = true;
            break;
        case OPTION_VERSION:
            puts("concurd " PACKAGE_VERSION);
            return EXIT_FINE;
        case OPTION_HELP:
            print_help(stdout);
            return EXIT_FINE;
        case OPTION_WORKER:
            if (parse_worker(optarg, &options->worker) != 0)
                return usage_error("--worker is not for people");
            break;
        default:
            return usage_error(NULL);
        }
    }
    return optind < argc ? usage_error("there are no arguments but options") : -1;
}

/* What only the table of commands can tell. */
static int check_commands(const struct config *config, struct buffer *problems)
{
    struct error error;

    if (command_check(config, &error) == 0)
        return 0;
    if (buffer_printf(problems, "%s\n", error.text) != 0)
        return -1; /* without a word: there is no memory for one */
    return -1;
}

static int read_sources(const struct options *options, enum config_reading reading, struct config *config,
                        struct buffer *problems)
{
    int result = 0;
    size_t i;

    if (options->file != NULL && config_read_file(config, options->file, reading, problems) != 0)
        result = -1;
    for (i = 0; i < options->setting_count; i++)
        if (config_override(config, options->settings[i], problems) != 0)
            result = -1;
    if (result == 0)
        result = config_resolve(config, options->cores, problems);
    if (result == 0 && !options->dump)
        result = config_review(config, problems);
    if (result == 0 && !options->dump)
        result = attachments_read(config, problems);
    if (result == 0 && !options->dump)
        result = generation_check(config, problems);
    return result == 0 ? check_commands(config, problems) : result;
}

/* The configuration from all of its sources, at start and again at each reload: NULL with everything that is wrong. */
static struct config *load(const void *context, enum config_reading reading, struct buffer *problems)
{
    struct config *config = config_new();

    if (config == NULL) {
        if (buffer_printf(problems, "no memory for the configuration\n") != 0)
            return NULL; /* without a word: there is no memory for one */
    } else if (read_sources(context, reading, config, problems) != 0)
        config_free(&config);
    return config;
}

static int dump(const struct config *config)
{
    struct buffer text = {0};
    int status = EXIT_RUNTIME;

    if (config_dump(config, &text) == 0 &&
        fwrite(text.data, 1, buffer_length(&text), stdout) == buffer_length(&text) && fflush(stdout) == 0)
        status = EXIT_FINE;
    buffer_free(&text);
    return status;
}

/* What was handed in is an agreement between two files, a unit and the configuration: being wrong is a wrong
 * configuration, and starting again would not mend it. */
static int serve(const struct options *options, struct config *config)
{
    const struct config_source source = {.name = options->file != NULL ? options->file : "embedded defaults",
                                         .load = load,
                                         .context = options};
    struct inheritance inherited;
    struct error error;

    /* The kernel lets a timer come up to 50 us late unless told otherwise, which shows in a wait of 5 ms. All threads and
     * worker processes inherit this; 1 ns is the least that can be asked for. */
    prctl(PR_SET_TIMERSLACK, 1);
    if (inherit_take(&inherited, INHERIT_FIRST_FD, &error) == 0) {
        if (inherit_count(&inherited, INHERIT_TLS) == 0 || config->tls.cert != NULL)
            return server_run(config, &source, &inherited);
        error_set(&error, "sockets for TLS are handed in, so tls.cert and tls.key are needed");
    }
    fprintf(stderr, "concurd: %s\n", error.text);
    config_free(&config);
    return EXIT_CONFIG;
}

static void print_warnings(const struct config *config)
{
    struct buffer warnings = {0};
    char *line, *rest;

    config_warn(config, &warnings);
    if (buffer_append(&warnings, "", 1) == 0)
        for (rest = buffer_head(&warnings); (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
            fprintf(stderr, "warning: %s\n", line);
    buffer_free(&warnings);
}

static int run(const struct options *options)
{
    struct buffer problems = {0};
    struct config *config = load(options, CONFIG_READS_FIRST, &problems);
    int status = EXIT_FINE;

    if (config == NULL) {
        fprintf(stderr, "%.*s", (int)buffer_length(&problems),
                buffer_length(&problems) != 0 ? buffer_head(&problems) : "");
        buffer_free(&problems);
        return EXIT_CONFIG;
    }
    buffer_free(&problems);
    if (!options->dump && !options->check)
        return serve(options, config);
    if (options->dump)
        status = dump(config);
    else
        print_warnings(config);
    config_free(&config);
    return status;
}

/* A descriptor that nobody gave us must not become something of ours that others take for stdin, stdout or stderr. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

#define LARGE_BLOCK (4 << 20)

/* Left to itself, malloc learns to keep blocks as large as those that it was given back, in every thread's heap: one check of
 * a password would leave its 16 MiB with each of a hundred worker processes. */
static void give_back_large_blocks(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

int main(int argc, char **argv)
{
    struct options options = {.settings = calloc((size_t)argc, sizeof(char *)), .cores = usage_cores()};
    int status;

    give_back_large_blocks();
    signals_defer();
    fill_standard_descriptors();
    if (options.settings == NULL)
        return EXIT_RUNTIME;
    status = parse_options(argc, argv, &options);
    if (status < 0)
        status = options.worker != 0 ? server_run_worker(options.worker) : run(&options);
    free(options.settings);
    return status;
}
