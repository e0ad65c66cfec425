/* SPDX-License-Identifier: Apache-2.0
 *
 * CLIENT: names, and the list of all connections whichever process serves them. The list reads the shared segment
 * without a lock, so a line may be a moment old; a kill only marks the entry, and the sweeper of the owning process ends
 * the connection. Runs in workers. */
#include "daemon/command/client_list.h"

#include <string.h>
#include <strings.h>

#include "common/parse.h"

#define ADDRESS_WORDS SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES)
#define NAME_WORDS    SHARED_TEXT_WORDS(CONNECTION_NAME_BYTES)
#define USER_WORDS    SHARED_TEXT_WORDS(CONNECTION_USER_BYTES)
#define PEER_WORDS    SHARED_TEXT_WORDS(CONNECTION_PEER_BYTES)
#define LIBRARY_WORDS SHARED_TEXT_WORDS(CONNECTION_LIBRARY_BYTES)

/* Printable and without blanks: what CLIENT LIST can show in its `key=value` lines (Redis's rule). */
static bool is_plain(struct text word)
{
    size_t i;

    for (i = 0; i < word.length; i++)
        if (word.bytes[i] < '!' || word.bytes[i] > '~')
            return false;
    return true;
}

static int check(struct call *call, struct text word, size_t longest, const char *what)
{
    if (!is_plain(word)) {
        reply_error(call_reply(call), "ERR a %s can't contain spaces, newlines or special characters", what);
        return -1;
    }
    if (word.length > longest) {
        reply_error(call_reply(call), "ERR a %s takes at most %zu bytes", what, longest);
        return -1;
    }
    return 0;
}

int client_name_check(struct call *call, struct text name)
{
    return check(call, name, CONNECTION_NAME_BYTES, "client name");
}

void client_name_set(struct call *call, struct text name)
{
    shared_text_store(call->client->entry->name, NAME_WORDS, name.bytes, name.length);
}

static bool append_line(struct call *call, const struct connection_entry *entry, struct buffer *lines)
{
    const struct segment *segment = call->worker->process->segment;
    char address[CONNECTION_ADDRESS_BYTES + 1], name[CONNECTION_NAME_BYTES + 1];
    char library[CONNECTION_LIBRARY_BYTES + 1], version[CONNECTION_LIBRARY_BYTES + 1];
    char user[CONNECTION_USER_BYTES + 1], certificate[CONNECTION_PEER_BYTES + 1];
    unsigned last = atomic_load_explicit(&entry->command, memory_order_relaxed);
    uint64_t now = call_now(call);
    uint64_t accepted = segment_get(&entry->accepted_us), active = segment_get(&entry->active_us);
    unsigned worker = segment_get32(&entry->worker), process = segment_get32(&entry->process);

    return buffer_printf(lines,
                         "id=%llu addr=%s name=%s age=%llu idle=%llu cmd=%s user=%s resp=%u lib-name=%s "
                         "lib-ver=%s "
                         "tot-cmds=%llu tot-net-in=%llu tot-net-out=%llu process=%u pid=%u worker=%u "
                         "tls=%s cert=%s\n",
                         (unsigned long long)segment_get(&entry->id),
                         shared_text_load(entry->address, ADDRESS_WORDS, address),
                         shared_text_load(entry->name, NAME_WORDS, name),
                         (unsigned long long)(now > accepted ? (now - accepted) / 1000000u : 0),
                         (unsigned long long)(now > active ? (now - active) / 1000000u : 0),
                         last != 0 ? command_at(last - 1u)->command->name : "NULL",
                         shared_text_load(entry->user, USER_WORDS, user),
                         atomic_load_explicit(&entry->protocol, memory_order_relaxed),
                         shared_text_load(entry->library, LIBRARY_WORDS, library),
                         shared_text_load(entry->library_version, LIBRARY_WORDS, version),
                         (unsigned long long)segment_get(&entry->commands),
                         (unsigned long long)segment_get(&entry->rx_bytes),
                         (unsigned long long)segment_get(&entry->tx_bytes), process,
                         segment_get32(&segment->processes[process].pid), worker, segment_tls_name(entry),
                         shared_text_load(entry->certificate, PEER_WORDS, certificate)) == 0;
}

static bool is_used(const struct connection_entry *entry)
{
    /* pairs with the release that filled the entry */
    return atomic_load_explicit(&entry->state, memory_order_acquire) == CONNECTION_USED;
}

static enum command_result reply_lines(struct call *call, struct buffer *lines, bool ok)
{
    if (ok)
        reply_verbatim(call_reply(call), lines->data, buffer_length(lines));
    else
        reply_error(call_reply(call), "ERR out of memory");
    buffer_free(lines);
    return COMMAND_DONE;
}

static enum command_result run_list(struct call *call)
{
    const struct segment *segment = call->worker->process->segment;
    struct buffer lines = {0};
    bool ok = true;
    unsigned i;

    for (i = 0; i < segment->header->connections && ok; i++)
        if (is_used(&segment->connections[i]))
            ok = append_line(call, &segment->connections[i], &lines);
    return reply_lines(call, &lines, ok);
}

static enum command_result run_info(struct call *call)
{
    struct buffer line = {0};

    return reply_lines(call, &line, append_line(call, call->client->entry, &line));
}

static enum command_result run_id(struct call *call)
{
    reply_integer(call_reply(call), (int64_t)call->client->id);
    return COMMAND_DONE;
}

static bool same_address(const struct connection_entry *entry, struct text wanted)
{
    char address[CONNECTION_ADDRESS_BYTES + 1];

    shared_text_load(entry->address, ADDRESS_WORDS, address);
    return strlen(address) == wanted.length && memcmp(address, wanted.bytes, wanted.length) == 0;
}

/* Marks every connection with that id and address, where they are given; the one that asks only when `self`. Answers how
 * many. */
static int64_t kill_matching(struct call *call, uint64_t id, struct text address, bool self)
{
    const struct segment *segment = call->worker->process->segment;
    int64_t marked = 0;
    unsigned i;

    for (i = 0; i < segment->header->connections; i++) {
        struct connection_entry *entry = &segment->connections[i];

        if (!is_used(entry) || (entry == call->client->entry && !self))
            continue;
        if ((address.bytes != NULL && !same_address(entry, address)) ||
            (id != 0 && segment_get(&entry->id) != id))
            continue;
        segment_set32(&entry->kill, 1);
        marked++;
    }
    if (marked != 0)
        atomic_fetch_add_explicit(&segment->header->kills, 1, memory_order_release);
    return marked;
}

/* CLIENT KILL address | CLIENT KILL ID id | ADDR address [SKIPME yes|no] */
static enum command_result run_kill(struct call *call)
{
    struct text address = {0};
    uint64_t id = 0;
    bool skip = true, old_form = call_argc(call) == 2;
    unsigned i;

    if (old_form)
        address = call_arg(call, 1);
    for (i = 1; !old_form && i < call_argc(call); i += 2) {
        struct text value = i + 1 < call_argc(call) ? call_arg(call, i + 1) : (struct text){0};

        if (call_arg_is(call, i, "ADDR") && value.bytes != NULL)
            address = value;
        else if (!(call_arg_is(call, i, "ID") && parse_u64(value.bytes, value.length, &id) == 0 && id != 0) &&
                 !(call_arg_is(call, i, "SKIPME") && parse_bool(value.bytes, value.length, &skip) == 0))
            return call_error(call,
                              "ERR syntax error: CLIENT KILL address, or ID id, ADDR address, SKIPME yes|no");
    }
    if (address.bytes == NULL && id == 0)
        return call_error(call, "ERR CLIENT KILL needs an ID or an ADDR");
    id = (uint64_t)kill_matching(call, id, address, old_form || !skip);
    if (!old_form)
        reply_integer(call_reply(call), (int64_t)id);
    else if (id != 0)
        reply_simple(call_reply(call), "OK");
    else
        reply_error(call_reply(call), "ERR No such client");
    return COMMAND_DONE;
}

static enum command_result run_setname(struct call *call)
{
    if (client_name_check(call, call_arg(call, 1)) != 0)
        return COMMAND_DONE;
    client_name_set(call, call_arg(call, 1));
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static enum command_result run_getname(struct call *call)
{
    char name[CONNECTION_NAME_BYTES + 1];

    shared_text_load(call->client->entry->name, NAME_WORDS, name);
    if (name[0] == '\0')
        reply_null(call_reply(call));
    else
        reply_text(call_reply(call), name);
    return COMMAND_DONE;
}

static enum command_result run_setinfo(struct call *call)
{
    struct text value = call_arg(call, 2);
    bool version = call_arg_is(call, 1, "LIB-VER");

    if (!version && !call_arg_is(call, 1, "LIB-NAME"))
        return call_error(call, "ERR CLIENT SETINFO knows LIB-NAME and LIB-VER");
    if (check(call, value, CONNECTION_LIBRARY_BYTES, version ? "library version" : "library name") != 0)
        return COMMAND_DONE;
    shared_text_store(version ? call->client->entry->library_version : call->client->entry->library,
                      LIBRARY_WORDS, value.bytes, value.length);
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

enum command_result client_run(struct call *call)
{
    static const struct subcommand table[] = {
        {"ID", "ID", 0, 0, run_id},
        {"INFO", "INFO", 0, 0, run_info},
        {"LIST", "LIST", 0, 0, run_list},
        {"KILL", "KILL address | ID id | ADDR address [SKIPME yes|no]", 1, 6, run_kill},
        {"SETNAME", "SETNAME name", 1, 1, run_setname},
        {"GETNAME", "GETNAME", 0, 0, run_getname},
        {"SETINFO", "SETINFO LIB-NAME|LIB-VER value", 2, 2, run_setinfo},
        {0},
    };

    return call_subcommand(call, table);
}
