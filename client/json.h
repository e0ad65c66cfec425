/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_JSON_H
#define CONCUR_CLIENT_JSON_H

#include <jansson.h>

/* Building JSON so that memory need be checked but once: whatever lacks a part for want of it becomes NULL, and so
 * does what that was to be a part of, up to the whole. All take the `value` over, also a NULL one. */
void json_put(json_t **object, const char *name, json_t *value);
void json_add(json_t **array, json_t *value);

/* Any text; what is no UTF-8, which JSON must be, as printable() shows it. NULL when memory is short. */
json_t *json_make_text(const char *text);

#endif
