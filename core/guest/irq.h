/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical interrupts: what a GIC driver provides (drivers/gic), and what happens when one arrives
 * at EL2. IHI 0048 (GICv2), IHI 0069 (GICv3).
 */
#ifndef CORE_GUEST_IRQ_H
#define CORE_GUEST_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/cpu.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

#define IRQ_SPURIOUS 1020u /* INTIDs from here on are no interrupt */
#define IRQ_KICK     0u    /* the physical SGI by which EL2 makes another CPU look at its work */

struct vcpu;

/* A list register, as both architectures can say it; the driver encodes it. */
struct gic_lr {
    uint16_t
        vintid; /* where `state` has GIC_LR_HW: also the physical interrupt that it is linked to */
    uint8_t priority; /* the driver keeps the bits that the hardware has */
    uint8_t source;   /* GICv2 SGI: the vCPU that sent it */
    uint8_t state;    /* GIC_LR_...; neither pending nor active: empty */
};

#define GIC_LR_PENDING 0x1
#define GIC_LR_ACTIVE  0x2
#define GIC_LR_HW      0x4 /* the guest's deactivation deactivates the physical interrupt */
#define GIC_LR_EOI     0x8 /* maintenance when the guest has deactivated it; not with HW */

/* Why the virtual interface asks for maintenance, beside GIC_LR_EOI. */
/* Pending ones wait outside: when no list register has one that is not active, too. */
#define GIC_MAINTENANCE_PENDING 0x1
/* Active ones wait outside: when at most one list register is used, or one that is in none ends. */
#define GIC_MAINTENANCE_ACTIVE 0x2

/*
 * One GIC architecture. What is per interrupt may be called on any CPU and by several at once, but
 * for set_edge (irq_set_edge() takes the lock); CPU-interface and list-register calls touch this
 * CPU's own registers only. Physical interrupts all have one priority: only the virtual ones order.
 */
struct gic_ops {
    const char *const *compatible; /* NULL-terminated */
    /*
     * Distributor, taken over live: all interrupts off, neither pending nor active, then enabled.
     * Boot CPU, registers mapped. Returns the number of INTIDs; a GICv2's, its `alias`. E_TIMEOUT.
     */
    enum status (*dist_init)(struct plan_gic *gic, uint32_t *intids);
    /*
     * This CPU's redistributor (found by MPIDR), CPU interface (EOImode 1, all priorities) and
     * virtual interface; private interrupts as dist_init does with shared ones. E_NOT_FOUND,
     * E_TIMEOUT, E_UNSUPPORTED.
     */
    enum status (*cpu_init)(const struct plan_gic *gic, struct cpu *cpu);
    uint32_t (*acknowledge)(void);          /* IAR; the INTID is its low ten bits */
    void (*drop)(uint32_t iar);             /* EOIR: priority drop only */
    void (*deactivate)(uint32_t iar);       /* DIR */
    void (*kick)(const struct cpu *target); /* IRQ_KICK to that CPU, behind what this one wrote */
    /* Per interrupt; private ones are those of `cpu` (GICv2: it must be this one). */
    void (*set_enable)(const struct cpu *cpu, uint32_t intid, bool on);
    void (*set_pending)(const struct cpu *cpu, uint32_t intid, bool on);
    void (*set_active)(const struct cpu *cpu, uint32_t intid, bool on);
    bool (*get_pending)(const struct cpu *cpu, uint32_t intid);
    bool (*get_active)(const struct cpu *cpu, uint32_t intid);
    void (*set_edge)(uint32_t spi, bool edge); /* interrupt disabled, gicd lock held */
    void (*set_target)(uint32_t spi, const struct cpu *cpu);
    /* Virtual interface of this CPU. */
    uint32_t (*lr_count)(void);              /* 2..16 */
    uint64_t (*lr_encode)(struct gic_lr lr); /* as lr_write() wants it; 0: empty */
    void (*lr_write)(uint32_t n, uint64_t image);
    struct gic_lr (*lr_read)(uint32_t n); /* of `state` only what is pending and active */
    uint32_t (*lr_empty)(void); /* ELRSR: bit n set where list register n is empty, or is none */
    /* EISR: bit n set where GIC_LR_EOI wants list register n rewritten. */
    uint32_t (*lr_ended)(void);
    uint32_t (*take_ended)(void); /* HCR.EOIcount: how many ended that were in none; then 0 */
    void (*virt_reset)(void);     /* VMCR, APRs, list registers: as out of reset; interface on */
    void (*set_maintenance)(uint32_t why); /* GIC_MAINTENANCE_... or 0 */
};

/* Those compiled in, NULL-terminated: drivers/drivers.c. */
extern const struct gic_ops *const drivers_gic[];

/* The driver that the plan's GIC bound to; class: sealed. */
extern const struct gic_ops *gic;

/* INTIDs that the distributor has room for: a multiple of 32, at most 1024; class: sealed. */
extern uint32_t gic_intids;

/* Bind the driver, map its registers, initialise the distributor; boot CPU. E_NOT_FOUND where no
 * driver is compiled in. */
enum status irq_init(struct plan *p) MUST_CHECK;

/* This CPU's interface; enables IRQ_KICK and the maintenance interrupt. Each CPU. */
enum status irq_cpu_init(const struct plan *p, struct cpu *cpu) MUST_CHECK;

/*
 * An IRQ was taken to EL2 (from a guest, or noticed while idle): acknowledge once, then either
 * inject HW-linked into this CPU's vCPU, or handle it (kick, maintenance, the console's UART). The
 * hot path.
 */
void irq_handle(void);

/* Make `cpu` come to EL2 soon and look at its work. */
void irq_kick(const struct cpu *cpu);

/* Trigger of an SPI, which must be disabled; takes the gicd lock. */
void irq_set_edge(uint32_t spi, bool edge);

/* Route an SPI of EL2's own to `cpu`, this one, and enable it; takes the gicd lock. */
void irq_route(uint32_t intid, bool edge, const struct cpu *cpu);

/* An SPI of EL2's own comes no more. Any CPU. */
void irq_off(uint32_t intid);

/* Make an SPI of EL2's own pending, also while it is handled. Any CPU. */
void irq_again(uint32_t intid);

/* Route the console's interrupt to `cpu`, this one, and enable it and the alarm's; EL2's own. */
void irq_own(uint32_t intid, bool edge, const struct cpu *cpu);

/* Make the console's interrupt pending, also while it is handled: for console_start(). Any CPU. */
void irq_kick_own(void);

#endif
