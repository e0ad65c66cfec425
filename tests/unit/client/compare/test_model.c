/* SPDX-License-Identifier: Apache-2.0
 *
 * What is compared: models by name, files, daemons elsewhere; and the settings that give a model its capacity, which
 * concurd's own parser must take. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "client/compare/model.h"
#include "daemon/config/config.h"

static struct model models[MODELS_MOST];
static unsigned count;
static struct error failure;

static bool settings_have(const struct model_settings *settings, const char *line)
{
    unsigned i;

    for (i = 0; i < settings->count; i++) {
        if (strcmp(settings->lines[i], line) == 0)
            return true;
    }
    return false;
}

static void settings_must_parse(const struct model_settings *settings)
{
    struct config *config = config_new();
    struct buffer problems = {0};
    unsigned i;

    assert_non_null(config);
    for (i = 0; i < settings->count; i++)
        assert_int_equal(config_override(config, settings->lines[i], &problems), 0);
    assert_int_equal(config_resolve(config, 2, &problems), 0);
    assert_int_equal(buffer_length(&problems), 0);
    buffer_free(&problems);
    config_free(&config);
}

static int add_list(const char *list)
{
    static char copy[4096]; /* files' paths stay in it */

    count = 0;
    snprintf(copy, sizeof copy, "%s", list);
    return model_add_list(models, &count, copy, &failure);
}

static void the_table_is_the_default(void **state)
{
    static const char *const names[] = {"thread", "pool", "event", "prefork", "prefork-classic"};
    size_t i;

    (void)state;
    count = 0;
    assert_int_equal(model_add_list(models, &count, NULL, &failure), 0);
    assert_int_equal(count, COUNT(names));
    for (i = 0; i < COUNT(names); i++) {
        assert_string_equal(models[i].name, names[i]);
        assert_true(models[i].row != NULL && models[i].words != NULL && !models[i].elsewhere);
    }
}

static void a_textbook_pool_is_there_for_who_asks(void **state)
{
    const struct model_capacity capacity = {50, 0};
    struct model_settings settings = {0};

    (void)state;
    assert_int_equal(add_list("pool-unlimited"), 0);
    assert_int_equal(model_settings_make(&models[0], &capacity, false, &settings, &failure), 0);
    assert_true(settings_have(&settings, "pool.turns=0") && settings_have(&settings, "pool.threads=58"));
}

/* Memory per connection is what is there beyond the floor: a worker that is there without any connection is no part of
 * it, one that is there for a connection is, and the words say so. */
static void the_floor_lacks_only_what_grows_with_the_connections(void **state)
{
    const struct model_capacity capacity = {50, 0};
    unsigned i;

    (void)state;
    assert_int_equal(add_list("thread,event,prefork,pool,pool-unlimited,prefork-classic"), 0);
    for (i = 0; i < count; i++) {
        struct model_settings least = {0}, whole = {0};
        bool grows = i >= 3;

        assert_int_equal(model_settings_make(&models[i], &capacity, true, &least, &failure), 0);
        assert_int_equal(model_settings_make(&models[i], &capacity, false, &whole, &failure), 0);
        assert_true((least.count > whole.count) == grows);
        assert_true((strstr(models[i].words, "memory is with its") != NULL) == grows);
    }
}

static void lists_name_models_and_files(void **state)
{
    static char list[] = "event,./a/my.conf,pool,other.conf,b/my.conf,conf/plain";

    (void)state;
    count = 0;
    assert_int_equal(model_add_list(models, &count, list, &failure), 0);
    assert_int_equal(count, 6);
    assert_string_equal(models[0].name, "event");
    assert_string_equal(models[1].name, "my");
    assert_string_equal(models[1].file, "./a/my.conf");
    assert_null(models[1].row);
    assert_string_equal(models[2].name, "pool");
    assert_string_equal(models[3].name, "other");
    assert_string_equal(models[4].name, "b/my.conf"); /* "my" is taken */
    assert_string_equal(models[5].name, "plain");
}

static void what_is_wrong_with_a_list_is_said(void **state)
{
    static const struct {
        const char *list, *words;
    } rows[] = {
        {"evnt", "did you mean 'event'?"},
        {"zzzzzz", "no model 'zzzzzz'"},
        {"pool,event,pool", "'pool' is there twice"},
        {"", "no model ''"},
        {"pool,", "no model ''"},
        {"/", "a model's name has"},
        {"./a.conf,./a.conf,./a.conf", "is there twice"},
        {"a/1,a/2,a/3,a/4,a/5,a/6,a/7,a/8,a/9,a/10,a/11,a/12,a/13,a/14,a/15,a/16,a/17",
         "more than 16 models"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        failure.text[0] = '\0';
        if (add_list(rows[i].list) != -1 || strstr(failure.text, rows[i].words) == NULL)
            fail_msg("'%s': %s", rows[i].list, failure.text);
    }
}

static const struct target plain = TARGET_DEFAULT;

static void targets_are_read(void **state)
{
    (void)state;
    count = 0;
    assert_int_equal(model_add_target(models, &count, "a=localhost:7070", &plain, &failure), 0);
    assert_int_equal(model_add_target(models, &count, "b=[::1]:80", &plain, &failure), 0);
    assert_int_equal(model_add_target(models, &count, "c=unix:/run/x=y.sock", &plain, &failure), 0);
    assert_int_equal(count, 3);
    assert_true(models[0].elsewhere && models[0].target.port == 7070);
    assert_string_equal(models[0].target.host, "localhost");
    assert_string_equal(models[1].target.host, "::1");
    assert_string_equal(models[1].target.name, "[::1]:80");
    assert_string_equal(models[2].target.socket, "/run/x=y.sock");
}

static void what_is_no_target_is_refused(void **state)
{
    static const char *const bad[] = {
        "",          "x",      "=h:1",    "x=",      "x=h",    "x=h:",   "x=h:0",   "x=:1",
        "x=h:65536", "x=h:1x", "x=a:b:1", "x=unix:", "x=[]:1", "x=h:-1", "x=[::1]", "x=::1"};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        count = 0;
        if (model_add_target(models, &count, bad[i], &plain, &failure) != -1)
            fail_msg("'%s'", bad[i]);
    }
    count = 0;
    assert_int_equal(model_add_target(models, &count, "x=h:1", &plain, &failure), 0);
    assert_int_equal(model_add_target(models, &count, "x=h:2", &plain, &failure), -1);
}

/* They are shown in tables, on a terminal. */
static void names_without_control_characters(void **state)
{
    static const char *const bad[] = {"a\033[31m=h:1", "a\nb=h:1",       "a\177=h:1",
                                      "\233m=h:1",     "a\302\233m=h:1", "a=h\033:1"};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        count = 0;
        if (model_add_target(models, &count, bad[i], &plain, &failure) != -1 ||
            strstr(failure.text, "control characters") == NULL || count != 0)
            fail_msg("'%s': %s", bad[i], failure.text);
    }
    assert_int_equal(add_list("./a\033[31m.conf"), -1);
    assert_non_null(strstr(failure.text, "control characters"));
    count = 0;
    assert_int_equal(
        model_add_target(models, &count, "gr\303\266\303\237er \342\202\254=h:1", &plain, &failure), 0);
}

static void capacity_follows_the_connections(void **state)
{
    const struct model_capacity capacity = {50, 1000}, many = {20000, 0};
    struct model_settings settings;

    (void)state;
    assert_int_equal(add_list("pool,prefork-classic,event"), 0);
    settings = (struct model_settings){0};
    assert_int_equal(model_settings_make(&models[0], &capacity, false, &settings, &failure), 0);
    assert_true(settings_have(&settings, "pool.threads=58")); /* idle ones need none */
    settings = (struct model_settings){0};
    assert_int_equal(model_settings_make(&models[1], &capacity, false, &settings, &failure), -1);
    assert_non_null(strstr(failure.text, "the most is 1024"));
    settings = (struct model_settings){0};
    assert_int_equal(model_settings_make(&models[2], &many, false, &settings, &failure), 0);
    assert_true(settings_have(&settings, "server.max_clients=20008"));
}

/* Every row, large and small, through the parser that the daemon has. */
static void concurd_takes_all_settings(void **state)
{
    static const struct model_capacity capacities[] = {{1, 0}, {50, 0}, {16, 1000}};
    size_t i, j;
    int least;

    (void)state;
    count = 0;
    assert_int_equal(add_list("thread,pool,pool-unlimited,event,prefork,prefork-classic"), 0);
    for (i = 0; i < count; i++) {
        for (j = 0; j < COUNT(capacities); j++) {
            for (least = 0; least < 2; least++) {
                struct model_settings settings = {0};

                assert_int_equal(model_settings_make(&models[i], &capacities[j], least, &settings, &failure),
                                 0);
                assert_true(settings.count > 0);
                settings_must_parse(&settings);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_default),
        cmocka_unit_test(a_textbook_pool_is_there_for_who_asks),
        cmocka_unit_test(the_floor_lacks_only_what_grows_with_the_connections),
        cmocka_unit_test(lists_name_models_and_files),
        cmocka_unit_test(what_is_wrong_with_a_list_is_said),
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(what_is_no_target_is_refused),
        cmocka_unit_test(names_without_control_characters),
        cmocka_unit_test(capacity_follows_the_connections),
        cmocka_unit_test(concurd_takes_all_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
