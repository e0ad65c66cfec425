/* SPDX-License-Identifier: Apache-2.0
 *
 * Short memory and a wall clock that jumps, on order. The linker sends the calls of our own code here (--wrap, see
 * shortage_wraps in Makefile.am), OpenSSL and libevent are told to ask here too; so it works under every sanitizer, which a
 * preloaded library does not. Counted as memory is what the kernel may lack it for as well: another thread, another place in
 * an epoll set. Any thread, any process: the count is atomic and shared. */
#include "tests/faults/shortage.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct shortage none;
struct shortage *shortage = &none;

static bool starves; /* nothing at all for this process */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_reallocarray(void *old, size_t count, size_t bytes);
char *__real_strdup(const char *text);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument);
int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __real_clock_gettime(clockid_t clock, struct timespec *now);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t count, size_t bytes);
char *__wrap_strdup(const char *text);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* Whether this is the allocation that fails. */
static bool is_short(void)
{
    atomic_fetch_add(&shortage->calls, 1);
    if (!starves &&
        (atomic_load(&shortage->countdown) <= 0 || atomic_fetch_sub(&shortage->countdown, 1) != 1))
        return false;
    atomic_fetch_add(&shortage->failed, 1);
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    return is_short() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return is_short() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_short() ? NULL : __real_realloc(old, bytes);
}

void *__wrap_reallocarray(void *old, size_t count, size_t bytes)
{
    return is_short() ? NULL : __real_reallocarray(old, count, bytes);
}

char *__wrap_strdup(const char *text)
{
    return is_short() ? NULL : __real_strdup(text);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument)
{
    return is_short() ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return operation == EPOLL_CTL_ADD && is_short() ? -1 : __real_epoll_ctl(epoll, operation, fd, event);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);

    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += (time_t)atomic_load(&shortage->wall_s);
    return result;
}

static void *crypto_malloc(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_malloc(bytes);
}

static void *crypto_realloc(void *old, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_realloc(old, bytes);
}

static void crypto_free(void *bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    free(bytes);
}

static void map_shared(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *page =
        fd >= 0 ? mmap(NULL, sizeof *shortage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (page == MAP_FAILED) {
        fprintf(stderr, "CONCURD_SHORTAGE=%s: %s\n", path, strerror(errno));
        _exit(99);
    }
    close(fd);
    shortage = page;
}

/* glibc hands its constructors the arguments of main. */
__attribute__((constructor)) static void prepare(int argc, char **argv)
{
    const char *path = getenv("CONCURD_SHORTAGE");
    bool is_worker = false;
    int i;

    for (i = 1; i < argc; i++)
        is_worker = is_worker || strncmp(argv[i], "--worker", strlen("--worker")) == 0;
    if (path != NULL)
        map_shared(path);
    starves = is_worker && atomic_load(&shortage->starving) != 0;
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        fputs("shortage: OpenSSL has allocated before us\n", stderr);
        _exit(99);
    }
    event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
}
