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
    uint32_t vintid;
    uint32_t pintid;  /* hw: the physical interrupt that the guest's EOI deactivates */
    uint8_t priority; /* 8 bits, the driver keeps what the hardware has */
    uint8_t source;   /* GICv2 SGI: the vCPU that sent it */
    bool hw, pending, active, eoi_maintenance;
};

/*
 * One GIC architecture. Distributor calls are made with the gicd lock held (irq.c's wrappers take
 * it where a read-modify-write needs it); CPU-interface and list-register calls touch this CPU's
 * own registers only.
 */
struct gic_ops {
    const char *const *compatible; /* NULL-terminated */
    /* Distributor: all interrupts off, Group 1, priorities set, then enabled. Boot CPU. Returns the
     * number of INTIDs. */
    enum status (*dist_init)(const struct plan_gic *gic, uint32_t *intids);
    /* This CPU's redistributor (found by MPIDR), CPU interface (EOImode 1, all priorities) and
     * virtual interface. */
    enum status (*cpu_init)(const struct plan_gic *gic, struct cpu *cpu);
    uint32_t (*acknowledge)(void);          /* IAR: the INTID (GICv2: source CPU masked off) */
    void (*drop)(uint32_t intid);           /* EOIR: priority drop only */
    void (*deactivate)(uint32_t intid);     /* DIR */
    void (*kick)(const struct cpu *target); /* IRQ_KICK to that CPU */
    /* Per interrupt; PPIs are those of `cpu`. */
    void (*set_enable)(const struct cpu *cpu, uint32_t intid, bool on);
    void (*set_pending)(const struct cpu *cpu, uint32_t intid, bool on);
    void (*set_active)(const struct cpu *cpu, uint32_t intid, bool on);
    bool (*get_pending)(const struct cpu *cpu, uint32_t intid);
    bool (*get_active)(const struct cpu *cpu, uint32_t intid);
    void (*set_priority)(const struct cpu *cpu, uint32_t intid, uint8_t priority);
    void (*set_edge)(const struct cpu *cpu, uint32_t intid, bool edge); /* interrupt disabled */
    void (*set_target)(uint32_t spi, const struct cpu *cpu);
    /* Virtual interface of this CPU. */
    uint32_t (*lr_count)(void);
    void (*lr_write)(uint32_t n, const struct gic_lr *lr); /* NULL: empty */
    void (*lr_read)(uint32_t n, struct gic_lr *lr);
    uint64_t (*lr_empty)(void); /* ELRSR: bit n set where list register n is empty */
    void (*virt_reset)(void);   /* VMCR, APRs, list registers: as out of reset; interface on */
    void (*set_underflow)(
        bool on); /* HCR.UIE: maintenance when at most one list register is valid */
};

/* Those compiled in, NULL-terminated: drivers/drivers.c. */
extern const struct gic_ops *const drivers_gic[];

/* The driver that the plan's GIC bound to; class: sealed. */
extern const struct gic_ops *gic;

/* Bind the driver, initialise the distributor; boot CPU. E_NOT_FOUND where no driver is compiled
 * in. */
enum status irq_init(const struct plan *p) MUST_CHECK;

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

/* Route the console's interrupt to `cpu` and enable it; EL2's own. */
void irq_own(uint32_t intid, bool edge, const struct cpu *cpu);

#endif
