/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_ASK_H
#define CONCUR_CLIENT_ASK_H

#include "client/link.h"
#include "client/print.h"

/* How an exchange with the server has ended. */
enum ask_result {
    ASK_FINE,
    ASK_ERROR_REPLY, /* printed like any other reply */
    ASK_LOST         /* the link is gone; the reason is in the error */
};

/* Sends one command and prints its reply to stdout, an aggregate element by element as it arrives. Waits for
 * as long as it takes. */
enum ask_result ask(struct link *link, const struct resp_word *words, size_t count, enum print_style style,
                    struct error *error);

/* How replies are asked for and shown: the options of every verb that shows them. */
struct ask_settings {
    bool raw, no_raw;
    uint64_t protocol; /* 0: whatever the server starts with */
};

extern const struct option_table ask_options;

/* What the settings ask for; else what suits stdout: pretty on a terminal, raw elsewhere. */
enum print_style ask_style(const struct ask_settings *settings);

#endif
