/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests against published values (FIPS 180-4's examples for "abc", and of nothing). Runs in the test's one
 * thread. */
#include "tests/unit/unit.h"

#include "common/digest.h"

static void assert_digest(const char *name, const char *text, const char *hex)
{
    struct digest *digest = digest_new(name, strlen(name));
    unsigned char sum[DIGEST_LONGEST];
    char shown[DIGEST_LONGEST * 2 + 1] = "";
    size_t length, i;
    int round;

    assert_non_null(digest);
    for (round = 0; round < 2; round++) { /* the second time with what the first one fetched */
        length = digest_once(digest, text, strlen(text), sum);
        for (i = 0; i < length; i++)
            snprintf(shown + i * 2, 3, "%02x", sum[i]);
        assert_string_equal(shown, hex);
    }
    digest_free(&digest);
    assert_null(digest);
}

static void known_sums(void **state)
{
    (void)state;
    assert_digest("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("SHA256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("sha512", "abc",
                  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    assert_digest("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* Rounds hash a sum into its own place. */
static void the_sum_may_stand_where_the_bytes_are(void **state)
{
    struct digest *digest = digest_new("sha256", 6);
    unsigned char in_place[DIGEST_LONGEST], first[DIGEST_LONGEST], second[DIGEST_LONGEST];

    (void)state;
    assert_non_null(digest);
    assert_int_equal(digest_once(digest, "abc", 3, first), 32);
    assert_int_equal(digest_once(digest, first, 32, second), 32);
    assert_int_equal(digest_once(digest, "abc", 3, in_place), 32);
    assert_int_equal(digest_once(digest, in_place, 32, in_place), 32);
    assert_memory_equal(in_place, second, 32);
    digest_free(&digest);
}

static void what_is_no_digest_of_fixed_size_is_refused(void **state)
{
    struct digest *none = NULL;
    char long_name[100];

    (void)state;
    memset(long_name, 'a', sizeof long_name);
    assert_null(digest_new("no-such", 7));
    assert_null(digest_new("", 0));
    assert_null(digest_new("sha256x", 7));
    assert_null(digest_new("sha256\0x", 8));
    assert_null(digest_new(long_name, sizeof long_name));
    assert_null(digest_new("shake128", 8));
    assert_null(digest_new("shake256", 8));
    digest_free(&none);
}

/* The name has no NUL at its end. */
static void the_name_is_as_long_as_it_says(void **state)
{
    char *name = unit_copy("sha256", 6);
    struct digest *digest = digest_new(name, 6);

    (void)state;
    assert_non_null(digest);
    digest_free(&digest);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sums),
        cmocka_unit_test(the_sum_may_stand_where_the_bytes_are),
        cmocka_unit_test(what_is_no_digest_of_fixed_size_is_refused),
        cmocka_unit_test(the_name_is_as_long_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
