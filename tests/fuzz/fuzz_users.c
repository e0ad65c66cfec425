/* SPDX-License-Identifier: Apache-2.0
 *
 * The users file. Either it is read, and then it has a user for each line that is none of a comment's, found by name, with
 * the hash that was written there to the letter; or there are lines that say why not. No message shows more of the file
 * than a name.
 *
 * The input is the file. Nothing is hashed. One thread. */
#include "daemon/config/config.h"
#include "daemon/config/users.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST 65536

/* A line of the file without its end. */
struct line {
    const char *at;
    size_t length;
};

static bool next_line(const char *text, size_t length, size_t *at, struct line *line)
{
    const char *end;

    if (*at >= length)
        return false;
    line->at = text + *at;
    end = memchr(line->at, '\n', length - *at);
    line->length = end != NULL ? (size_t)(end - line->at) : length - *at;
    *at += line->length + (end != NULL);
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

static void check_user(const struct users *users, const struct line *line)
{
    const char *colon = memchr(line->at, ':', line->length);
    char text[PASSWORD_TEXT_BYTES];
    size_t name, hash;

    FUZZ_CHECK(colon != NULL, "a line without a colon is taken: %.*s", (int)line->length, line->at);
    name = (size_t)(colon - line->at);
    hash = line->length - name - 1;
    FUZZ_CHECK(name > 0 && users_has(users, line->at, name), "there is no '%.*s'", (int)name, line->at);
    password_format(users_hash(users, line->at, name), text);
    FUZZ_CHECK(strlen(text) == hash && memcmp(text, colon + 1, hash) == 0, "%.*s is read as %s", (int)hash,
               colon + 1, text);
}

static void check_users(const struct users *users, const char *text, size_t length)
{
    size_t at = 0, count = 0;
    struct line line;

    while (next_line(text, length, &at, &line)) {
        if (line.length == 0 || line.at[0] == '#')
            continue;
        check_user(users, &line);
        count++;
    }
    FUZZ_CHECK(users_count(users) == count, "%zu users in %zu lines", users_count(users), count);
    FUZZ_CHECK(!users_has(users, "nobody here", 11), "a name that can't be");
    (void)users_hash(users, "nobody here", 11);
}

/* Whole lines, and nothing that stands behind a colon and is longer than a name. */
static void check_problems(const struct buffer *problems, const char *text, size_t length)
{
    const char *said = buffer_head(problems);
    size_t said_length = buffer_length(problems), at = 0;
    struct line line;

    FUZZ_CHECK(said_length > 0 && said[said_length - 1] == '\n', "it is refused without a reason");
    for (size_t i = 0; i < said_length; i++)
        FUZZ_CHECK((unsigned char)said[i] >= ' ' || said[i] == '\n', "a control byte in:\n%.*s",
                   (int)said_length, said);
    while (next_line(text, length, &at, &line)) {
        const char *colon = memchr(line.at, ':', line.length);
        size_t behind = colon != NULL ? line.length - (size_t)(colon - line.at) - 1 : 0;

        FUZZ_CHECK(behind <= USERS_NAME_LONGEST || memmem(said, said_length, colon + 1, behind) == NULL,
                   "a hash is shown:\n%.*s", (int)said_length, said);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct buffer problems = {0};
    struct users *users;
    char *text;

    if (length > LONGEST)
        return 0;
    text = fuzz_copy(bytes, length);
    users = users_read("users", text, length, &problems);
    if (users != NULL)
        check_users(users, text, length);
    else
        check_problems(&problems, text, length);
    FUZZ_CHECK(users == NULL || buffer_length(&problems) == 0, "%.*s", (int)buffer_length(&problems),
               buffer_head(&problems));
    users_free(&users);
    buffer_free(&problems);
    free(text);
    return 0;
}
