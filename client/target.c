/* SPDX-License-Identifier: Apache-2.0
 *
 * Which server to talk to, and how to introduce oneself. A password comes from a file or the environment,
 * never from an argument, which every user of the machine could read. TLS checks the server's certificate unless it was told
 * not to: who is not sure whom he talks to measures somebody else, and tells him his password. Runs in the main thread; load
 * threads only read a prepared target. */
#include "client/target.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/resp_encode.h"

#define FIELD(name) offsetof(struct target, name)

static const struct option_row rows[] = {
    {'h', "host", OPTION_TEXT, FIELD(host), 0, 0, "HOST", "server's name or address (127.0.0.1)"},
    {'p', "port", OPTION_COUNT, FIELD(port), 1, 65535, "PORT", "server's port (7070)"},
    {'s', "socket", OPTION_TEXT, FIELD(socket), 0, 0, "SOCKET",
     "unix socket's path, instead of host and port"},
    {0, "user", OPTION_TEXT, FIELD(user), 0, 0, "NAME", "user to authenticate as (default)"},
    {0, "pass-file", OPTION_TEXT, FIELD(password_file), 0, 0, "FILE",
     "password in a file's first line (else from CONCUR_PASSWORD)"},
    {0, "tls", OPTION_FLAG, FIELD(tls), 0, 0, NULL, "speak TLS; the server's certificate must be for HOST"},
    {0, "cacert", OPTION_TEXT, FIELD(ca_file), 0, 0, "FILE", "who must have signed it (the system's CAs)"},
    {0, "cert", OPTION_TEXT, FIELD(cert_file), 0, 0, "FILE",
     "our own certificate, where the server wants one"},
    {0, "key", OPTION_TEXT, FIELD(key_file), 0, 0, "FILE", "its key (in the same file)"},
    {0, "insecure", OPTION_FLAG, FIELD(insecure), 0, 0, NULL, "take any certificate"},
};

#define TLS_ROWS 5 /* the last ones */

const struct option_table target_options = {"Target", rows, sizeof rows / sizeof rows[0]};
const struct option_table target_tls_options = {"TLS", rows + sizeof rows / sizeof rows[0] - TLS_ROWS,
                                                TLS_ROWS};

static int set_password(struct target *target, const char *password, const char *source, struct error *error)
{
    size_t length = strcspn(password, "\r\n");

    if (length >= sizeof target->password)
        return error_set(error, "the password in %s is longer than %zu bytes", source,
                         sizeof target->password - 1);
    memcpy(target->password, password, length);
    target->password[length] = '\0';
    return 0;
}

static int read_password(struct target *target, struct error *error)
{
    char line[TARGET_PASSWORD_BYTES + 2] = "";
    FILE *file = fopen(target->password_file, "re");
    int result;

    if (file == NULL)
        return error_errno(error, "%s", target->password_file);
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a secret in stdio's memory */
    if (fgets(line, sizeof line, file) == NULL || line[0] == '\n')
        result = error_set(error, "%s: no password in its first line", target->password_file);
    else
        result = set_password(target, line, target->password_file, error);
    explicit_bzero(line, sizeof line);
    fclose(file);
    return result;
}

static void make_name(struct target *target)
{
    if (target->socket != NULL)
        snprintf(target->name, sizeof target->name, "%s", target->socket);
    else if (strchr(target->host, ':') != NULL)
        snprintf(target->name, sizeof target->name, "[%s]:%u", target->host, (unsigned)target->port);
    else
        snprintf(target->name, sizeof target->name, "%s:%u", target->host, (unsigned)target->port);
}

/* What is only for TLS and was given without it, or NULL. */
static const char *useless_option(const struct target *target)
{
    if (target->ca_file != NULL)
        return "--cacert";
    if (target->cert_file != NULL)
        return "--cert";
    if (target->key_file != NULL)
        return "--key";
    return target->insecure ? "--insecure" : NULL;
}

static int prepare_tls(struct target *target, struct error *error)
{
    struct tls_client_settings settings = {.ca_file = target->ca_file,
                                           .cert_file = target->cert_file,
                                           .key_file = target->key_file,
                                           .insecure = target->insecure};

    if (!target->tls)
        return useless_option(target) == NULL ? 0
                                              : error_set(error, "%s needs --tls", useless_option(target));
    if (target->insecure && target->ca_file != NULL)
        return error_set(error, "--cacert is of no use with --insecure");
    if (target->key_file != NULL && target->cert_file == NULL)
        return error_set(error, "--key needs --cert");
    if (target->context == NULL) /* a copy has it already */
        target->context = tls_context_client(&settings, error);
    return target->context != NULL ? 0 : -1;
}

int target_prepare(struct target *target, struct error *error)
{
    const char *environment = getenv("CONCUR_PASSWORD");

    make_name(target);
    if (target->password_file != NULL && read_password(target, error) != 0)
        return -1;
    if (target->password_file == NULL && environment != NULL &&
        set_password(target, environment, "CONCUR_PASSWORD", error) != 0)
        return -1;
    if (target->user != NULL && target->password[0] == '\0')
        return error_set(error, "--user needs a password: --pass-file or CONCUR_PASSWORD");
    return prepare_tls(target, error);
}

struct target target_copy(const struct target *target)
{
    if (target->context != NULL)
        tls_context_hold(target->context);
    return *target;
}

void target_wipe(struct target *target)
{
    tls_context_free(&target->context);
    explicit_bzero(target->password, sizeof target->password);
}

int target_greeting(const struct target *target, uint64_t protocol, struct buffer *buffer, unsigned *replies)
{
    const char *with_user[] = {"AUTH", target->user, target->password};
    const char *without[] = {"AUTH", target->password};
    const char *hello[] = {"HELLO", protocol == 2 ? "2" : "3"};

    *replies = 0;
    if (target->password[0] != '\0') {
        bool named = target->user != NULL;

        if (resp_encode_strings(buffer, named ? with_user : without, named ? 3 : 2) != 0)
            return -1;
        ++*replies;
    }
    if (protocol != 0) {
        if (resp_encode_strings(buffer, hello, 2) != 0)
            return -1;
        ++*replies;
    }
    return 0;
}
