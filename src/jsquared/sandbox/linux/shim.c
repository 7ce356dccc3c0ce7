/* Preloaded into one server: the lab sets that server's clock and slows its disk through a page that both map (shim.py).
 *
 * Raw system calls only: the wrappers of the C library may come back here, and the allocator asks for the time before anything else
 * runs. It needs nothing but what every C library has, so it is linked against none.
 *
 * The wall clock (CLOCK_REALTIME, gettimeofday, time) has a step and a drift; the monotonic clock has the drift only, as a quartz that
 * runs fast moves both and an administrator only one. Timeouts of the kernel (epoll, futexes) are real time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the page holds 64-bit times");

#define NS 1000000000LL
#define MINE __attribute__((visibility("default")))

struct adjustment {
    int64_t step_ns;   /* of the wall clock only */
    int64_t drift_ns;  /* of both clocks, as it was at since_ns */
    int64_t since_ns;  /* on the true monotonic clock */
    int64_t rate_ppm;  /* microseconds that the drift grows in a second since then */
};

/* Two adjustments: the lab writes the one that does not count and then says that it does, so none is ever half written. */
struct page {
    int64_t current;
    struct adjustment adjustments[2];
    int64_t counting, fsync_delay_ns, write_delay_ns;
    struct calls {
        int64_t count, spent_ns;
    } fsyncs, writes; /* counted here */
};

static struct page nothing; /* until a page is mapped, and where there is none */
static struct page *page = &nothing;

__attribute__((constructor)) static void map_page(void) {
    const char *path = getenv("JSQUARED_SHIM");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) page = mapped;
    close(fd);
}

static int64_t true_ns(clockid_t id) {
    struct timespec at;
    return syscall(SYS_clock_gettime, id, &at) ? 0 : at.tv_sec * NS + at.tv_nsec;
}

static int64_t shown_ns(clockid_t id) {
    int64_t at = true_ns(id);
    struct adjustment now = page->adjustments[page->current & 1];
    int64_t drift = now.drift_ns;
    if (now.rate_ppm) drift += (true_ns(CLOCK_MONOTONIC) - now.since_ns) / 1000 * now.rate_ppm / 1000;
    int wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
    return at + drift + (wall ? now.step_ns : 0);
}

MINE int clock_gettime(clockid_t id, struct timespec *at) {
    if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE && id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE)
        return (int)syscall(SYS_clock_gettime, id, at);
    int64_t ns = shown_ns(id);
    at->tv_sec = ns / NS;
    at->tv_nsec = ns % NS;
    return 0;
}

MINE int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    int64_t ns = shown_ns(CLOCK_REALTIME);
    *at = (struct timeval){.tv_sec = ns / NS, .tv_usec = ns % NS / 1000};
    return 0;
}

MINE time_t time(time_t *at) {
    time_t seconds = shown_ns(CLOCK_REALTIME) / NS;
    if (at) *at = seconds;
    return seconds;
}

static void sleep_ns(int64_t ns) {
    struct timespec left = {.tv_sec = ns / NS, .tv_nsec = ns % NS};
    while (ns > 0 && syscall(SYS_nanosleep, &left, &left)) {
    }
}

/* One call that reaches the disk: later than asked for, and counted. Standard streams are the server's log, not its data. */
static long disk_call(struct calls *calls, int64_t delay_ns, long number, int fd, const void *data, size_t length) {
    struct stat file;
    if (!page->counting || fd <= 2 || syscall(SYS_fstat, fd, &file) || !S_ISREG(file.st_mode))
        return syscall(number, fd, data, length);
    int64_t began = true_ns(CLOCK_MONOTONIC);
    sleep_ns(delay_ns);
    long result = syscall(number, fd, data, length);
    int64_t spent = true_ns(CLOCK_MONOTONIC) - began;
    __atomic_add_fetch(&calls->spent_ns, spent, __ATOMIC_RELAXED);
    __atomic_add_fetch(&calls->count, 1, __ATOMIC_RELAXED);
    return result;
}

MINE int fsync(int fd) {
    return (int)disk_call(&page->fsyncs, page->fsync_delay_ns, SYS_fsync, fd, NULL, 0);
}

MINE int fdatasync(int fd) {
    return (int)disk_call(&page->fsyncs, page->fsync_delay_ns, SYS_fdatasync, fd, NULL, 0);
}

MINE ssize_t write(int fd, const void *data, size_t length) {
    return disk_call(&page->writes, page->write_delay_ns, SYS_write, fd, data, length);
}
