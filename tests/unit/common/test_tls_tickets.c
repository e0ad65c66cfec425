/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that are resumed at another server with the same ticket keys, and not with others. One thread, but for the test
 * that changes keys meanwhile. */
#include "tests/unit/common/tls_fixture.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* What OpenSSL asks for the time: this comes before the C library's. */
static atomic_long ahead_s;

time_t time(time_t *seconds)
{
    struct timespec now;
    time_t result;

    clock_gettime(CLOCK_REALTIME, &now);
    result = now.tv_sec + atomic_load(&ahead_s);
    if (seconds != NULL)
        *seconds = result;
    return result;
}

/* A server of its own: a context and ticket keys. */
struct place {
    struct tls_tickets *tickets;
    struct tls_context *context;
};

static struct tls_context *client_context;
static struct tls_ticket_keys keys;

static void place_open_with(struct place *place, struct tls_server_settings *settings)
{
    place->tickets = tls_tickets_new();
    assert_non_null(place->tickets);
    tls_tickets_set(place->tickets, &keys);
    settings->tickets = place->tickets;
    place->context = new_server(settings);
}

static void place_open(struct place *place, const char *min_version)
{
    struct tls_server_settings settings = server_settings();

    settings.min_version = min_version;
    place_open_with(place, &settings);
}

static void place_close(struct place *place)
{
    tls_context_free(&place->context);
    tls_tickets_free(&place->tickets);
    assert_null(place->tickets);
}

static int make_all(void **state)
{
    struct tls_client_settings settings;

    make_identities(state);
    settings = (struct tls_client_settings){.ca_file = authority_file};
    client_context = new_client(&settings);
    return 0;
}

static int clear_all(void **state)
{
    tls_context_free(&client_context);
    return clear_identities(state);
}

/* A visit that offers to resume what was kept, and keeps what it gets; whether it was resumed. */
static bool visit_by(struct tls_context *client, struct tls_context *server, struct tls_session **session)
{
    struct pair pair;
    bool resumed;

    pair_open(&pair, client, server, "localhost");
    tls_session_offer(*session, pair.client);
    assert_shaken(&pair);
    resumed = tls_was_resumed(pair.client);
    assert_int_equal(tls_was_resumed(pair.server), resumed);
    assert_written(pair.server, "+PONG\r\n");
    assert_reads(pair.client, "+PONG\r\n"); /* and the ticket before it */
    tls_session_keep(session, pair.client);
    pair_close(&pair);
    return resumed;
}

static bool visit(struct tls_context *server, struct tls_session **session)
{
    return visit_by(client_context, server, session);
}

static void sessions_resume_at_another_server_with_the_same_keys(void **state)
{
    struct tls_session *session = NULL;
    struct place here, there;

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    assert_int_equal(keys.count, 1);
    place_open(&here, NULL);
    place_open(&there, NULL);
    assert_false(visit(here.context, &session));
    assert_non_null(session);
    assert_true(visit(there.context, &session));
    assert_true(visit(here.context, &session));
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    tls_tickets_set(there.tickets, &keys);
    assert_false(visit(there.context, &session));
    tls_session_free(&session);
    assert_null(session);
    place_close(&here);
    place_close(&there);
}

/* A visit to a server of its own, with the same keys as all. */
static bool visit_other(const struct tls_server_settings *settings, struct tls_context *client,
                        struct tls_session **session)
{
    struct tls_server_settings with_keys = *settings;
    struct tls_tickets *tickets = tls_tickets_new();
    struct tls_context *server;
    bool resumed;

    assert_non_null(tickets);
    tls_tickets_set(tickets, &keys);
    with_keys.tickets = tickets;
    server = new_server(&with_keys);
    resumed = visit_by(client, server, session);
    tls_context_free(&server);
    tls_tickets_free(&tickets);
    return resumed;
}

/* The keys are the same all the time: whoever began a handshake before a reload has a ticket of after it. */
static void sessions_resume_only_with_the_credentials_that_they_began_with(void **state)
{
    static const char *const versions[] = {"1.2", "1.3"};
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_server_settings settings = server_settings();
    struct identity other;
    char both[8192];
    size_t i;

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    identity_make(&other, "other", "DNS:localhost", &authority, 10);
    snprintf(both, sizeof both, "%s%s", authority.certificate_pem, stranger.certificate_pem);
    client.cert_file = identity_file(client_identity.certificate_pem);
    client.key_file = identity_file(client_identity.key_pem);
    for (i = 0; i < 2; i++) {
        struct tls_context *context = new_client(&client);
        struct tls_session *session = NULL;

        settings = server_settings();
        settings.min_version = versions[i];
        assert_false(visit_other(&settings, context, &session));
        assert_true(visit_other(&settings, context, &session));
        settings.client_ca = identity_pem(both);
        assert_false(visit_other(&settings, context, &session));
        assert_true(visit_other(&settings, context, &session));
        settings.client_ca = identity_pem(authority.certificate_pem);
        assert_false(visit_other(&settings, context, &session));
        assert_true(visit_other(&settings, context, &session));
        settings.certificate = identity_pem(other.certificate_pem);
        settings.key = identity_pem(other.key_pem);
        assert_false(visit_other(&settings, context, &session));
        assert_true(visit_other(&settings, context, &session));
        tls_session_free(&session);
        tls_context_free(&context);
    }
    identity_file_remove((char *)client.cert_file);
    identity_file_remove((char *)client.key_file);
    identity_clear(&other);
}

/* The same clients, the session is young, but the certificate's time is over in between. */
static void nobody_is_resumed_whose_certificate_has_expired(void **state)
{
    struct tls_server_settings settings = server_settings();
    struct tls_client_settings client = {.ca_file = authority_file};
    struct tls_session *session = NULL;
    struct tls_context *context;
    struct identity brief;
    struct place place;
    struct pair pair;

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    identity_make_for(&brief, "brief", "DNS:brief", &authority, 100);
    client.cert_file = identity_file(brief.certificate_pem);
    client.key_file = identity_file(brief.key_pem);
    context = new_client(&client);
    settings.client_ca = identity_pem(authority.certificate_pem);
    place_open_with(&place, &settings);
    assert_false(visit_by(context, place.context, &session));
    assert_true(visit_by(context, place.context, &session));
    atomic_store(&ahead_s, 200);
    pair_open(&pair, context, place.context, "localhost");
    tls_session_offer(session, pair.client);
    pair_shake(&pair);
    assert_int_equal(pair.server_result, TLS_ERROR);
    assert_string_equal(tls_verify_failure(pair.server), "certificate has expired");
    atomic_store(&ahead_s, 0);
    pair_close(&pair);
    place_close(&place);
    tls_session_free(&session);
    tls_context_free(&context);
    identity_clear(&brief);
    identity_file_remove((char *)client.cert_file);
    identity_file_remove((char *)client.key_file);
}

static void old_keys_open_until_they_are_rotated_out(void **state)
{
    struct tls_session *session = NULL, *unused = NULL;
    struct place place;
    unsigned rotations;

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    place_open(&place, NULL);
    for (rotations = 0; rotations <= TLS_TICKET_KEYS_MOST; rotations++) {
        assert_false(visit(place.context, &session));
        for (unsigned i = 0; i < rotations; i++) {
            assert_int_equal(tls_ticket_keys_rotate(&keys), 0);
            tls_tickets_set(place.tickets, &keys);
        }
        assert_int_equal(visit(place.context, &session), rotations < TLS_TICKET_KEYS_MOST);
        tls_session_free(&session);
    }
    assert_int_equal(keys.count, TLS_TICKET_KEYS_MOST);
    /* What an old key has opened is sealed by the newest: it outlives the old one. */
    assert_false(visit(place.context, &session));
    for (rotations = 0; rotations < 2 * TLS_TICKET_KEYS_MOST; rotations++) {
        assert_int_equal(tls_ticket_keys_rotate(&keys), 0);
        tls_tickets_set(place.tickets, &keys);
        assert_true(visit(place.context, &session));
    }
    tls_session_free(&session);
    assert_false(visit(place.context, &unused));
    tls_session_free(&unused);
    place_close(&place);
}

/* An OpenSSL client of TLS 1.2, which gets its ticket within the handshake. */
static bool visit_old(SSL_CTX *old, struct tls_context *server, SSL_SESSION **session)
{
    SSL *ssl = SSL_new(old);
    struct tls *tls;
    int fds[2], rounds = 0;
    enum tls_result result = TLS_WANT_READ;
    bool resumed;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    tls = tls_new(server, fds[1], NULL);
    SSL_set_fd(ssl, fds[0]);
    if (*session != NULL)
        SSL_set_session(ssl, *session);
    while (SSL_connect(ssl) != 1 || result != TLS_OK) {
        assert_true(rounds++ < ROUNDS_MOST);
        if (result != TLS_OK)
            result = tls_handshake(tls, false);
    }
    assert_string_equal(tls_version(tls), "TLSv1.2");
    resumed = tls_was_resumed(tls);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(ssl);
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
    SSL_free(ssl);
    tls_free(&tls);
    close(fds[0]);
    close(fds[1]);
    return resumed;
}

static void sessions_of_tls12_resume_too(void **state)
{
    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    SSL_SESSION *session = NULL;
    struct place here, there;

    (void)state;
    SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    place_open(&here, NULL);
    place_open(&there, NULL);
    assert_false(visit_old(old, here.context, &session));
    assert_true(visit_old(old, there.context, &session));
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    tls_tickets_set(there.tickets, &keys);
    assert_false(visit_old(old, there.context, &session));
    SSL_SESSION_free(session);
    SSL_CTX_free(old);
    place_close(&here);
    place_close(&there);
}

/* With TLS 1.2 a session brings its cipher with it, whatever the server would choose now. */
static void a_cipher_that_is_no_longer_wanted_is_not_resumed(void **state)
{
    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    struct tls_server_settings settings = server_settings();
    SSL_SESSION *session = NULL;
    struct place before, same, after;

    (void)state;
    SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    settings.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    place_open_with(&before, &settings);
    place_open_with(&same, &settings);
    settings.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
    place_open_with(&after, &settings);
    assert_false(visit_old(old, before.context, &session));
    assert_true(visit_old(old, same.context, &session));
    assert_false(visit_old(old, after.context, &session));
    assert_string_equal(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)), settings.ciphers);
    SSL_SESSION_free(session);
    SSL_CTX_free(old);
    place_close(&before);
    place_close(&same);
    place_close(&after);
}

static void nothing_is_resumed_without_keys(void **state)
{
    struct tls_server_settings settings = server_settings();
    struct tls_context *without = new_server(&settings);
    struct tls_session *session = NULL;
    struct place place;

    (void)state;
    assert_false(visit(without, &session));
    assert_null(session);
    memset(&keys, 0, sizeof keys);
    place_open(&place, NULL);
    assert_false(visit(place.context, &session));
    assert_false(visit(place.context, &session));
    keys.count = TLS_TICKET_KEYS_MOST + 1; /* what a broken message might say */
    tls_tickets_set(place.tickets, &keys);
    assert_false(visit(place.context, &session));
    assert_false(visit(place.context, &session));
    tls_session_free(&session);
    place_close(&place);
    tls_context_free(&without);
}

struct changer {
    pthread_t thread;
    struct tls_tickets *tickets;
    atomic_bool over;
};

static void *change_keys(void *argument)
{
    struct changer *changer = argument;
    struct tls_ticket_keys fresh;

    if (tls_ticket_keys_make(&fresh) != 0)
        return NULL;
    while (!atomic_load(&changer->over)) {
        if (tls_ticket_keys_rotate(&fresh) != 0)
            break;
        tls_tickets_set(changer->tickets, &fresh);
    }
    return NULL;
}

/* Whatever keys a handshake meets, it succeeds. */
static void keys_may_change_while_hands_are_shaken(void **state)
{
    struct changer changer = {.over = false};
    struct tls_session *session = NULL;
    struct place place;
    int i;

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    place_open(&place, NULL);
    changer.tickets = place.tickets;
    assert_int_equal(pthread_create(&changer.thread, NULL, change_keys, &changer), 0);
    for (i = 0; i < 50; i++)
        visit(place.context, &session);
    atomic_store(&changer.over, true);
    pthread_join(changer.thread, NULL);
    tls_session_free(&session);
    place_close(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_resume_at_another_server_with_the_same_keys),
        cmocka_unit_test(sessions_resume_only_with_the_credentials_that_they_began_with),
        cmocka_unit_test(nobody_is_resumed_whose_certificate_has_expired),
        cmocka_unit_test(old_keys_open_until_they_are_rotated_out),
        cmocka_unit_test(sessions_of_tls12_resume_too),
        cmocka_unit_test(a_cipher_that_is_no_longer_wanted_is_not_resumed),
        cmocka_unit_test(nothing_is_resumed_without_keys),
        cmocka_unit_test(keys_may_change_while_hands_are_shaken),
    };

    return cmocka_run_group_tests(tests, make_all, clear_all);
}
