/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate that was made for the moment: a server takes it, and a client that trusts it. One thread. */
#include "tests/unit/common/tls_fixture.h"

#include "common/tls_self_signed.h"

static void a_client_that_trusts_it_meets_its_server(void **state)
{
    struct error error = {""};
    char *certificate, *key, *file;
    struct tls_server_settings server = {0};
    struct tls_client_settings client = {0};
    struct tls_context *ours, *theirs;
    struct pair pair;

    (void)state;
    assert_int_equal(tls_self_signed("IP:127.0.0.1", &certificate, &key, &error), 0);
    file = identity_file(certificate);
    server.certificate = identity_pem(certificate);
    server.key = identity_pem(key);
    client.ca_file = file;
    ours = new_client(&client);
    theirs = new_server(&server);
    pair_open(&pair, ours, theirs, "127.0.0.1");
    assert_shaken(&pair);
    pair_close(&pair);
    pair_open(&pair, ours, theirs, "localhost");
    pair_shake(&pair);
    assert_string_equal(tls_verify_failure(pair.client), "hostname mismatch");
    pair_close(&pair);
    tls_context_free(&ours);
    tls_context_free(&theirs);
    identity_file_remove(file);
    free(certificate);
    free(key);
}

static void names_that_are_none_are_told(void **state)
{
    struct error error = {""};
    char *certificate, *key;

    (void)state;
    assert_int_equal(tls_self_signed("nonsense", &certificate, &key, &error), -1);
    assert_memory_equal(error.text, "could not make a certificate: ", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_trusts_it_meets_its_server),
        cmocka_unit_test(names_that_are_none_are_told),
    };

    return cmocka_run_group_tests(tests, make_identities, clear_identities);
}
