/* SPDX-License-Identifier: Apache-2.0
 *
 * /healthz and /readyz on libevent's evhttp. Requests are small, bodies refused, headers bounded, slow peers and too many
 * of them (guests.h) shown out: whoever may reach the port must not be able to disturb the main loop. Runs in the master's
 * main thread. */
#include "daemon/admin/admin.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "daemon/admin/guests.h"
#include "daemon/net/address.h"

#define BACKLOG      128
#define HEADERS_MOST 8192 /* bytes */
#define PAUSE_MS     100  /* after an accept for which there was no descriptor */
#define TIMEOUT_S    5    /* for a request to arrive and its reply to leave */

struct admin {
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *resume;
    struct guests *guests;
    struct admin *next; /* in `all` */
    bool ready;
    char name[ADDRESS_TEXT_BYTES];
};

/* Two lengths are two requests to two readers. evhttp takes the first. */
static bool has_two_lengths(struct evhttp_request *request)
{
    const struct evkeyval *header;
    unsigned lengths = 0;

    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
    lengths += strcasecmp(header->key, "Content-Length") == 0;
    return lengths > 1;
}

static void answer(struct admin *admin, struct evhttp_request *request, int code, const char *word,
                   const char *body)
{
    struct evbuffer *content = evbuffer_new();

    guests_answered(admin->guests, evhttp_connection_get_bufferevent(evhttp_request_get_connection(request)));
    if (content == NULL || has_two_lengths(request)) {
        evhttp_send_error(request, content == NULL ? HTTP_INTERNAL : HTTP_BADREQUEST, NULL);
        if (content != NULL)
            evbuffer_free(content);
        return;
    }
    evbuffer_add_printf(content, "%s\n", body);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "text/plain; charset=utf-8");
    evhttp_add_header(evhttp_request_get_output_headers(request), "Cache-Control", "no-store");
    evhttp_send_reply(request, code, word, content);
    evbuffer_free(content);
}

static void on_health(struct evhttp_request *request, void *context)
{
    answer(context, request, HTTP_OK, "OK", "ok");
}

static void on_ready(struct evhttp_request *request, void *context)
{
    struct admin *admin = context;

    if (admin->ready)
        answer(admin, request, HTTP_OK, "OK", "ready");
    else
        answer(admin, request, HTTP_SERVUNAVAIL, "Service Unavailable", "not ready");
}

static void on_other(struct evhttp_request *request, void *context)
{
    answer(context, request, HTTP_NOTFOUND, "Not Found", "not found; there are /healthz and /readyz");
}

/* Those of this process, the newest first - two while one takes over from another: evhttp keeps the listener's context
 * for itself. */
static struct admin *all;

/* Descriptors are short: without a pause the listener would be readable again at once, for ever. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};

    struct admin *admin = all;

    (void)context;
    while (admin->listener != listener)
        admin = admin->next;
    evconnlistener_disable(listener);
    event_add(admin->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct admin *admin = context;

    (void)fd;
    (void)what;
    evconnlistener_enable(admin->listener);
}

/* Around a socket that listens already: a backlog of 0 says so. */
static int take_over(struct admin *admin, struct event_base *base, int fd, struct error *error)
{
    admin->listener = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd);
    if (admin->listener != NULL)
        return 0;
    close(fd);
    return error_set(error, "no memory for the admin listener");
}

static int bind_new(struct admin *admin, struct event_base *base, const char *spec, struct error *error)
{
    struct address address;

    if (address_parse(spec, &address, error) != 0)
        return -1;
    admin->listener = evconnlistener_new_bind(
        base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG,
        (struct sockaddr *)&address.storage, (int)address.length);
    if (admin->listener == NULL)
        return error_errno(error, "admin.listen = %s: can't listen", spec);
    return 0;
}

static int serve(struct admin *admin, const char *spec, struct error *error)
{
    struct address address = {.length = sizeof address.storage};

    if (evhttp_bind_listener(admin->http, admin->listener) == NULL) {
        evconnlistener_free(admin->listener);
        return error_set(error, "admin.listen = %s: no memory", spec != NULL ? spec : "an inherited socket");
    }
    admin->next = all;
    all = admin;
    evconnlistener_set_error_cb(admin->listener, on_accept_error);
    getsockname(evconnlistener_get_fd(admin->listener), (struct sockaddr *)&address.storage, &address.length);
    address_format(&address, admin->name);
    return 0;
}

struct admin *admin_start(struct event_base *base, const char *spec, int fd, struct error *error)
{
    struct admin *admin = calloc(1, sizeof *admin);

    if (admin != NULL) {
        admin->http = evhttp_new(base);
        admin->resume = evtimer_new(base, on_resume, admin);
        admin->guests = admin->http != NULL ? guests_new(base, admin->http) : NULL;
    }
    if (admin == NULL || admin->resume == NULL || admin->guests == NULL) {
        error_set(error, "no memory for the admin listener");
        admin_stop(&admin);
        return NULL;
    }
    evhttp_set_allowed_methods(admin->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(admin->http, HEADERS_MOST);
    evhttp_set_max_body_size(admin->http, 0);
    evhttp_set_timeout(admin->http, TIMEOUT_S);
    evhttp_set_gencb(admin->http, on_other, admin);
    if (evhttp_set_cb(admin->http, "/healthz", on_health, admin) != 0 ||
        evhttp_set_cb(admin->http, "/readyz", on_ready, admin) != 0)
        error_set(error, "no memory for the admin listener");
    else if ((fd >= 0 ? take_over(admin, base, fd, error) : bind_new(admin, base, spec, error)) == 0 &&
             serve(admin, spec, error) == 0)
        return admin;
    admin_stop(&admin);
    return NULL;
}

void admin_stop(struct admin **admin)
{
    struct admin **place = &all;

    if (*admin == NULL)
        return;
    while (*place != NULL && *place != *admin)
        place = &(*place)->next;
    if (*place != NULL)
        *place = (*admin)->next;
    if ((*admin)->http != NULL)
        evhttp_free((*admin)->http);
    guests_free(&(*admin)->guests);
    if ((*admin)->resume != NULL)
        event_free((*admin)->resume);
    free(*admin);
    *admin = NULL;
}

void admin_set_ready(struct admin *admin, bool ready)
{
    if (admin != NULL)
        admin->ready = ready;
}

const char *admin_name(const struct admin *admin)
{
    return admin->name;
}
