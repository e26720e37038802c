/* SPDX-License-Identifier: Apache-2.0 */
/* What a bare-metal partition can use: facts, CPUs, interrupts, timer, UART, PSCI. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch.h"

/* ---- The partition, as its device tree describes it (lib/dt.c) ---- */

#define GUEST_MAX_CPUS         16
#define GUEST_MAX_MEMORY       8
#define GUEST_MAX_GICR_REGIONS 4

struct guest_region {
    uint64_t base; /* bytes */
    uint64_t size; /* bytes */
};

struct guest {
    const void *dtb;
    const char *bootargs; /* /chosen/bootargs, never NULL */
    struct guest_region memory[GUEST_MAX_MEMORY];
    unsigned memory_count;
    uint64_t cpu_mpidr[GUEST_MAX_CPUS]; /* affinity fields; entry 0 is the CPU that booted */
    unsigned cpu_count;
    uintptr_t uart_base;  /* PL011; 0: there is none and output is dropped */
    unsigned uart_intid;  /* 0: none */
    unsigned gic_version; /* 2, 3, or 0: none */
    uintptr_t gicd_base;  /* Distributor */
    uintptr_t gicc_base;  /* GICv2 CPU interface */
    struct guest_region gicr[GUEST_MAX_GICR_REGIONS]; /* GICv3 Redistributor regions */
    unsigned gicr_count;
    uint64_t gicr_stride; /* bytes from one Redistributor to the next; 0: as GICR_TYPER says */
    unsigned timer_virtual_intid;
    unsigned timer_physical_intid;
    unsigned pmu_intid;       /* 0: none */
    uint32_t timer_frequency; /* Hz */
    bool psci_smc;            /* PSCI by SMC; otherwise by HVC */
};

/* Written by the boot CPU before main(), then only read. */
extern struct guest guest;

/* Fills `guest` from a device tree; false where that is not one. Runs before main(). */
bool dt_read(const void *dtb);

/*
 * The value of `name=value` in bootargs, copied to `value` (at most `size` bytes with its NUL);
 * false where the name is not there.
 */
bool guest_argument(const char *name, char *value, size_t size);

/* ---- Registers and barriers; mmio_read8(address) and so on are in lib/ARCH/arch.h ---- */

static inline void barrier_dsb(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

static inline void barrier_isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/* ---- CPUs (lib/cpu.c) ---- */

/* This CPU's place in guest.cpu_mpidr; 0 is the CPU that booted. */
static inline unsigned cpu_index(void)
{
    return (unsigned)sysreg_read(tpidr_el1);
}

/*
 * Starts CPU `cpu` (1 … cpu_count - 1) by PSCI CPU_ON: it runs `function` on a stack of its own,
 * MMU on, interrupts masked, and is turned off when that returns. Returns a PSCI status.
 * newlib's stdio and malloc have no locks here: leave them to one CPU.
 */
int64_t cpu_start(unsigned cpu, void (*function)(void));

/* The same, by way of code at `entry` that ends in start.S's secondary_cpu, x0 (r0) unchanged. */
int64_t cpu_start_at(unsigned cpu, void (*function)(void), uintptr_t entry);

/* Turns this CPU off. */
_Noreturn void cpu_stop(void);

/*
 * Sleeps until an interrupt is pending, masked or not: a condition that is tested with interrupts
 * masked cannot be missed.
 */
static inline void cpu_wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n wfi" : : : "memory");
}

/* A pause in a loop that polls memory: until cpu_send_event() or some ms have passed. */
static inline void cpu_wait_for_event(void)
{
    __asm__ volatile("wfe" : : : "memory");
}

static inline void cpu_send_event(void)
{
    __asm__ volatile("dsb ish\n sev" : : : "memory");
}

/* ---- Memory map (lib/mmu.c): identity, guest memory Normal write-back, all else Device ---- */

#define MMU_PXN (1ull << 53)

/* Finishes the map that start.S began, once the device tree is read. Runs before main(). */
void mmu_map_all(void);

/* The stage 1 descriptor that maps `address`. */
uint64_t *mmu_descriptor(uintptr_t address);

/* ---- Exceptions (lib/vectors.S, lib/exceptions.c) ---- */

/*
 * A program that expects exceptions sets a handler for the synchronous ones and SError, of EL1 and
 * of EL0 (frame->spsr tells which; the frame is in lib/ARCH/arch.h). It returns true when it has
 * dealt with one and the CPU shall go on at frame->elr. NULL (the default): an exception prints the
 * registers and ends the partition.
 */
typedef bool (*exception_handler)(struct exception_frame *frame);
void exception_set_handler(exception_handler handler);

/* `source`: the CPU interface that sent a GICv2 SGI, otherwise 0. Runs with interrupts masked. */
typedef void (*irq_handler)(unsigned intid, unsigned source);
void irq_set_handler(unsigned intid, irq_handler handler);

/* ---- GICv2 or GICv3, whichever the device tree names (lib/gic.c; registers in lib/gic.h) ---- */

#define GIC_SPURIOUS         1023u
#define GIC_PRIORITY_DEFAULT 0xa0 /* 0 is the most urgent */

/* Sets up the Distributor, all interrupts disabled; on the boot CPU, before gic_init_cpu(). */
void gic_init(void);

/* Sets up this CPU's interface, SGIs enabled, PPIs disabled; on each CPU. */
void gic_init_cpu(void);

/* For SGIs and PPIs, these act on the CPU that calls. */
void gic_enable(unsigned intid);
void gic_disable(unsigned intid);
bool gic_is_enabled(unsigned intid);
void gic_set_pending(unsigned intid, bool pending); /* not for a GICv2 SGI */
bool gic_is_pending(unsigned intid);
void gic_set_active(unsigned intid, bool active);
bool gic_is_active(unsigned intid);
void gic_set_priority(unsigned intid, uint8_t priority);
uint8_t gic_priority(unsigned intid);
void gic_set_edge(unsigned intid, bool edge);
void gic_set_target(unsigned spi, unsigned cpu);
void gic_send_sgi(unsigned sgi, unsigned cpu);

/* The CPU interface. Only interrupts more urgent than `priority` are signalled. */
void gic_set_mask(uint8_t priority);
/* false: gic_end() drops the priority and deactivates; true: gic_deactivate() is needed besides. */
void gic_set_split_end(bool split);
uint32_t gic_acknowledge(void); /* the IAR: INTID, and a GICv2 SGI's source in bits 12:10 */
void gic_end(uint32_t iar);
void gic_deactivate(uint32_t iar);
uint8_t gic_running_priority(void);
unsigned gic_highest_pending(void);

static inline unsigned gic_intid(uint32_t iar)
{
    return guest.gic_version == 2 ? iar & 0x3ff : iar & 0xffffff;
}

static inline unsigned gic_source(uint32_t iar)
{
    return guest.gic_version == 2 ? (iar >> 10) & 7 : 0;
}

/* ---- Generic timer, the virtual one (lib/timer.c); ticks of guest.timer_frequency ---- */

static inline uint64_t timer_count(void)
{
    barrier_isb();
    return sysreg_read(cntvct_el0);
}

/* The interrupt guest.timer_virtual_intid is asserted from the time the count reaches `compare`. */
void timer_start(uint64_t compare);
void timer_stop(void);
uint64_t timer_ticks_to_ns(uint64_t ticks);
uint64_t timer_us_to_ticks(uint64_t us);
void timer_wait_us(uint64_t us);

/* ---- PL011 UART, polled (lib/uart.c); printf() ends here ---- */

void uart_init(void);
void uart_put(char c);
void uart_print(const char *text); /* adds a carriage return to each newline, as all below do */
void uart_print_hex(uint64_t value);
bool uart_get(char *c); /* false: nothing was received */

/* ---- PSCI and SMCCC (lib/psci.c) ---- */

#define PSCI_VERSION       0x84000000u
#define PSCI_CPU_SUSPEND   (SMCCC_NATIVE | 1)
#define PSCI_CPU_OFF       0x84000002u
#define PSCI_CPU_ON        (SMCCC_NATIVE | 3)
#define PSCI_AFFINITY_INFO (SMCCC_NATIVE | 4)
#define PSCI_SYSTEM_OFF    0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u
#define PSCI_FEATURES      0x8400000au

#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON         (-4)

#define PSCI_AFFINITY_ON         0
#define PSCI_AFFINITY_OFF        1
#define PSCI_AFFINITY_ON_PENDING 2

/* Either conduit, whatever the device tree says. */
int64_t smccc_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
int64_t smccc_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

/* The conduit of the device tree's /psci node; the result, sign-extended from 32 bits. */
int64_t psci_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
int64_t psci_cpu_on(uint64_t mpidr, uintptr_t entry, uint64_t context);
int64_t psci_affinity_info(uint64_t mpidr);
_Noreturn void psci_system_off(void);
_Noreturn void psci_system_reset(void);

#endif
