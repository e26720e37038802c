/* SPDX-License-Identifier: Apache-2.0 */
/* Between CPUs: SGIs to one, to several, to all others; SPIs with a target; banked registers. */
#include "gic.h"
#include "gictest.h"
#include "guest.h"

#define SGIS          16u
#define REPLY_SGI     9u
#define MPIDR_CLUSTER 0xff00ffff00ull

typedef void (*order)(void);

/* Each CPU writes its own row; CPU 0 clears it while the CPU is idle. */
static struct {
    volatile unsigned taken[SGIS]; /* SGIs by number */
    volatile unsigned others;      /* SPIs and PPIs */
    volatile unsigned source;      /* of the last one */
    volatile unsigned orders_done;
} peer[GUEST_MAX_CPUS];

/* Written by CPU 0. */
static volatile order peer_order[GUEST_MAX_CPUS];
static volatile unsigned hold;

static void record(unsigned intid, unsigned source)
{
    unsigned cpu = cpu_index();

    if (intid == guest.timer_virtual_intid) {
        timer_stop();
    }
    peer[cpu].source = source;
    if (intid < SGIS) {
        peer[cpu].taken[intid]++;
    } else {
        peer[cpu].others++;
    }
    cpu_send_event();
}

/* What a peer does: it waits for orders and takes interrupts. */
static void peer_run(void)
{
    unsigned cpu = cpu_index();

    cpu_unmask_interrupts();
    for (;;) {
        order now = peer_order[cpu];

        if (now != NULL) {
            peer_order[cpu] = NULL;
            now();
            peer[cpu].orders_done++;
            cpu_send_event();
        } else {
            cpu_wait_for_event();
        }
    }
}

/* Lets `cpu` do something, and waits for it to be done. */
static bool peer_do(unsigned cpu, order what)
{
    unsigned done = peer[cpu].orders_done;

    peer_order[cpu] = what;
    cpu_send_event();
    return wait_until(&peer[cpu].orders_done, done + 1);
}

static void order_nothing(void)
{
}

static void order_stop(void)
{
    cpu_stop();
}

static void order_reply(void)
{
    gic_send_sgi(REPLY_SGI, 0);
}

static void order_timer(void)
{
    gic_enable(guest.timer_virtual_intid);
    timer_start(0);
}

/* Masked until CPU 0 has sent what it has to send. */
static void order_hold(void)
{
    cpu_mask_interrupts();
    hold = 2;
    cpu_send_event();
    while (hold != 0) {
        cpu_wait_for_event();
    }
    cpu_unmask_interrupts();
}

static void peers_clear(void)
{
    for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
        for (unsigned i = 0; i < SGIS; i++) {
            peer[cpu].taken[i] = 0;
        }
        peer[cpu].others = 0;
    }
}

/*
 * A test that peers take part in begins: they are idle, so what the last test sent them is over,
 * and theirs to record.
 */
static void peers_begin(void)
{
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        peer_do(cpu, order_nothing);
    }
    test_begin();
    peers_clear();
}

/* The CPUs whose `taken[sgi]` comes to be `want`, of all but CPU 0. */
static unsigned peers_with(unsigned sgi, unsigned want)
{
    unsigned count = 0;

    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        wait_until(&peer[cpu].taken[sgi], want);
        count += peer[cpu].taken[sgi] == want;
    }
    return count;
}

static void sgi_there_and_back(void)
{
    unsigned sent_to_us = 0, from_us = 0, back = 0, back_from = 0;
    unsigned peers = guest.cpu_count - 1;

    peers_begin();
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        uint32_t iar;

        gic_send_sgi(cpu, cpu);
        sent_to_us += wait_until(&peer[cpu].taken[cpu], 1);
        from_us += peer[cpu].source == interface_number(0);
        peer_do(cpu, order_reply);
        iar = take();
        back += gic_intid(iar) == REPLY_SGI;
        back_from += gic_source(iar) == interface_number(cpu);
        if (gic_intid(iar) != GIC_SPURIOUS) {
            gic_end(iar);
        }
    }
    check_equal("SGI to another CPU: arrives", sent_to_us, peers);
    check_equal("SGI to another CPU: tells its source", from_us, peers);
    check_equal("SGI from another CPU: arrives", back, peers);
    check_equal("SGI from another CPU: tells its source", back_from, peers);
    check("SGI: nothing else came here", nothing_comes());
}

static void sgi_to_many(void)
{
    unsigned mask = 0;
    unsigned near = 0;

    peers_begin();
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicd_base + GICD_SGIR, GICD_SGIR_OTHERS | 4);
    } else {
        sysreg_write(ICC_SGI1R_EL1, ICC_SGI1R_OTHERS | 4ull << 24);
    }
    barrier_dsb();
    check_equal("SGI to all others: arrives at each", peers_with(4, 1), guest.cpu_count - 1);
    check("SGI to all others: not at the sender", nothing_comes());

    /* One write, several targets, the sender among them; GICv3: those of its own cluster. */
    for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
        uint64_t mpidr = guest.cpu_mpidr[cpu];

        if (guest.gic_version == 2) {
            mask |= gic_target_mask(cpu);
            near++;
        } else if (((mpidr ^ guest.cpu_mpidr[0]) & MPIDR_CLUSTER) == 0 && (mpidr & 0xff) < 16) {
            mask |= 1u << (mpidr & 15);
            near++;
        }
    }
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicd_base + GICD_SGIR, mask << 16 | 8);
    } else {
        uint64_t mpidr = guest.cpu_mpidr[0];

        sysreg_write(ICC_SGI1R_EL1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
                                        8ull << 24 | (mpidr >> 8 & 0xff) << 16 | mask);
    }
    barrier_dsb();
    check_equal("SGI to a list: arrives at each", peers_with(8, 1), near - 1);
    check_equal("SGI to a list: at the sender too", take_and_end(), 8);
}

/* From two CPUs before either is taken: GICv2 delivers one for each source, GICv3 one. */
static void sgi_from_two(void)
{
    uint32_t first, second;

    test_begin();
    gic_set_mask(0);
    peer_do(1, order_reply);
    gic_send_sgi(REPLY_SGI, 0);
    gic_set_mask(0xf0);
    first = take();
    check_equal("SGI from two CPUs: delivered", gic_intid(first), REPLY_SGI);
    gic_end(first);
    if (guest.gic_version == 2) {
        second = take();
        check_equal("SGI from two CPUs: delivered for the other", gic_intid(second), REPLY_SGI);
        check("SGI from two CPUs: each with its source", gic_source(first) != gic_source(second));
        gic_end(second);
    }
    check("SGI from two CPUs: then nothing", nothing_comes());
}

static void sgi_burst(void)
{
    unsigned once = 0;
    unsigned done = peer[1].orders_done;

    peers_begin();
    hold = 1;
    peer_order[1] = order_hold;
    cpu_send_event();
    wait_until(&hold, 2);
    for (unsigned sgi = 0; sgi < SGIS; sgi++) {
        gic_send_sgi(sgi, 1);
    }
    hold = 0;
    cpu_send_event();
    for (unsigned sgi = 0; sgi < SGIS; sgi++) {
        wait_until(&peer[1].taken[sgi], 1);
        once += peer[1].taken[sgi] == 1;
    }
    wait_until(&peer[1].orders_done, done + 1);
    check_equal("SGI: 16 at once to a CPU that is masked, each once", once, SGIS);
}

static void spi_to_each(void)
{
    unsigned arrived = 0;

    peers_begin();
    gic_set_edge(TEST_SPI, true);
    gic_enable(TEST_SPI);
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        gic_set_target(TEST_SPI, cpu);
        gic_set_pending(TEST_SPI, true);
        wait_until(&peer[cpu].others, 1);
        arrived += peer[cpu].others == 1;
    }
    check_equal("SPI: arrives at the CPU it is sent to", arrived, guest.cpu_count - 1);
    check("SPI: and not here", nothing_comes());
    gic_set_target(TEST_SPI, 0);
    gic_set_pending(TEST_SPI, true);
    check_equal("SPI: arrives here again", take_and_end(), TEST_SPI);

    /* Retargeted while it is pending behind our PMR. */
    peers_clear();
    gic_set_mask(0);
    gic_set_pending(TEST_SPI, true);
    gic_set_target(TEST_SPI, 1);
    wait_until(&peer[1].others, 1);
    gic_set_mask(0xf0);
    check_equal("SPI: sent elsewhere while pending, arrives there", peer[1].others, 1);
    check("SPI: sent elsewhere while pending, not here", nothing_comes());
    gic_disable(TEST_SPI);
}

/* How many of the peers' interrupts are no SGIs. */
static unsigned others_total(void)
{
    unsigned total = 0;

    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        total += peer[cpu].others;
    }
    return total;
}

/* Any of them may be the one, however late: then each takes what it has before its next order. */
static void spi_to_all_v2(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(PEER_US);

    peers_begin();
    gic_set_edge(TEST_SPI, true);
    gic_set_mask(0);
    mmio_write8(guest.gicd_base + GICD_ITARGETSR + TEST_SPI, 0xff);
    gic_enable(TEST_SPI);
    gic_set_pending(TEST_SPI, true);
    while (others_total() == 0 && timer_count() < end) {
        cpu_wait_for_event();
    }
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        peer_do(cpu, order_nothing);
    }
    check_known("SPI: with several targets, taken by one", others_total(), 1, "qemu");
    gic_disable(TEST_SPI);
}

static void banked(void)
{
    unsigned fired = 0;

    peers_begin();
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        peer_do(cpu, order_timer);
        wait_until(&peer[cpu].others, 1);
        fired += peer[cpu].others == 1;
    }
    check_equal("PPI: each CPU has its own timer interrupt", fired, guest.cpu_count - 1);
    check("PPI: another CPU's enable bit is not ours", !gic_is_enabled(guest.timer_virtual_intid));
}

/* A Redistributor can be written by any CPU. */
static void foreign_redistributor(void)
{
    uintptr_t frame = (uintptr_t)guest.gicr[0].base;
    uint64_t mpidr = guest.cpu_mpidr[1];
    uint64_t affinity = (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;

    peers_begin();
    while (mmio_read64(frame + GICR_TYPER) >> 32 != affinity &&
           !(mmio_read64(frame + GICR_TYPER) & GICR_TYPER_LAST)) {
        frame += mmio_read64(frame + GICR_TYPER) & GICR_TYPER_VLPIS ? GICR_SIZE_VLPIS : GICR_SIZE;
    }
    mmio_write32(frame + GICR_SGI_FRAME + GICD_ISPENDR, 1u << 12);
    barrier_dsb();
    wait_until(&peer[1].taken[12], 1);
    check_equal("GICR_ISPENDR0 of another CPU: arrives there", peer[1].taken[12], 1);
    check("GICR_ISPENDR0 of another CPU: not here", nothing_comes());
}

void test_peers(void)
{
    unsigned started = 0;
    unsigned stopped = 0;

    if (guest.cpu_count < 2) {
        check_skip("interrupts between CPUs", "there is one CPU");
        return;
    }
    test_begin();
    for (unsigned i = 0; i < SGIS; i++) {
        irq_set_handler(i, record);
    }
    irq_set_handler(guest.timer_virtual_intid, record);
    irq_set_handler(TEST_SPI, record);
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        started += cpu_start(cpu, peer_run) == PSCI_SUCCESS && peer_do(cpu, order_nothing);
    }
    check_equal("CPU_ON: every CPU runs", started, guest.cpu_count - 1);
    if (started == guest.cpu_count - 1) {
        sgi_there_and_back();
        sgi_to_many();
        sgi_from_two();
        sgi_burst();
        banked();
        if (TEST_SPI != 0) {
            spi_to_each();
        }
        if (TEST_SPI != 0 && guest.gic_version == 2) {
            spi_to_all_v2();
        }
        if (guest.gic_version == 3) {
            foreign_redistributor();
        }
    }
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        uint64_t end = timer_count() + timer_us_to_ticks(PEER_US);

        peer_order[cpu] = order_stop;
        cpu_send_event();
        while (psci_affinity_info(guest.cpu_mpidr[cpu]) != PSCI_AFFINITY_OFF &&
               timer_count() < end) {
            cpu_wait_for_event();
        }
        stopped += psci_affinity_info(guest.cpu_mpidr[cpu]) == PSCI_AFFINITY_OFF;
    }
    check_equal("CPU_OFF: every CPU stops", stopped, guest.cpu_count - 1);
}
