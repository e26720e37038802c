/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for the benchmark's Linux, with no library: reads BYTES from the beginning of a disk,
 * past the page cache, a request at a time, as often as its argument says. scripts/bench counts the
 * instructions from measure_nvme_read_from to measure_nvme_read_to, without what another process of
 * this program executes meanwhile at measure_nvme_read_not.
 *
 * How long QEMU's disk takes depends on the PC, but the number of instructions is not to: while the
 * disk works the program sleeps, for longer than that, so that each request's interrupt finds the
 * CPU in that other process. And its buffer is one page, however the kernel's memory is laid out.
 */
#include <stdint.h>

#define DISK    "/dev/nvme0n1"
#define BYTES   (16 << 20)
#define REQUEST (256 << 10)
#define WORK_NS 1000000   /* the disk has done one, by the guest's clock */
#define TRIES   100       /* until the driver has found the disk, */
#define TRY_NS  100000000 /* so long each */
#define PAGE    (2 << 20)

/* Linux, arm64. */
#define SYS_IO_SETUP           0
#define SYS_IO_SUBMIT          2
#define SYS_IO_GETEVENTS       4
#define SYS_IOCTL              29
#define SYS_OPENAT             56
#define SYS_EXIT               93
#define SYS_NANOSLEEP          101
#define SYS_SCHED_SETSCHEDULER 119
#define SYS_CLONE              220
#define AT_FDCWD               (-100)
#define O_WRONLY               1
#define O_DIRECT               0x10000
#define RNDADDENTROPY          0x40085203
#define SIGCHLD                17
#define SCHED_IDLE             5
#define ENTROPY_BYTES          32

struct iocb {
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode, priority; /* 0: pread */
    uint32_t file;
    uint64_t buffer, bytes, offset, reserved;
    uint32_t flags, event_file;
};

struct io_event {
    uint64_t data, iocb;
    int64_t result, result2;
};

__asm__(".global _start\n"
        "_start: mov x0, sp\n"
        "        b   start\n");

void measure_nvme_read_from(void);
void measure_nvme_read_to(void);
_Noreturn void measure_nvme_read_not(void);
__asm__("measure_nvme_read_from: ret\n"
        "measure_nvme_read_to:   ret\n"
        "measure_nvme_read_not:  b measure_nvme_read_not\n");

static volatile char buffer[PAGE] __attribute__((aligned(PAGE)));

static long call(long number, long a, long b, long c, long d, long e)
{
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x8 __asm__("x8") = number;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8) : "memory");
    return x0;
}

static _Noreturn void end(int status)
{
    for (;;) {
        call(SYS_EXIT, status, 0, 0, 0, 0);
    }
}

static void check(int holds)
{
    if (!holds) {
        end(1);
    }
}

static long open_file(const char *path, int flags)
{
    return call(SYS_OPENAT, AT_FDCWD, (long)path, flags, 0, 0);
}

static void rest(long ns)
{
    const long time[2] = {0, ns};

    call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0);
}

static long open_disk(void)
{
    long disk = open_file(DISK, O_DIRECT);

    for (int i = 0; i < TRIES && disk < 0; i++) {
        rest(TRY_NS);
        disk = open_file(DISK, O_DIRECT);
    }
    return disk;
}

/*
 * While the kernel's generator of random numbers has no seed, each interrupt pays for that: with a
 * hypervisor's device tree or another's it is to have one.
 */
static void seed(void)
{
    const struct {
        int bits, bytes;
        char data[ENTROPY_BYTES];
    } entropy = {8 * ENTROPY_BYTES, ENTROPY_BYTES, {0}};

    check(call(SYS_IOCTL, open_file("/dev/random", O_WRONLY), RNDADDENTROPY, (long)&entropy, 0,
               0) == 0);
}

/* While the program sleeps the CPU does not: it would have as many ticks as the PC takes time. */
static void keep_busy(void)
{
    const int priority = 0;
    long child = call(SYS_CLONE, SIGCHLD, 0, 0, 0, 0);

    check(child >= 0);
    if (child == 0) {
        check(call(SYS_SCHED_SETSCHEDULER, 0, SCHED_IDLE, (long)&priority, 0, 0) == 0);
        measure_nvme_read_not();
    }
}

static void read_at(long context, long disk, long at)
{
    const struct iocb request = {.file = (uint32_t)disk,
                                 .buffer = (uintptr_t)buffer,
                                 .bytes = REQUEST,
                                 .offset = (uint64_t)at};
    const struct iocb *const list = &request;
    struct io_event event;

    check(call(SYS_IO_SUBMIT, context, 1, (long)&list, 0, 0) == 1);
    rest(WORK_NS);
    check(call(SYS_IO_GETEVENTS, context, 1, 1, (long)&event, 0) == 1 && event.result == REQUEST);
}

__attribute__((used)) _Noreturn void start(const long *stack);

/* The stack holds argc and argv. */
void start(const long *stack)
{
    const char *times = (const char *)stack[2];
    long disk = open_disk();
    long context = 0;

    check(stack[0] == 2 && disk >= 0);
    check(call(SYS_IO_SETUP, 1, (long)&context, 0, 0, 0) == 0);
    seed();
    keep_busy();
    for (int i = 0; i < *times - '0'; i++) {
        buffer[0] = 1;
        buffer[REQUEST - 1] = 1;
        measure_nvme_read_from();
        for (long at = 0; at < BYTES; at += REQUEST) {
            read_at(context, disk, at);
        }
        measure_nvme_read_to();
        check(buffer[0] == 0 && buffer[REQUEST - 1] == 0); /* all of it is zeros */
    }
    end(0);
}
