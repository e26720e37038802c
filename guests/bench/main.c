/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what a partition pays: each row 1,000 times, then "bench: NAME MIN MEDIAN MAX". With one
 * CPU the rows of one, with more the rows of two. Boot arguments: spi=INTID of ours, 32 to 63;
 * only=NAME for one row. For the rows of QEMU's edu instead: ecam=ADDRESS bar=ADDRESS, as lib/edu.h
 * has them, intx=INTID of its line, and msi=ADDRESS of the ITS or, with GICv2, of the GICv2m frame.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "edu.h"
#include "gic.h"
#include "guest.h"
#include "its.h"

#define SAMPLES    1000u
#define SETTLE_US  20000u /* the hypervisor's log is out by then */
#define TIMER_WAIT 2000u  /* ticks: less than WORK_INSTRUCTIONS */
#define SGI        5u
#define SGI_ANSWER 6u

#define GIC_V2  1u
#define GIC_V3  2u
#define GIC_ANY (GIC_V2 | GIC_V3)
#define SMC     4u /* UNDEFINED where there is neither EL2 nor EL3 */

/* GICv2m (Server Base System Architecture, appendix E). */
#define V2M_TYPER     0x08
#define V2M_SETSPI    0x40
#define V2M_FIRST_SPI 16 /* V2M_TYPER's field from this bit on, */
#define V2M_SPI_MASK  0x3ffu

#define FUNCTION_SHIFT 12    /* of an address in configuration space: a DeviceID from here on, */
#define FUNCTION_MASK  0xffu /* on bus 0 */

struct row {
    const char *name;
    unsigned flags;
    uintptr_t (*sample)(void);
};

static unsigned spi;      /* a device's that is ours */
static uintptr_t nothing; /* what the two readings take by themselves */
static uint32_t samples[SAMPLES];
static struct bench_peer peer;
static volatile unsigned peers_running;

/* A number among the boot arguments; 0: it is not there. */
static uintptr_t argument(const char *name)
{
    char text[24];

    return guest_argument(name, text, sizeof(text)) ? (uintptr_t)strtoull(text, NULL, 0) : 0;
}

/* ---- One sample of each ---- */

static uintptr_t beyond_nothing(uintptr_t ticks)
{
    return ticks - nothing;
}

static uintptr_t sample_hvc(void)
{
    return beyond_nothing(measure_hvc(PSCI_VERSION));
}

static uintptr_t sample_smc(void)
{
    return beyond_nothing(measure_smc(PSCI_VERSION));
}

static uintptr_t sample_typer(void)
{
    return beyond_nothing(measure_read(guest.gicd_base + GICD_TYPER));
}

static uintptr_t enable_word(unsigned intid)
{
    return gic_frame(intid) + GICD_ISENABLER + intid / 32 * 4;
}

static uintptr_t enable_write(unsigned intid)
{
    return beyond_nothing(measure_write(enable_word(intid), 1u << intid % 32));
}

static uintptr_t sample_spi_enable_read(void)
{
    return beyond_nothing(measure_read(enable_word(spi)));
}

static uintptr_t sample_spi_enable(void)
{
    gic_disable(spi);
    return enable_write(spi);
}

static uintptr_t sample_spi_enable_again(void)
{
    gic_enable(spi);
    return enable_write(spi);
}

/* Another value each time. */
static uintptr_t sample_spi_priority(void)
{
    static uint8_t priority;

    priority ^= 0x80;
    return beyond_nothing(measure_write_byte(guest.gicd_base + GICD_IPRIORITYR + spi, priority));
}

static uintptr_t sample_ppi_enable_read(void)
{
    return beyond_nothing(measure_read(enable_word(guest.timer_virtual_intid)));
}

static uintptr_t sample_ppi_enable(void)
{
    gic_disable(guest.timer_virtual_intid);
    return enable_write(guest.timer_virtual_intid);
}

static uintptr_t sample_ppi_enable_again(void)
{
    gic_enable(guest.timer_virtual_intid);
    return enable_write(guest.timer_virtual_intid);
}

static uintptr_t sample_timer(void)
{
    gic_enable(guest.timer_virtual_intid);
    return measure_timer(TIMER_WAIT, guest.gicc_base);
}

static uintptr_t sample_timer_wfi(void)
{
    gic_enable(guest.timer_virtual_intid);
    return measure_timer_wfi(TIMER_WAIT, guest.gicc_base);
}

static uintptr_t sample_timer_stolen(void)
{
    gic_enable(guest.timer_virtual_intid);
    return measure_timer_stolen(TIMER_WAIT, guest.gicc_base);
}

static uintptr_t sgi_value(unsigned sgi, unsigned cpu)
{
    uint64_t mpidr = guest.cpu_mpidr[cpu];

    if (guest.gic_version == 2) {
        return (uintptr_t)gic_target_mask(cpu) << 16 | sgi;
    }
    return (uintptr_t)((mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
                       (uint64_t)sgi << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << (mpidr & 15));
}

static uintptr_t sgi_measure(measure_sgi *v2, measure_sgi *v3, unsigned cpu)
{
    return (guest.gic_version == 2 ? v2 : v3)(sgi_value(SGI, cpu), guest.gicc_base,
                                              guest.gicd_base + GICD_SGIR, &peer);
}

static uintptr_t sample_sgi_self(void)
{
    return sgi_measure(measure_sgi_self_v2, measure_sgi_self_v3, 0);
}

static uintptr_t sample_sgi_other(void)
{
    peer.answer = 0;
    return sgi_measure(measure_sgi_other_v2, measure_sgi_other_v3, 1);
}

static uintptr_t sample_sgi_round_trip(void)
{
    peer.answer = sgi_value(SGI_ANSWER, 0);
    return sgi_measure(measure_sgi_round_trip_v2, measure_sgi_round_trip_v3, 1);
}

static uintptr_t sample_device_read(void)
{
    return beyond_nothing(measure_read(edu + EDU_VERSION));
}

static uintptr_t sample_device_write(void)
{
    return beyond_nothing(measure_write(edu + EDU_INVERT, 1));
}

static uintptr_t sample_config_read(void)
{
    return beyond_nothing(measure_read(edu_config));
}

/* By its line, which it leaves for ever when messages are on: a row before that of messages. */
static uintptr_t sample_device_line(void)
{
    gic_enable((unsigned)argument("intx"));
    return measure_device(edu + EDU_RAISE, guest.gicc_base);
}

static void messages_on(void)
{
    uintptr_t msi = argument("msi");

    if (guest.gic_version == 2) {
        unsigned intid = mmio_read32(msi + V2M_TYPER) >> V2M_FIRST_SPI & V2M_SPI_MASK;

        gic_set_edge(intid, true);
        gic_enable(intid);
        (void)edu_send_messages(msi + V2M_SETSPI, (uint16_t)intid);
    } else {
        (void)its_set_up(msi, edu_config >> FUNCTION_SHIFT & FUNCTION_MASK, 0, LPI_FIRST);
        (void)edu_send_messages(msi + GITS_TRANSLATER, 0);
    }
}

static uintptr_t sample_device_message(void)
{
    static bool on;

    if (!on) {
        messages_on();
        on = true;
    }
    return measure_device(edu + EDU_RAISE, guest.gicc_base);
}

static const struct row rows_of_one_cpu[] = {
    {"hvc", GIC_ANY, sample_hvc},
    {"smc", GIC_ANY | SMC, sample_smc},
    {"gicd-typer-read", GIC_ANY, sample_typer},
    {"gicd-isenabler-read", GIC_ANY, sample_spi_enable_read},
    {"gicd-isenabler-write", GIC_ANY, sample_spi_enable},
    {"gicd-isenabler-write-same", GIC_ANY, sample_spi_enable_again},
    {"gicd-ipriorityr-write", GIC_ANY, sample_spi_priority},
    {"gicr-isenabler-read", GIC_V3, sample_ppi_enable_read},
    {"gicr-isenabler-write", GIC_V3, sample_ppi_enable},
    {"gicr-isenabler-write-same", GIC_V3, sample_ppi_enable_again},
    {"timer", GIC_ANY, sample_timer},
    {"timer-wfi", GIC_ANY, sample_timer_wfi},
    {"timer-stolen", GIC_ANY, sample_timer_stolen},
    {"sgi-self", GIC_ANY, sample_sgi_self},
    {"work", GIC_ANY, measure_work},
    {NULL, 0, NULL},
};

static const struct row rows_of_edu[] = {
    {"device-read", GIC_ANY, sample_device_read},
    {"device-write", GIC_ANY, sample_device_write},
    {"device-line", GIC_ANY, sample_device_line},
    {"device-message", GIC_ANY, sample_device_message},
    {"config-read", GIC_ANY, sample_config_read},
    {NULL, 0, NULL},
};

static const struct row rows_of_two_cpus[] = {
    {"sgi-other", GIC_ANY, sample_sgi_other},
    {"sgi-round-trip", GIC_ANY, sample_sgi_round_trip},
    {NULL, 0, NULL},
};

/* ---- The other CPU ---- */

static void vectors_use(void)
{
    sysreg_write(vbar_el1, (uintptr_t)bench_vectors);
    barrier_isb();
}

static void peer_main(void)
{
    vectors_use();
    peers_running = 1;
    bench_peer_run(&peer, guest.gicc_base, guest.gicd_base + GICD_SGIR);
}

static void peer_start(void)
{
    if (cpu_start(1, peer_main) != PSCI_SUCCESS) {
        uart_print("bench: the second CPU does not start\n");
        exit(EXIT_FAILURE);
    }
    while (!peers_running) {
        cpu_wait_for_event();
    }
}

/* ---- Figures ---- */

/* Sleeps until the console has nothing more to do. The timer's interrupt, masked, only wakes. */
static void settle(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(SETTLE_US);
    uint32_t iar;

    gic_enable(guest.timer_virtual_intid);
    timer_start(end);
    while (timer_count() < end) {
        cpu_wait_for_interrupt();
    }
    iar = gic_acknowledge();
    timer_stop();
    if (gic_intid(iar) != GIC_SPURIOUS) {
        gic_end(iar);
    }
}

static int sample_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* In decimal. */
static void print_number(uint32_t value)
{
    char text[12];
    char *digit = text + sizeof(text) - 1;

    *digit = '\0';
    do {
        *--digit = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    uart_print(" ");
    uart_print(digit);
}

static void row_run(const struct row *row)
{
    row->sample(); /* the first may find tables and code of ours cold */
    for (unsigned i = 0; i < SAMPLES; i++) {
        samples[i] = (uint32_t)row->sample();
    }
    qsort(samples, SAMPLES, sizeof(samples[0]), sample_compare);
    uart_print("bench: ");
    uart_print(row->name);
    print_number(samples[0]);
    print_number(samples[SAMPLES / 2]);
    print_number(samples[SAMPLES - 1]);
    uart_print("\n");
    settle();
}

static bool smc_is_undefined;

static bool smc_skip(struct exception_frame *frame)
{
    smc_is_undefined = true;
    frame->elr += 4;
    return true;
}

static void smc_try(void)
{
    exception_set_handler(smc_skip);
    smccc_smc(PSCI_VERSION, 0, 0, 0);
    exception_set_handler(NULL);
}

static bool row_applies(const struct row *row)
{
    unsigned gic = guest.gic_version == 2 ? GIC_V2 : GIC_V3;
    char only[32];

    if ((row->flags & gic) == 0 || (row->flags & SMC && smc_is_undefined)) {
        return false;
    }
    return !guest_argument("only", only, sizeof(only)) || strcmp(only, row->name) == 0;
}

int main(void)
{
    const struct row *row = guest.cpu_count > 1 ? rows_of_two_cpus : rows_of_one_cpu;

    spi = (unsigned)argument("spi");
    if (spi == 0) {
        uart_print("bench: there is no spi= in the boot arguments\n");
        return EXIT_FAILURE;
    }
    if (argument("ecam") != 0 && edu_find(argument("ecam"), argument("bar"))) {
        row = rows_of_edu;
    }
    vectors_use();
    if (guest.cpu_count > 1) {
        peer_start();
    }
    smc_try();
    settle();
    nothing = measure_nothing();
    for (; row->name != NULL; row++) {
        if (row_applies(row)) {
            row_run(row);
        }
    }
    uart_print("bench: done\n");
    return EXIT_SUCCESS;
}
