/* SPDX-License-Identifier: Apache-2.0
 *
 * From the keys of [tls] to what connections share, with messages that name the key and where it was written. The same in
 * the master, which finds out whether certificate and key belong together before anything is taken over, and in workers,
 * which read no file. Runs in the thread that builds the configuration. */
#include "daemon/config/credentials.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/tls.h"
#include "common/tls_certificate.h"
#include "daemon/config/attachment.h"
#include "daemon/config/config.h"
#include "daemon/config/report.h"

static struct tls_pem pem_of(const struct config *config, enum attachment_id id)
{
    const struct attachment *attachment = attachment_of(config, id);

    if (attachment == NULL)
        return (struct tls_pem){0};
    return (struct tls_pem){buffer_head(&attachment->text), buffer_length(&attachment->text)};
}

/* The key that a reason of tls_context_server's begins with, as [tls] calls it; the certificate's when it is none. `*rest` is
 * the reason without it. */
static const char *key_of(const char *reason, const char **rest)
{
    static const struct {
        const char *prefix, *key;
    } rows[] = {{"certificate: ", "cert"},
                {"key: ", "key"},
                {"client_ca: ", "client_ca"},
                {"ciphers: ", "ciphers"},
                {"min_version: ", "min_version"}};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *rest = reason + strlen(rows[i].prefix);
        if (strncmp(reason, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].key;
    }
    *rest = reason;
    return "cert";
}

static void complain(const struct config *config, const struct error *error, struct buffer *problems)
{
    struct report report = {.problems = problems};
    struct buffer value = {0};
    const char *reason;
    const char *key = key_of(error->text, &reason);
    char name[32];

    snprintf(name, sizeof name, "tls.%s", key);
    if (config_key_format(config, config_key_named(name), &value) == 0)
        config_report(&report, "%s: %s = %.*s: %s", config_key_place(config, "tls", key), name,
                      (int)buffer_length(&value), buffer_head(&value), reason);
    buffer_free(&value);
}

int credentials_make(const struct config *config, struct tls_tickets *tickets,
                     struct tls_context **credentials, struct buffer *problems)
{
    static const char *const versions[] = {[TLS_MIN_1_2] = "1.2", [TLS_MIN_1_3] = "1.3"};
    const struct tls_server_settings settings = {.certificate = pem_of(config, ATTACHMENT_CERT),
                                                 .key = pem_of(config, ATTACHMENT_KEY),
                                                 .client_ca = pem_of(config, ATTACHMENT_CLIENT_CA),
                                                 .min_version = versions[config->tls.min_version],
                                                 .ciphers = config->tls.ciphers,
                                                 .tickets = tickets};
    struct error error;

    *credentials = NULL;
    if (attachment_of(config, ATTACHMENT_CERT) == NULL)
        return 0;
    if (config->tls.client_ca != NULL && settings.client_ca.length == 0)
        error_set(&error, "client_ca: no certificate in it"); /* an empty file must not let everybody in */
    else if ((*credentials = tls_context_server(&settings, &error)) != NULL)
        return 0;
    complain(config, &error, problems);
    return -1;
}

static void warn_of_time(const struct config *config, struct report *warnings, int64_t when, const char *what)
{
    char day[64];
    time_t seconds = (time_t)when;
    struct tm parts;

    if (gmtime_r(&seconds, &parts) != NULL && strftime(day, sizeof day, "%F %T UTC", &parts) != 0)
        config_report(warnings, "%s: the certificate in tls.cert = %s %s %s",
                      config_key_place(config, "tls", "cert"), config->tls.cert, what, day);
}

void credentials_warn(const struct config *config, struct report *warnings)
{
    const struct attachment *key = attachment_of(config, ATTACHMENT_KEY);
    const struct tls_pem certificate = pem_of(config, ATTACHMENT_CERT);
    int64_t from, until, now = time(NULL);

    if (key != NULL && (key->mode & (S_IROTH | S_IWOTH)) != 0)
        config_report(warnings, "%s: tls.key = %s can be %s by everybody on this machine: chmod o-rw it",
                      config_key_place(config, "tls", "key"), config->tls.key,
                      (key->mode & S_IWOTH) != 0 ? "written" : "read");
    if (tls_certificate_times(&certificate, &from, &until) != 0)
        return;
    if (until < now)
        warn_of_time(config, warnings, until, "has expired on");
    else if (from > now)
        warn_of_time(config, warnings, from, "is not valid before");
}
