/* SPDX-License-Identifier: Apache-2.0
 *
 * What reports in JSON share. jansson takes the NULL of a failed allocation for a value that is missing and goes on
 * without it; a report is to be whole or none. Any thread. */
#include "client/json.h"

#include <stdlib.h>
#include <string.h>

#include "common/printable.h"

static void keep_if(json_t **whole, int status)
{
    if (status == 0)
        return;
    json_decref(*whole);
    *whole = NULL; /* and takes no more */
}

void json_put(json_t **object, const char *name, json_t *value)
{
    keep_if(object, json_object_set_new(*object, name, value));
}

void json_add(json_t **array, json_t *value)
{
    keep_if(array, json_array_append_new(*array, value));
}

json_t *json_make_text(const char *text)
{
    json_t *string = json_string(text);
    char *copy = string == NULL ? strdup(text) : NULL;

    if (copy == NULL)
        return string;
    printable_text(copy);
    string = json_string(copy);
    free(copy);
    return string;
}
