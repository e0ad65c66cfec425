/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading passwords: past stdio, whose memory would keep a copy, and without echo where a person types. A signal that ends
 * the program meanwhile must not leave the terminal without echo, so those are caught, the terminal is put right, and they
 * are sent again. Runs in the main thread. */
#include "client/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

#define ENDINGS (sizeof ending / sizeof ending[0])

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
    caught = signal;
}

void secret_wipe(struct secret *secret)
{
    password_wipe(secret, sizeof *secret);
}

/* A line byte by byte, so that nothing behind it is taken from whoever reads next. */
static int read_line(int fd, const char *name, struct secret *secret, struct error *error)
{
    ssize_t got;
    char byte = '\0';

    secret->length = 0;
    while ((got = read(fd, &byte, 1)) == 1 && byte != '\n') {
        if (secret->length == PASSWORD_LONGEST)
            return error_set(error, "%s: a password takes at most %d bytes", name, PASSWORD_LONGEST);
        secret->text[secret->length++] = byte;
    }
    if (got < 0)
        return error_errno(error, "%s", name);
    if (secret->length != 0 && secret->text[secret->length - 1] == '\r')
        secret->length--;
    secret->text[secret->length] = '\0';
    return secret->length != 0 ? 0 : error_set(error, "%s: no password in its first line", name);
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        /* then it is asked for without a word */
    }
}

static int ask(const char *prompt, struct secret *secret, struct error *error)
{
    struct sigaction action = {.sa_handler = on_signal},
                     before[ENDINGS]; /* no SA_RESTART: the read must return */
    struct termios shown, hidden;
    int result;
    size_t i;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return error_errno(error, "the terminal");
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    hidden.c_lflag |= ECHONL;
    caught = 0;
    for (i = 0; i < ENDINGS; i++)
        sigaction(ending[i], &action, &before[i]);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    say(prompt);
    result = read_line(STDIN_FILENO, "the terminal", secret, error);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (i = 0; i < ENDINGS; i++)
        sigaction(ending[i], &before[i], NULL);
    if (caught != 0)
        raise(caught);
    return result;
}

static int ask_twice(struct secret *secret, struct error *error)
{
    struct secret again;
    int result = ask("Password: ", secret, error);

    if (result == 0)
        result = ask("Again: ", &again, error);
    if (result == 0 &&
        (again.length != secret->length || memcmp(again.text, secret->text, again.length) != 0))
        result = error_set(error, "the two differ");
    secret_wipe(&again);
    return result;
}

int secret_read(struct secret *secret, const char *path, struct error *error)
{
    int fd, result;

    if (path == NULL)
        return isatty(STDIN_FILENO) ? ask_twice(secret, error)
                                    : read_line(STDIN_FILENO, "stdin", secret, error);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(error, "%s", path);
    result = read_line(fd, path, secret, error);
    close(fd);
    return result;
}
