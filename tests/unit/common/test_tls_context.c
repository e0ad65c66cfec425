/* SPDX-License-Identifier: Apache-2.0
 *
 * What TLS contexts refuse to be made of, and whom they let in. One thread. */
#include "tests/unit/common/tls_fixture.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static void assert_refused(const struct tls_server_settings *settings, const char *text)
{
    struct error error = {""};

    assert_null(tls_context_server(settings, &error));
    assert_string_equal(error.text, text);
}

static void what_is_no_certificate_or_key_is_refused(void **state)
{
    struct tls_server_settings settings = server_settings();
    const char *begin = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    char broken[8192];
    struct error error = {""};

    (void)state;
    settings.certificate = identity_pem("");
    assert_refused(&settings, "certificate: no certificate in it");
    settings.certificate = identity_pem("nothing of the kind");
    assert_refused(&settings, "certificate: no certificate in it");
    settings.certificate = identity_pem(server_identity.key_pem);
    assert_refused(&settings, "certificate: no certificate in it");
    snprintf(broken, sizeof broken, "%s%s", server_identity.certificate_pem, begin);
    settings.certificate = identity_pem(broken);
    assert_null(tls_context_server(&settings, &error));
    assert_memory_equal(error.text, "certificate: ", 13);
    settings = server_settings();
    settings.key = identity_pem(NULL);
    assert_refused(&settings, "key: no private key in it");
    settings.key = identity_pem(server_identity.certificate_pem);
    assert_refused(&settings, "key: no private key in it");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    struct tls_server_settings settings = server_settings();

    (void)state;
    settings.key = identity_pem(client_identity.key_pem);
    assert_refused(&settings, "key: it does not belong to the certificate");
}

/* And nobody is asked for the pass phrase: the test would wait for its terminal. */
static void a_key_with_a_pass_phrase_is_refused(void **state)
{
    struct tls_server_settings settings = server_settings();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;

    (void)state;
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(bio, server_identity.key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
        1);
    text = identity_text(bio);
    settings.key = identity_pem(text);
    assert_refused(&settings, "key: it has a pass phrase, and nobody to ask for it");
    free(text);
}

static void settings_that_mean_nothing_are_refused(void **state)
{
    struct tls_server_settings settings = server_settings();
    char *much = malloc(5000);

    (void)state;
    settings.min_version = "1.1";
    assert_refused(&settings, "min_version: neither 1.2 nor 1.3");
    settings = server_settings();
    settings.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:NO-SUCH";
    assert_refused(&settings, "ciphers: none is called 'NO-SUCH'");
    settings.ciphers = "TLS_NO_SUCH:ECDHE-RSA-AES128-GCM-SHA256";
    assert_refused(&settings, "ciphers: none is called 'TLS_NO_SUCH'");
    assert_non_null(much);
    memset(much, 'A', 4999);
    much[4999] = '\0';
    settings.ciphers = much;
    assert_refused(&settings, "ciphers: longer than 2047 bytes");
    free(much);
    settings = server_settings();
    settings.client_ca = identity_pem("none");
    assert_refused(&settings, "client_ca: no certificate in it");
}

/* Whatever the operator writes: what is promised of TLS is not a matter of names. */
static void ciphers_that_are_weak_are_refused(void **state)
{
    static const struct {
        const char *ciphers, *reason;
    } rows[] = {
        {"AES128-GCM-SHA256",
         "ciphers: AES128-GCM-SHA256 is among them, which has no forward secrecy with a certificate"},
        {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256",
         "ciphers: ECDHE-ECDSA-AES128-SHA256 is among them, which has no authenticated encryption"},
        {"AECDH-AES256-SHA", "ciphers: AECDH-AES256-SHA is among them, which does not say who the server is"},
        {"ECDHE+AESGCM:@SECLEVEL=0", "ciphers: @SECLEVEL below 2"},
        {"ECDHE-PSK-AES128-CBC-SHA256", "ciphers: ECDHE-PSK-AES128-CBC-SHA256 is among them, which has no "
                                        "forward secrecy with a certificate"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct tls_server_settings settings = server_settings();

        settings.ciphers = rows[i].ciphers;
        assert_refused(&settings, rows[i].reason);
    }
}

static void files_that_are_not_there_are_told(void **state)
{
    struct tls_client_settings settings = {.ca_file = "/no/such/ca"};
    char *certificate = identity_file(client_identity.certificate_pem);
    char *other_key = identity_file(stranger.key_pem);
    struct error error = {""};

    (void)state;
    assert_null(tls_context_client(&settings, &error));
    assert_memory_equal(error.text, "/no/such/ca: ", 13);
    assert_non_null(strstr(error.text, "No such file"));
    settings = (struct tls_client_settings){.ca_file = authority_file, .cert_file = "/no/such/cert"};
    assert_null(tls_context_client(&settings, &error));
    assert_memory_equal(error.text, "/no/such/cert: ", 15);
    settings.cert_file = certificate;
    settings.key_file = other_key;
    assert_null(tls_context_client(&settings, &error));
    assert_memory_equal(error.text, other_key, strlen(other_key));
    assert_non_null(strstr(error.text, "key values mismatch"));
    identity_file_remove(certificate);
    identity_file_remove(other_key);
}

/* OpenSSL's words for these are "unsupported", "no start line" and "no certificate or crl found". */
static void what_is_wanting_in_a_clients_files_is_told(void **state)
{
    char *certificate = identity_file(client_identity.certificate_pem), text[512];
    struct tls_client_settings settings = {.ca_file = authority_file, .cert_file = certificate};
    char *key = identity_file(client_identity.key_pem);
    struct error error;

    (void)state;
    assert_null(tls_context_client(&settings, &error));
    snprintf(text, sizeof text, "%s: no private key in it", certificate);
    assert_string_equal(error.text, text);
    settings.cert_file = key;
    assert_null(tls_context_client(&settings, &error));
    snprintf(text, sizeof text, "%s: no certificate in it", key);
    assert_string_equal(error.text, text);
    settings = (struct tls_client_settings){.ca_file = key};
    assert_null(tls_context_client(&settings, &error));
    assert_string_equal(error.text, text);
    identity_file_remove(certificate);
    identity_file_remove(key);
}

/* A handshake between those, for `host`; the client's words for its failure, or NULL: it went well. */
static const char *meet(const struct tls_client_settings *client, const struct tls_server_settings *server,
                        const char *host)
{
    struct tls_context *ours = new_client(client), *theirs = new_server(server);
    const char *failure = NULL;
    struct pair pair;

    pair_open(&pair, ours, theirs, host);
    pair_shake(&pair);
    if (pair.client_result != TLS_OK) {
        assert_int_not_equal(pair.server_result, TLS_OK);
        failure = tls_verify_failure(pair.client);
        assert_non_null(failure);
        assert_string_equal(tls_failure(pair.client), "certificate verify failed");
    }
    pair_close(&pair);
    tls_context_free(&ours);
    tls_context_free(&theirs);
    return failure;
}

static void the_certificate_must_be_for_the_host(void **state)
{
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_server_settings server = server_settings();

    (void)state;
    assert_null(meet(&client, &server, "localhost"));
    assert_null(meet(&client, &server, "LOCALHOST"));
    assert_null(meet(&client, &server, "127.0.0.1"));
    assert_null(meet(&client, &server, "::1"));
    assert_string_equal(meet(&client, &server, "server"), "hostname mismatch"); /* a common name is no name */
    assert_string_equal(meet(&client, &server, "localhost.example"), "hostname mismatch");
    assert_string_equal(meet(&client, &server, "127.0.0.2"), "IP address mismatch");
    client.insecure = true;
    assert_null(meet(&client, &server, "server"));
}

static void the_certificate_must_be_signed_by_whom_we_trust(void **state)
{
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_server_settings server = server_settings();
    struct identity other, expired;

    (void)state;
    server.certificate = identity_pem(stranger.certificate_pem);
    server.key = identity_pem(stranger.key_pem);
    assert_string_equal(meet(&client, &server, "localhost"), "self-signed certificate");
    client.ca_file = NULL; /* the system's have not signed it either */
    assert_string_equal(meet(&client, &server, "localhost"), "self-signed certificate");
    client.insecure = true;
    assert_null(meet(&client, &server, "localhost"));
    client = (struct tls_client_settings){.ca_file = authority_file};
    identity_make(&other, "other", "DNS:localhost", &stranger, 10);
    server.certificate = identity_pem(other.certificate_pem);
    server.key = identity_pem(other.key_pem);
    assert_string_equal(meet(&client, &server, "localhost"), "unable to get local issuer certificate");
    identity_make(&expired, "localhost", "DNS:localhost", &authority, 0);
    server.certificate = identity_pem(expired.certificate_pem);
    server.key = identity_pem(expired.key_pem);
    assert_string_equal(meet(&client, &server, "localhost"), "certificate has expired");
    identity_clear(&other);
    identity_clear(&expired);
}

/* A CA that is not known itself, but by the one that is: the server sends it along. */
static void a_chain_is_sent(void **state)
{
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_server_settings server;
    struct identity middle, leaf;
    char chain[8192];

    (void)state;
    identity_make(&middle, "Middle CA", NULL, &authority, 10);
    identity_make(&leaf, "leaf", "DNS:localhost", &middle, 10);
    snprintf(chain, sizeof chain, "%s%s", leaf.certificate_pem, middle.certificate_pem);
    server =
        (struct tls_server_settings){.certificate = identity_pem(chain), .key = identity_pem(leaf.key_pem)};
    assert_null(meet(&client, &server, "localhost"));
    server.certificate = identity_pem(leaf.certificate_pem);
    assert_string_equal(meet(&client, &server, "localhost"), "unable to get local issuer certificate");
    identity_clear(&middle);
    identity_clear(&leaf);
}

/* A server that demands a certificate, and a client with that one (NULL: with none). The server's words for its failure, or
 * NULL when it let the client in as `peer`. */
static const char *show(const struct identity *identity, const char *min_version, const char *peer)
{
    struct tls_server_settings settings = server_settings();
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_context *ours, *theirs;
    const char *failure = NULL;
    char *certificate = identity != NULL ? identity_file(identity->certificate_pem) : NULL;
    char *key = identity != NULL ? identity_file(identity->key_pem) : NULL;
    struct pair pair;

    settings.client_ca = identity_pem(authority.certificate_pem);
    settings.min_version = min_version;
    client.cert_file = certificate;
    client.key_file = key;
    ours = new_client(&client);
    theirs = new_server(&settings);
    pair_open(&pair, ours, theirs, "localhost");
    pair_shake(&pair);
    if (pair.server_result == TLS_OK) {
        assert_string_equal(tls_peer(pair.server), peer);
        assert_written(pair.client, "x");
        assert_reads(pair.server, "x");
    } else {
        failure = tls_failure(pair.server);
        if (pair.client_result == TLS_OK) /* TLS 1.3: it learns of it when it reads */
            assert_int_equal(read_nothing(pair.client), TLS_ERROR);
        assert_string_equal(tls_failure(pair.client),
                            identity == NULL ? "the peer wants a certificate" : "tlsv1 alert unknown ca");
    }
    pair_close(&pair);
    tls_context_free(&ours);
    tls_context_free(&theirs);
    if (identity != NULL) {
        identity_file_remove(certificate);
        identity_file_remove(key);
    }
    return failure;
}

static void clients_must_show_a_certificate_where_one_is_demanded(void **state)
{
    (void)state;
    assert_null(show(&client_identity, NULL, "tom"));
    assert_string_equal(show(NULL, NULL, NULL), "the peer shows no certificate");
    assert_string_equal(show(&stranger, NULL, NULL), "certificate verify failed");
}

/* OpenSSL's own client, which can be told what to speak. What it agreed on with our server, or why not. */
static void meet_other(const struct tls_server_settings *settings, int most, const char *ciphers,
                       char *agreed, size_t size)
{
    SSL_CTX *other = SSL_CTX_new(TLS_client_method());
    struct tls_context *context = new_server(settings);
    enum tls_result result = TLS_WANT_READ;
    struct tls *server;
    int fds[2], rounds;
    SSL *ssl;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    server = tls_new(context, fds[1], NULL);
    SSL_CTX_set_security_level(other, 0);
    SSL_CTX_set_min_proto_version(other, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(other, most);
    assert_int_equal(SSL_CTX_set_cipher_list(other, ciphers), 1);
    ssl = SSL_new(other);
    SSL_set_fd(ssl, fds[0]);
    for (rounds = 0; rounds < ROUNDS_MOST && is_under_way(result); rounds++) {
        SSL_connect(ssl);
        result = tls_handshake(server, false);
    }
    assert_false(is_under_way(result));
    if (result == TLS_OK)
        snprintf(agreed, size, "%s %s", tls_version(server), tls_cipher(server));
    else
        snprintf(agreed, size, "%s", tls_failure(server));
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(other);
    tls_free(&server);
    tls_context_free(&context);
    close(fds[0]);
    close(fds[1]);
}

/* What weak clients offer, and what comes of it. */
static void nothing_weak_is_agreed_on(void **state)
{
    static const struct {
        const char *min_version, *ciphers;
        int most;
        const char *offered, *agreed;
    } rows[] = {
        {NULL, NULL, TLS1_VERSION, "ALL", "no version of TLS in common"},
        {NULL, NULL, TLS1_1_VERSION, "ALL", "no version of TLS in common"},
        {NULL, NULL, TLS1_2_VERSION, "ALL", "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"", "", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", "no cipher in common"}, /* CBC */
        {"1.2", NULL, TLS1_2_VERSION, "AES128-GCM-SHA256", "no cipher in common"}, /* key exchange by RSA */
        {"1.3", NULL, TLS1_2_VERSION, "ALL", "no version of TLS in common"},
        {"1.3", NULL, TLS1_3_VERSION, "ALL", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
        {NULL, "TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_3_VERSION, "ALL",
         "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"},
        {NULL, "TLS_CHACHA20_POLY1305_SHA256", TLS1_2_VERSION, "ALL",
         "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"},
        {NULL, "ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_2_VERSION, "ALL",
         "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305"},
        {NULL, "ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_3_VERSION, "ALL", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
        {NULL, "ECDHE+AESGCM:!AES256", TLS1_2_VERSION, "ALL", "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct tls_server_settings settings = server_settings();
        char agreed[128];

        settings.min_version = rows[i].min_version;
        settings.ciphers = rows[i].ciphers;
        meet_other(&settings, rows[i].most, rows[i].offered, agreed, sizeof agreed);
        assert_string_equal(agreed, rows[i].agreed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_certificate_or_key_is_refused),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(a_key_with_a_pass_phrase_is_refused),
        cmocka_unit_test(settings_that_mean_nothing_are_refused),
        cmocka_unit_test(ciphers_that_are_weak_are_refused),
        cmocka_unit_test(files_that_are_not_there_are_told),
        cmocka_unit_test(what_is_wanting_in_a_clients_files_is_told),
        cmocka_unit_test(the_certificate_must_be_for_the_host),
        cmocka_unit_test(the_certificate_must_be_signed_by_whom_we_trust),
        cmocka_unit_test(a_chain_is_sent),
        cmocka_unit_test(clients_must_show_a_certificate_where_one_is_demanded),
        cmocka_unit_test(nothing_weak_is_agreed_on),
    };

    return cmocka_run_group_tests(tests, make_identities, clear_identities);
}
