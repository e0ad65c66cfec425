/* SPDX-License-Identifier: Apache-2.0
 *
 * WORK: each step alone, all of them in the order that is written, everything that is refused before any of it is done,
 * and every step's end when it is to stop. One thread, and a child that holds the lock. */
#include "tests/unit/command/fixture.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "common/clock.h"

#define SYNTAX "[cpu=T] [wait=T] [block=T] [alloc=S] [lock=T] [reply=S]"

static struct robust_lock *work_lock(void)
{
    return fixture.segment->work_lock;
}

static uint64_t cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void nothing_to_do_is_done_at_once(void **state)
{
    (void)state;
    assert_reply("WORK", "+OK\r\n");
    assert_reply("WORK cpu=0 wait=0 block=0 alloc=0 lock=0", "+OK\r\n");
    assert_int_equal(fixture.waits, 0);
    assert_reply("WORK reply=0", "$0\r\n\r\n");
}

static void cpu_is_cpu_time(void **state)
{
    uint64_t before = cpu_us();

    (void)state;
    assert_reply("WORK CPU=30ms", "+OK\r\n");
    assert_int_equal(fixture.waits, 0);
    assert_in_range(cpu_us() - before, 30000, 300000);
}

static void wait_gives_its_time_away(void **state)
{
    uint64_t before = clock_now_us();

    (void)state;
    assert_reply("WORK wait=1h", "+OK\r\n");
    assert_int_equal(fixture.waits, 1);
    assert_in_range(fixture.waited_us, 3600000000u, 3600000000u + UNIT_DEADLINE_US);
    assert_true(clock_now_us() - before < UNIT_DEADLINE_US);
}

static void block_and_lock_keep_the_thread(void **state)
{
    uint64_t before = clock_now_us(), cpu = cpu_us();

    (void)state;
    assert_reply("WORK block=30ms lock=40ms", "+OK\r\n");
    assert_int_equal(fixture.calls, 1);
    assert_true(clock_now_us() - before >= 70000);
    assert_true(cpu_us() - cpu < 50000);
    assert_true(robust_lock_try(work_lock())); /* given back */
    robust_lock_give(work_lock());
    assert_int_equal(work_lock()->waits, 0);
}

/* Resident pages of this process. */
static long resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Runs the command as a session does, up to its first wait. */
static enum command_result run_to_wait(struct call *call, const char *line, struct resp_arg *args)
{
    struct quote_word words[FIXTURE_ARGS];
    int count = quote_split((char *)call->bytes, strlen(line), words, FIXTURE_ARGS);

    assert_true(count > 0);
    memcpy(args, words, (size_t)count * sizeof *args);
    call->args = args;
    call->argc = (unsigned)count;
    call->command = command_find("work", 4)->command;
    fixture.progress = fixture_progress();
    return call->command->handler(call);
}

static void memory_is_there_until_the_end(void **state)
{
    char line[] = "WORK alloc=64M wait=1s";
    struct resp_arg args[FIXTURE_ARGS];
    struct call call = {.worker = &fixture.worker,
                        .bytes = line,
                        .reply = {.out = &fixture.out, .limit = 4096, .protocol = 2},
                        .client = &fixture.client,
                        .progress = &fixture.progress,
                        .mark = &fixture.mark};
    long before, during;

    (void)state;
    mallopt(M_PERTURB, 0); /* what `make check` sets would touch the pages as well */
    before = resident_bytes();
    assert_int_equal(run_to_wait(&call, line, args), COMMAND_WAIT);
    during = resident_bytes();
    assert_true(during - before >= 64 << 20);
    assert_non_null(fixture.progress.memory);
    assert_int_equal(call.command->handler(&call), COMMAND_DONE);
    call_progress_clear(&fixture.progress);
    assert_null(fixture.progress.memory);
}

static void short_memory_is_an_error_reply(void **state)
{
    struct rlimit was, small = {.rlim_cur = 1 << 20};

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their allocators end the process */
#endif
    assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
    small.rlim_max = was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    assert_error("WORK alloc=256M reply=4", "ERR out of memory");
    assert_int_equal(setrlimit(RLIMIT_AS, &was), 0);
    assert_reply("WORK alloc=1k", "+OK\r\n");
}

static void replies_have_the_size_that_is_asked_for(void **state)
{
    static const size_t sizes[] = {1, 511, 512, 513, 32767, 32768, 32769, 100000, 1000000};
    char line[64], frame[32];
    size_t i, at;

    (void)state;
    for (i = 0; i < COUNT(sizes); i++) {
        const char *reply;

        snprintf(line, sizeof line, "WORK reply=%zu", sizes[i]);
        snprintf(frame, sizeof frame, "$%zu\r\n", sizes[i]);
        reply = fixture_run(line);
        assert_int_equal(buffer_length(&fixture.out), strlen(frame) + sizes[i] + 2);
        assert_memory_equal(reply, frame, strlen(frame));
        for (at = 0; at < sizes[i]; at++)
            assert_int_equal(reply[strlen(frame) + at], 'x');
        assert_string_equal(reply + strlen(frame) + sizes[i], "\r\n");
        assert_int_equal(fixture.calls, (sizes[i] + 32767) / 32768);
    }
}

static void replies_keep_to_the_output_limit(void **state)
{
    (void)state;
    fixture.config->limits.max_output = 4096;
    assert_error("WORK block=1h reply=4065", "LIMIT reply= is larger than limits.max_output");
    assert_error("WORK reply=17179869183G", "LIMIT reply= is larger than limits.max_output");
    fixture_run("WORK reply=4064");
    assert_int_equal(fixture.errors, 0);
    assert_false(fixture.failed);
    assert_int_equal(buffer_length(&fixture.out), 4064 + strlen("$4064\r\n\r\n"));
}

/* The lock is free while the step before it waits, and the reply comes last, wherever it stands. */
static void steps_are_done_in_the_order_written(void **state)
{
    char late[] = "WORK wait=1s lock=0", early[] = "WORK reply=3 lock=0 wait=1s";
    struct resp_arg args[FIXTURE_ARGS];
    struct call call = {.worker = &fixture.worker,
                        .reply = {.out = &fixture.out, .limit = 4096, .protocol = 2},
                        .client = &fixture.client,
                        .progress = &fixture.progress,
                        .mark = &fixture.mark};

    (void)state;
    robust_lock_take(work_lock());
    call.bytes = late; /* does not come to the lock, which would never be free */
    assert_int_equal(run_to_wait(&call, late, args), COMMAND_WAIT);
    robust_lock_give(work_lock());
    assert_int_equal(call.command->handler(&call), COMMAND_DONE);
    assert_int_equal(buffer_length(&fixture.out), strlen("+OK\r\n"));
    buffer_consume(&fixture.out, buffer_length(&fixture.out));

    call.bytes = early;
    assert_int_equal(run_to_wait(&call, early, args), COMMAND_WAIT);
    assert_int_equal(buffer_length(&fixture.out), 0);
    assert_int_equal(call.command->handler(&call), COMMAND_DONE);
    assert_int_equal(buffer_length(&fixture.out), strlen("$3\r\nxxx\r\n"));
}

static void what_is_wrong_is_refused_before_anything_is_done(void **state)
{
    uint64_t before = clock_now_us();

    (void)state;
#define TIME " takes a time up to 1h, with its unit: us, ms, s, m, h"
    assert_error("WORK block=1h sleep=5ms", "ERR argument 2 of 'work' is 'sleep=5ms'; it takes " SYNTAX);
    assert_error("WORK cpu", "ERR argument 1 of 'work' is 'cpu'; it takes " SYNTAX);
    assert_error("WORK =5ms", "ERR argument 1 of 'work' is '=5ms'; it takes " SYNTAX);
    assert_error("WORK cp=5ms", "ERR argument 1 of 'work' is 'cp=5ms'; it takes " SYNTAX);
    assert_error("WORK cpus=5ms", "ERR argument 1 of 'work' is 'cpus=5ms'; it takes " SYNTAX);
    assert_error("WORK ''", "ERR argument 1 of 'work' is ''; it takes " SYNTAX);
    assert_error("WORK block=1h cpu=5", "ERR cpu=" TIME);
    assert_error("WORK cpu=", "ERR cpu=" TIME);
    assert_error("WORK wait=3600001ms", "ERR wait=" TIME);
    assert_error("WORK block=-1ms", "ERR block=" TIME);
    assert_error("WORK lock=2h", "ERR lock=" TIME);
    assert_error("WORK lock=99999999999999999999h", "ERR lock=" TIME);
    assert_error("WORK alloc=257M", "ERR alloc= takes a size up to 256M, as 300, 64k or 2M");
    assert_error("WORK alloc=1ms", "ERR alloc= takes a size up to 256M, as 300, 64k or 2M");
    assert_error("WORK reply=-1", "ERR reply= takes a size, as 300, 64k or 2M");
    assert_error("WORK block=1h cpu=1ms CPU=1ms", "ERR cpu= is given twice");
    assert_true(clock_now_us() - before < UNIT_DEADLINE_US);
    assert_null(fixture.progress.memory);
}

static void every_step_stops_when_it_is_to(void **state)
{
    static const char *const lines[] = {"WORK cpu=1h", "WORK block=1h", "WORK lock=1h",
                                        "WORK alloc=256M block=1h"};
    uint64_t before = clock_now_us();
    size_t i;

    (void)state;
    atomic_store(&fixture.mark, 1);
    for (i = 0; i < COUNT(lines); i++)
        assert_reply(lines[i], "");
    assert_true(clock_now_us() - before < UNIT_DEADLINE_US);
    assert_true(robust_lock_try(work_lock())); /* given back */
    robust_lock_give(work_lock());
}

/* The holder is another process, and stopped: it may never give the lock back. */
static void a_lock_that_never_comes_free_is_waited_for_in_time(void **state)
{
    uint64_t before;
    int status;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0) {
        robust_lock_take(work_lock());
        raise(SIGSTOP);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    fixture.config->limits.max_command_time_us = 100000;
    before = clock_now_us();
    assert_reply("WORK lock=1ms", "");
    assert_in_range(clock_now_us() - before, 100000, UNIT_DEADLINE_US);
    assert_int_equal(work_lock()->waits, 1);
    assert_in_range(work_lock()->waited_us, 90000, UNIT_DEADLINE_US);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_reply("WORK lock=1ms", "+OK\r\n");
    assert_int_equal(work_lock()->recovered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(nothing_to_do_is_done_at_once),
        FIXTURE_UNIT(cpu_is_cpu_time),
        FIXTURE_UNIT(wait_gives_its_time_away),
        FIXTURE_UNIT(block_and_lock_keep_the_thread),
        FIXTURE_UNIT(memory_is_there_until_the_end),
        FIXTURE_UNIT(short_memory_is_an_error_reply),
        FIXTURE_UNIT(replies_have_the_size_that_is_asked_for),
        FIXTURE_UNIT(replies_keep_to_the_output_limit),
        FIXTURE_UNIT(steps_are_done_in_the_order_written),
        FIXTURE_UNIT(what_is_wrong_is_refused_before_anything_is_done),
        FIXTURE_UNIT(every_step_stops_when_it_is_to),
        FIXTURE_UNIT(a_lock_that_never_comes_free_is_waited_for_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
