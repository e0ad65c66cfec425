/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: what is wrong with certificate, key and authorities is said with the key of the configuration that names them,
 * and what will be wrong soon is warned about; which changes make sessions void; and times of certificates. */
#include "tests/unit/unit.h"

#include <time.h>

#include "common/tls_certificate.h"
#include "daemon/config/attachment.h"
#include "daemon/config/config.h"
#include "daemon/config/credentials.h"
#include "daemon/config/generation.h"
#include "daemon/config/report.h"
#include "tests/unit/certificates.h"

static struct identity one, other, expired;

static int make_identities(void **state)
{
    (void)state;
    identity_make(&one, "one", "DNS:one", NULL, 10);
    identity_make(&other, "other", "DNS:other", NULL, 10);
    identity_make(&expired, "expired", "DNS:expired", NULL, 0);
    return 0;
}

static int clear_identities(void **state)
{
    (void)state;
    identity_clear(&one);
    identity_clear(&other);
    identity_clear(&expired);
    return 0;
}

static void attach(struct config *config, const char *name, char **path, const char *text)
{
    if (text == NULL)
        return;
    *path = strdup("/x");
    assert_int_equal(attachment_set(config, name, text, strlen(text)), 0);
}

static struct config *with(const char *cert, const char *key, const char *client_ca)
{
    struct config *config = config_new();

    assert_non_null(config);
    attach(config, "tls.cert", &config->tls.cert, cert);
    attach(config, "tls.key", &config->tls.key, key);
    attach(config, "tls.client_ca", &config->tls.client_ca, client_ca);
    return config;
}

static void expect(struct buffer *text, const char *expected)
{
    assert_int_equal(buffer_append(text, "", 1), 0);
    assert_string_equal(buffer_head(text), expected);
    buffer_free(text);
}

static void gives(struct config *config, const char *problem)
{
    struct tls_context *credentials;
    struct buffer problems = {0};

    assert_int_equal(credentials_make(config, NULL, &credentials, &problems), problem[0] == '\0' ? 0 : -1);
    assert_true((credentials != NULL) == (problem[0] == '\0' && config->tls.cert != NULL));
    expect(&problems, problem);
    tls_context_free(&credentials);
    config_free(&config);
}

static void what_is_wrong_is_said_with_its_key(void **state)
{
    struct config *config;

    (void)state;
    gives(with(NULL, NULL, NULL), "");
    gives(with(one.certificate_pem, one.key_pem, NULL), "");
    gives(with(one.certificate_pem, one.key_pem, other.certificate_pem), "");
    gives(with(one.certificate_pem, other.key_pem, NULL),
          "key: tls.key = /x: it does not belong to the certificate\n");
    gives(with("x", one.key_pem, NULL), "cert: tls.cert = /x: no certificate in it\n");
    gives(with(one.certificate_pem, "", NULL), "key: tls.key = /x: no private key in it\n");
    gives(with(one.certificate_pem, one.key_pem, ""),
          "client_ca: tls.client_ca = /x: no certificate in it\n");
    config = with(one.certificate_pem, one.key_pem, NULL);
    config->tls.ciphers = strdup("NONSENSE");
    gives(config, "ciphers: tls.ciphers = NONSENSE: none is called 'NONSENSE'\n");
}

static void warns(struct config *config, const char *beginning, const char *words)
{
    struct buffer warnings = {0};
    struct report report = {.problems = &warnings};

    credentials_warn(config, &report);
    assert_int_equal(buffer_append(&warnings, "", 1), 0);
    assert_int_equal(strncmp(buffer_head(&warnings), beginning, strlen(beginning)), 0);
    assert_non_null(strstr(buffer_head(&warnings), words));
    assert_int_equal(buffer_head(&warnings)[0] == '\0', words[0] == '\0');
    buffer_free(&warnings);
    config_free(&config);
}

static void what_works_and_should_not_is_warned_about(void **state)
{
    struct config *config = with(one.certificate_pem, one.key_pem, NULL);

    (void)state;
    config->attachments[ATTACHMENT_KEY].mode = 0100640; /* a group is what ssl-cert is for */
    warns(config, "", "");
    config = with(one.certificate_pem, one.key_pem, NULL);
    config->attachments[ATTACHMENT_KEY].mode = 0100644;
    warns(config, "key: tls.key = /x ", "can be read by everybody");
    config = with(one.certificate_pem, one.key_pem, NULL);
    config->attachments[ATTACHMENT_KEY].mode = 0100642;
    warns(config, "key: tls.key = /x ", "can be written by everybody");
    warns(with(expired.certificate_pem, expired.key_pem, NULL), "cert: the certificate in tls.cert = /x ",
          "has expired on 20");
}

static void a_generation_has_them(void **state)
{
    struct config *config = with(one.certificate_pem, one.key_pem, NULL);
    struct buffer problems = {0};
    struct generation *generation = generation_new(config, 1, NULL, &problems);

    (void)state;
    assert_non_null(generation);
    assert_non_null(generation->credentials);
    generation_free(&generation);
    config = with(one.certificate_pem, other.key_pem, NULL);
    assert_null(generation_new(config, 1, NULL, &problems));
    expect(&problems, "key: tls.key = /x: it does not belong to the certificate\n");
    config_free(&config); /* still the caller's */
}

static void a_certificate_has_its_times(void **state)
{
    struct tls_pem pem = identity_pem(one.certificate_pem);
    int64_t from, until, now = time(NULL);

    (void)state;
    assert_int_equal(tls_certificate_times(&pem, &from, &until), 0);
    assert_in_range(from, now - CERTIFICATE_DAY - 60, now - CERTIFICATE_DAY + 1);
    assert_in_range(until, now + 9 * CERTIFICATE_DAY - 60, now + 9 * CERTIFICATE_DAY + 1);
    pem = identity_pem("nothing");
    assert_int_equal(tls_certificate_times(&pem, &from, &until), -1);
    pem.length = 0;
    assert_int_equal(tls_certificate_times(&pem, &from, &until), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_with_its_key),
        cmocka_unit_test(what_works_and_should_not_is_warned_about),
        cmocka_unit_test(a_generation_has_them),
        cmocka_unit_test(a_certificate_has_its_times),
    };

    return cmocka_run_group_tests(tests, make_identities, clear_identities);
}
