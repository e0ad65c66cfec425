/* SPDX-License-Identifier: Apache-2.0
 *
 * What arrives on a control socket: a message, descriptors, the connection's entry in the shared segment as another
 * process left it, and unread input in a memfd. Whatever they are: what makes no sense is an error, no descriptor
 * leaks, what a snapshot carries arrives to the byte, and the connection that comes of it can be served and closed. A
 * generation that is sent is read as a worker reads it, and ticket keys are taken over.
 *
 * The input is a line of words, then the unread input, the generation's bytes, or those of the keys. A word is a letter with a number behind
 * it (0 when it has none); letters that are not known do nothing. One thread.
 *
 *     k N   the message's kind, m its length, i its index, d its id; without these it is a right HANDOVER_SENT
 *     s     a descriptor goes along: of a socket; u of a sealed memfd with what follows the line, o of an unsealed one,
 *           n of something else
 *     f     the entry is free
 *     p N   in the entry: the protocol's version; q marks it killed; r N since when its request is under way; a that it
 *           is authenticated; t fills its texts with rubbish */
#include "tests/unit/backend/fixture.h"

#include <ctype.h>
#include <sys/mman.h>

#include "common/tls_tickets.h"
#include "daemon/backend/handover.h"
#include "daemon/backend/turn.h"
#include "daemon/sys/snapshot.h"
#include "tests/fuzz/clock.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST      16384
#define LINE_LONGEST 200
#define HEAD_BYTES   offsetof(struct handover, tickets) /* of a message that has no keys */
#define INDEX        4
#define ID           900
#define TURNS_MOST   100000
#define BEGINNING_US UINT64_C(1000000000)

static struct connections *worker_table;
static struct tls_tickets *tickets;
static int control[2]; /* the master's end, the worker's end */

/* What the input asks for. */
struct plan {
    struct handover message;
    size_t message_length;
    unsigned fd_count;
    int fds[MESSAGE_FDS];
    char fd_kinds[MESSAGE_FDS];
    int client; /* the other end of the socket, or -1 */
    struct connection_entry *entry;
    const char *bytes; /* what follows the line */
    size_t length;
};

static void stop(void)
{
    connections_free(&worker_table);
    tls_tickets_free(&tickets);
    fixture_stop_backend(NULL);
}

static void start(void)
{
    static struct process worker_side;
    struct error error;

    if (worker_table != NULL)
        return;
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* the fixture's own assertions, too, are findings */
    FUZZ_CHECK(fixture_start_backend(NULL) == 0, "no fixture");
    atexit(stop);
    fixture.config->faults.enable = false;
    fixture.config->limits.max_output = 262144;
    fixture.config->limits.max_command_time_us = 20000;
    FUZZ_CHECK(command_disable("hash", &error) == 0, "%s", error.text);
    process_init(&worker_side, 1, fixture.generations, fixture.segment, fixture.process.log, 4, 4);
    tickets = tls_tickets_new();
    worker_table = connections_new(&worker_side);
    FUZZ_CHECK(tickets != NULL && worker_table != NULL &&
                   socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0,
               "no worker");
}

/* --- what is sent -------------------------------------------------------------------------------------------------- */

static int unsealed(const struct plan *plan)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && write(fd, plan->bytes, plan->length) == (ssize_t)plan->length, "no memfd");
    return fd;
}

static int descriptor(struct plan *plan, char kind)
{
    struct error error;
    int pair[2];

    if (kind == 'u')
        return snapshot_write("fuzz", plan->bytes, plan->length, &error);
    if (kind == 'o')
        return unsealed(plan);
    if (kind == 'n' || plan->client >= 0)
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "no socket");
    plan->client = pair[1];
    return pair[0];
}

static void rubbish(struct connection_entry *entry)
{
    memset(entry->user, 0x41, sizeof entry->user);
    memset(entry->name, 0x1b, sizeof entry->name);
    memset(entry->address, 0xff, sizeof entry->address);
    memset(entry->library, 0x0a, sizeof entry->library);
}

static void take_word(struct plan *plan, char letter, uint64_t number)
{
    struct connection_entry *entry = plan->entry;

    if (strchr("suon", letter) != NULL && plan->fd_count < MESSAGE_FDS) {
        plan->fd_kinds[plan->fd_count] = letter;
        plan->fds[plan->fd_count] = descriptor(plan, letter);
        FUZZ_CHECK(plan->fds[plan->fd_count] >= 0, "no descriptor");
        plan->fd_count++;
    }
    if (letter == 'k') {
        plan->message.kind = (uint32_t)number;
        plan->message_length = number == HANDOVER_TICKETS ? sizeof plan->message : HEAD_BYTES;
    } else if (letter == 'm')
        plan->message_length = number % (sizeof plan->message + 1);
    else if (letter == 'i')
        plan->message.index = (uint32_t)number;
    else if (letter == 'd')
        plan->message.id = number;
    else if (letter == 'f')
        atomic_store(&entry->state, CONNECTION_FREE);
    else if (letter == 'p')
        atomic_store(&entry->protocol, (uint8_t)number);
    else if (letter == 'q')
        segment_set32(&entry->kill, 1);
    else if (letter == 'r')
        segment_set(&entry->request_started_us, number);
    else if (letter == 'a')
        shared_text_store(entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), "anna", 4);
    else if (letter == 't')
        rubbish(entry);
}

static struct plan read_plan(const char *text, size_t length)
{
    size_t most = length < LINE_LONGEST ? length : LINE_LONGEST, at = 0;
    const char *end = memchr(text, '\n', most);
    size_t line = end != NULL ? (size_t)(end - text) : most;
    struct plan plan = {.message = {.kind = HANDOVER_SENT, .index = INDEX, .id = ID},
                        .message_length = HEAD_BYTES,
                        .client = -1,
                        .bytes = text + line + (end != NULL),
                        .length = length - line - (end != NULL)};

    memcpy(&plan.message.tickets, plan.bytes,
           plan.length < sizeof plan.message.tickets ? plan.length : sizeof plan.message.tickets);
    memset(&fixture.segment->connections[INDEX], 0, sizeof fixture.segment->connections[INDEX]);
    plan.entry = fixture_connection(INDEX, ID);
    while (at < line) {
        char letter = text[at++];
        uint64_t number = 0;

        while (at < line && isdigit((unsigned char)text[at]))
            number = number * 10 + (uint64_t)(text[at++] - '0');
        if (letter != '\0')
            take_word(&plan, letter, number);
    }
    return plan;
}

/* --- what comes of it ---------------------------------------------------------------------------------------------- */

static void swallow(const struct plan *plan)
{
    char bytes[4096];

    while (plan->client >= 0 && recv(plan->client, bytes, sizeof bytes, 0) > 0)
        ;
}

/* Until it is to be closed: the client sends nothing more, and takes all that it gets. */
static void serve(const struct plan *plan, struct connection *connection)
{
    enum turn_next next;
    unsigned turns = 0;

    if (plan->client >= 0)
        shutdown(plan->client, SHUT_WR);
    do {
        FUZZ_CHECK(++turns < TURNS_MOST, "it does not come to an end");
        next = turn_take(worker_table, connection, &fixture.worker, TURN_NOW);
        FUZZ_CHECK(buffer_length(&connection->session.out) <= fixture.config->limits.max_output,
                   "%zu pending", buffer_length(&connection->session.out));
        swallow(plan);
        if (next == TURN_WAIT)
            fuzz_clock_advance(session_wake_us(&connection->session));
    } while (next != TURN_CLOSE);
}

static void check_unread(const struct plan *plan, const struct connection *connection)
{
    const struct buffer *in = &connection->session.in;
    bool sealed = plan->fd_count == 2 && plan->fd_kinds[1] == 'u';

    if (plan->fd_count < 2) {
        FUZZ_CHECK(!connection->gone && buffer_length(in) == 0, "unread input out of nothing");
        return;
    }
    FUZZ_CHECK(connection->gone == !sealed, "gone %d, sealed %d", connection->gone, sealed);
    FUZZ_CHECK(!sealed || (buffer_length(in) == plan->length &&
                           (plan->length == 0 || memcmp(buffer_head(in), plan->bytes, plan->length) == 0)),
               "%zu bytes became %zu", plan->length, buffer_length(in));
}

static void take_connection(const struct plan *plan, const struct handover *message, int fds[MESSAGE_FDS])
{
    struct connection *connection = handover_open(worker_table, message, fds);
    bool right =
        message->index == INDEX && message->id == ID && atomic_load(&plan->entry->state) == CONNECTION_USED;

    FUZZ_CHECK((connection != NULL) == right, "opened %d, index %u, id %llu", connection != NULL,
               message->index, (unsigned long long)message->id);
    if (connection == NULL)
        return;
    check_unread(plan, connection);
    serve(plan, connection);
    connection_close(worker_table, connection, connection->session.reason);
}

static void take_generation(int fds[MESSAGE_FDS])
{
    struct buffer bytes = {0}, problems = {0};
    struct generation *generation = NULL;
    struct error error;

    if (snapshot_read(fds[0], GENERATION_MOST, &bytes, &error) == 0)
        generation = generation_read(buffer_head(&bytes), buffer_length(&bytes), 2, NULL, &problems);
    generation_free(&generation);
    generation_wipe(&bytes);
    buffer_free(&problems);
    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
}

static void receive(const struct plan *plan)
{
    struct handover message;
    int fds[MESSAGE_FDS];
    enum message_result result = handover_receive(control[1], &message, fds);

    if (plan->message_length == 0 && plan->fd_count == 0 && result == MESSAGE_CLOSED)
        return; /* an empty message looks like the end */
    FUZZ_CHECK(result == MESSAGE_OK || result == MESSAGE_ERROR, "result %d", result);
    if (result != MESSAGE_OK)
        return;
    FUZZ_CHECK(plan->message_length == (message.kind == HANDOVER_TICKETS ? sizeof message : HEAD_BYTES) &&
                   message.kind == plan->message.kind,
               "%zu bytes are taken for a message of kind %u", plan->message_length, message.kind);
    if (message.kind == HANDOVER_TICKETS)
        tls_tickets_set(tickets, &message.tickets);
    if (message.kind == HANDOVER_GENERATION)
        take_generation(fds);
    else if (plan->fd_count > 0)
        take_connection(plan, &message, fds);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct plan plan;
    int before;

    if (length < 1 || length > LONGEST)
        return 0;
    start();
    before = fixture_next_descriptor();
    fuzz_clock_start(BEGINNING_US);
    plan = read_plan((const char *)bytes, length);
    FUZZ_CHECK(message_send(control[0], &plan.message, plan.message_length, plan.fds, plan.fd_count) ==
                   MESSAGE_OK,
               "it can't be sent");
    for (unsigned i = 0; i < plan.fd_count; i++)
        close(plan.fds[i]);
    receive(&plan);
    if (plan.client >= 0)
        close(plan.client);
    fuzz_clock_stop();
    FUZZ_CHECK(fixture_next_descriptor() == before, "a descriptor is left open");
    return 0;
}
