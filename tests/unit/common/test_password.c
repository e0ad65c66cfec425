/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashes: against RFC 7914's published vectors, there and back as text, and every way in which the text of one
 * can be wrong. One thread. */
#include "tests/unit/unit.h"

#include "common/password.h"

#define CHEAP ((struct password_cost){.ln = 10, .r = 1, .p = 1})

static struct password_hash hash;
static struct error error;
static char text[PASSWORD_TEXT_BYTES];

static int parse(const char *word)
{
    char *copy = unit_copy(word, strlen(word));
    int result = password_parse(copy, strlen(word), &hash, &error);

    free(copy);
    return result;
}

static enum password_result check(const char *password)
{
    return password_check(&hash, password, strlen(password));
}

/* The third vector of RFC 7914's chapter 12, as text. */
static void a_published_sum_is_right(void **state)
{
    (void)state;
    assert_int_equal(parse("$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+"
                           "qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"),
                     0);
    assert_int_equal(hash.cost.ln, 14);
    assert_int_equal(hash.cost.r, 8);
    assert_int_equal(hash.cost.p, 1);
    assert_int_equal(hash.salt_length, 14);
    assert_int_equal(hash.sum_length, 64);
    assert_int_equal(check("pleaseletmein"), PASSWORD_RIGHT);
    assert_int_equal(check("pleaseletmeiN"), PASSWORD_WRONG);
    assert_int_equal(check(""), PASSWORD_WRONG);
}

/* What Python's hashlib makes of "secret" and the salt 0123456789abcdef. */
static void what_others_make_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        parse("$scrypt$ln=10,r=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU"), 0);
    assert_int_equal(check("secret"), PASSWORD_RIGHT);
    assert_int_equal(check("Secret"), PASSWORD_WRONG);
}

static void what_is_made_is_read_and_found_right(void **state)
{
    struct password_cost cost = CHEAP;
    char again[PASSWORD_TEXT_BYTES];

    (void)state;
    assert_int_equal(password_make("a\0b", 3, &cost, &hash, &error), 0);
    password_format(&hash, text);
    assert_memory_equal(text, "$scrypt$ln=10,r=1,p=1$", 22);
    assert_int_equal(strlen(text), 22 + 22 + 1 + 43);
    assert_int_equal(parse(text), 0);
    assert_int_equal(password_check(&hash, "a\0b", 3), PASSWORD_RIGHT);
    assert_int_equal(password_check(&hash, "a", 1), PASSWORD_WRONG);
    assert_int_equal(password_check(&hash, "a\0c", 3), PASSWORD_WRONG);
    assert_string_equal(password_format(&hash, again), text);
}

static void two_of_the_same_differ(void **state)
{
    struct password_cost cost = CHEAP;
    struct password_hash other;

    (void)state;
    assert_int_equal(password_make("x", 1, &cost, &hash, &error), 0);
    assert_int_equal(password_make("x", 1, &cost, &other, &error), 0);
    assert_memory_not_equal(hash.salt, other.salt, PASSWORD_SALT_BYTES);
    assert_memory_not_equal(hash.sum, other.sum, PASSWORD_SUM_BYTES);
}

static void an_empty_password_is_one(void **state)
{
    struct password_cost cost = CHEAP;

    (void)state;
    assert_int_equal(password_make(NULL, 0, &cost, &hash, &error), 0);
    assert_int_equal(password_check(&hash, NULL, 0), PASSWORD_RIGHT);
    assert_int_equal(check("x"), PASSWORD_WRONG);
}

static void nobody_has_the_unknown_password(void **state)
{
    struct password_cost cost = {.ln = 11, .r = 2, .p = 3};

    (void)state;
    assert_int_equal(password_make_unknown(&cost, &hash, &error), 0);
    assert_int_equal(hash.cost.ln, 11);
    assert_int_equal(hash.cost.r, 2);
    assert_int_equal(hash.cost.p, 3);
    assert_int_equal(check(""), PASSWORD_WRONG);
    assert_int_equal(check("secret"), PASSWORD_WRONG);
    assert_int_equal(parse(password_format(&hash, text)), 0);
}

/* From nothing to three digits of the last group, every bit of them. */
static void every_length_goes_to_text_and_back(void **state)
{
    struct password_hash back;
    unsigned length, i;

    (void)state;
    for (length = 16; length <= PASSWORD_SUM_MOST; length++) {
        hash = (struct password_hash){
            .cost = CHEAP, .salt_length = 8 + length % 3, .sum_length = (unsigned char)length};
        for (i = 0; i < PASSWORD_SUM_MOST; i++) {
            hash.salt[i] = i < hash.salt_length ? (unsigned char)unit_random() : 0;
            hash.sum[i] = i < length ? (unsigned char)unit_random() : 0;
        }
        password_format(&hash, text);
        assert_true(strlen(text) < sizeof text);
        assert_int_equal(password_parse(text, strlen(text), &back, &error), 0);
        assert_memory_equal(&back, &hash, sizeof hash);
    }
}

#define SALT "MDEyMzQ1Njc4OWFiY2RlZg"
#define SUM  "SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU"

static void assert_refused(const char *word, const char *why)
{
    assert_int_equal(parse(word), -1);
    assert_string_equal(error.text, why);
}

static void what_is_no_hash_is_refused(void **state)
{
    static const char head[] = "the hash does not begin with $scrypt$: make it with 'concur passwd'";
    static const char cost[] = "the hash's cost is not of the form ln=14,r=8,p=5";
    static const char salt[] = "the hash's salt is not from 8 to 64 bytes of base64 without padding";
    static const char sum[] = "the hash's sum is not from 16 to 64 bytes of base64 without padding";

    (void)state;
    assert_refused("", head);
    assert_refused("secret", head);
    assert_refused("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$x", head);
    assert_refused("$scrypt$", cost);
    assert_refused("$scrypt$ln=10", cost);
    assert_refused("$scrypt$ln=10,r=1,p=1", cost);
    assert_refused("$scrypt$ln=10,r=1,p=$" SALT "$" SUM, cost);
    assert_refused("$scrypt$ln=010,r=1,p=1$" SALT "$" SUM, cost);
    assert_refused("$scrypt$ln=-1,r=1,p=1$" SALT "$" SUM, cost);
    assert_refused("$scrypt$ln=4294967306,r=1,p=1$" SALT "$" SUM, cost);
    assert_refused("$scrypt$ln=10,p=1,r=1$" SALT "$" SUM, cost);
    assert_refused("$scrypt$ln=10,r=1,p=1$", salt);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT, salt);
    assert_refused("$scrypt$ln=10,r=1,p=1$AAAAAAA$" SUM, salt);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "==$" SUM, salt);
    assert_refused("$scrypt$ln=10,r=1,p=1$MDEyMzQ1Njc4OWFiY2RlZh$" SUM, salt); /* a bit of no byte */
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "$", sum);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "$" SUM "\n", sum);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "$" SUM "$x", sum);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "$" SUM SUM SUM, sum);
    assert_refused("$scrypt$ln=10,r=1,p=1$" SALT "$SVuM0KSexiHimepMIq8EA", sum);
}

static void a_cost_has_its_bounds(void **state)
{
    (void)state;
    assert_refused("$scrypt$ln=9,r=8,p=1$" SALT "$" SUM, "ln=9 is not from 10 to 20");
    assert_refused("$scrypt$ln=21,r=1,p=1$" SALT "$" SUM, "ln=21 is not from 10 to 20");
    assert_refused("$scrypt$ln=10,r=0,p=1$" SALT "$" SUM, "r=0 is not from 1 to 32");
    assert_refused("$scrypt$ln=10,r=33,p=1$" SALT "$" SUM, "r=33 is not from 1 to 32");
    assert_refused("$scrypt$ln=10,r=1,p=0$" SALT "$" SUM, "p=0 is not from 1 to 64");
    assert_refused("$scrypt$ln=10,r=1,p=65$" SALT "$" SUM, "p=65 is not from 1 to 64");
    assert_refused("$scrypt$ln=19,r=8,p=1$" SALT "$" SUM, "ln=19 with r=8 takes more than 256 MiB of memory");
    assert_refused("$scrypt$ln=18,r=8,p=64$" SALT "$" SUM, "ln=18, r=8, p=64 takes too long");
    assert_int_equal(parse("$scrypt$ln=18,r=8,p=8$" SALT "$" SUM), 0);
}

static void too_long_a_password_is_refused(void **state)
{
    struct password_cost cost = CHEAP;
    char longest[PASSWORD_LONGEST + 1] = {0};

    (void)state;
    assert_int_equal(password_make(longest, PASSWORD_LONGEST, &cost, &hash, &error), 0);
    assert_int_equal(password_make(longest, PASSWORD_LONGEST + 1, &cost, &hash, &error), -1);
    assert_string_equal(error.text, "a password takes at most 512 bytes");
}

static void the_default_takes_what_it_says(void **state)
{
    struct password_cost cost = PASSWORD_COST_DEFAULT;

    (void)state;
    assert_int_equal(password_cost_check(&cost, &error), 0);
    assert_in_range(password_memory_bytes(&cost), 16u << 20, 17u << 20);
    assert_int_equal(password_blocks(&cost), 655360);
}

static void names_have_their_bounds(void **state)
{
    (void)state;
    assert_true(password_name_is_valid("a", 1));
    assert_true(password_name_is_valid("1234567890123456789012345678901234567890", 40));
    assert_false(password_name_is_valid("12345678901234567890123456789012345678901", 41));
    assert_false(password_name_is_valid("", 0));
    assert_false(password_name_is_valid("a b", 3));
    assert_false(password_name_is_valid("a:b", 3));
    assert_false(password_name_is_valid("#a", 2));
    assert_false(password_name_is_valid("a\n", 2));
    assert_false(password_name_is_valid("\xc3\xa4", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_sum_is_right),
        cmocka_unit_test(what_others_make_is_read),
        cmocka_unit_test(what_is_made_is_read_and_found_right),
        cmocka_unit_test(two_of_the_same_differ),
        cmocka_unit_test(an_empty_password_is_one),
        cmocka_unit_test(nobody_has_the_unknown_password),
        cmocka_unit_test(every_length_goes_to_text_and_back),
        cmocka_unit_test(what_is_no_hash_is_refused),
        cmocka_unit_test(a_cost_has_its_bounds),
        cmocka_unit_test(too_long_a_password_is_refused),
        cmocka_unit_test(names_have_their_bounds),
        cmocka_unit_test(the_default_takes_what_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
