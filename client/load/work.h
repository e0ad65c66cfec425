/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_WORK_H
#define CONCUR_CLIENT_LOAD_WORK_H

#include "client/load/mix.h"

/* Appends to a mix the command WORK with a shape that a person wrote: "cpu=200us wait=3ms reply=4k". Says here what
 * is wrong with it, before anything is sent. 0, or -1 with the reason. */
MUST_USE int work_add(struct mix *mix, const char *shape, struct error *error);

#endif
