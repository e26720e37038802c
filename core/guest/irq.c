/* SPDX-License-Identifier: Apache-2.0 */
/* Owns physical interrupts: which driver, and what becomes of one that arrives at EL2. */
#include "core/guest/irq.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/lock.h"
#include "core/guest/msi.h"
#include "core/guest/partition.h"
#include "core/guest/stream.h"
#include "core/guest/vcpu.h"
#include "core/guest/vgic.h"
#include "core/memory/el2_map.h"
#include "core/plan/dt.h"
#include "core/plan/msi.h"

#define IAR_INTID 0x3ff

const struct gic_ops *gic;
uint32_t gic_intids;

/* The console's interrupt; 0 until there is one. Class: written before partitions start. */
static uint32_t own_intid;

/* Of the board's GIC, and of its timer at EL2: sealed. */
static uint32_t maintenance_intid;
static uint32_t alarm_intid;

/* gicd: the distributor's registers that are changed by reading and writing back. */
static struct lock gicd_lock;

static enum status map_registers(const struct plan_gic *board_gic)
{
    const struct range fixed[] = {board_gic->dist, board_gic->cpu, board_gic->hyp};
    enum status status = OK;

    for (uint32_t i = 0; status == OK && i < ARRAY_SIZE(fixed); i++) {
        if (fixed[i].size != 0) {
            status = el2_map(fixed[i], LPAE_DEVICE);
        }
    }
    for (uint32_t i = 0; status == OK && i < board_gic->redists; i++) {
        status = el2_map(board_gic->redist[i], LPAE_DEVICE);
    }
    return status;
}

enum status irq_init(struct plan *p)
{
    enum status status;

    gic = NULL;
    for (const struct gic_ops *const *ops = drivers_gic; *ops != NULL && gic == NULL; ops++) {
        if (dt_compatible(p->board.fdt, p->board.gic.node, (*ops)->compatible)) {
            gic = *ops;
        }
    }
    if (gic == NULL) {
        plan_error(p, PLAN_SHARED, p->board.gic.path,
                   "compatible: no driver for this GIC is compiled in (CONFIG_GIC_V%u)",
                   p->board.gic.version);
        return E_NOT_FOUND;
    }
    maintenance_intid = p->board.gic.maintenance;
    alarm_intid = p->board.timer_hyp;
    status = map_registers(&p->board.gic);
    return status == OK ? gic->dist_init(&p->board.gic, &gic_intids) : status;
}

enum status irq_cpu_init(const struct plan *p, struct cpu *cpu)
{
    enum status status = gic->cpu_init(&p->board.gic, cpu);

    if (status == OK) {
        gic->virt_reset();
        gic->set_enable(cpu, IRQ_KICK, true);
        gic->set_enable(cpu, maintenance_intid, true);
    }
    return status;
}

/* No guest's: maintenance, the console's and its alarm; or nobody's, then kept from coming back. */
static __attribute__((noinline)) void handle_own(struct vcpu *vcpu, uint32_t iar)
{
    uint32_t intid = iar & IAR_INTID;

    if (intid == maintenance_intid) {
        if (vcpu != NULL) {
            vgic_maintain(vcpu);
        }
    } else if (intid == own_intid) {
        console_irq();
    } else if (intid == alarm_intid) {
        arch_alarm_clear();
        console_irq();
    } else if (!stream_irq(intid)) {
        gic->set_enable(cpu_self(), intid, false);
        console_printf("bulkhead: interrupt %u on CPU 0x%" PRIx64 " is nobody's: disabled\n", intid,
                       cpu_self()->mpidr);
    }
    gic->drop(iar);
    gic->deactivate(iar);
}

static __attribute__((noinline)) void handle_kick(struct vcpu *vcpu, uint32_t iar)
{
    if (vcpu != NULL) {
        vgic_sync(vcpu);
        if (vuart_has_news(&vcpu->partition->vuart)) {
            vuart_sync(&vcpu->partition->vuart);
        }
    }
    gic->drop(iar);
    gic->deactivate(iar);
}

void irq_handle(void)
{
    struct vcpu *vcpu = cpu_self()->vcpu;
    uint32_t iar = gic->acknowledge();
    uint32_t intid = iar & IAR_INTID;

    arch_dsb();             /* see vgic.c: the quick way */
    if (iar >= LPI_FIRST) { /* a GICv2's are below, sources of SGIs included */
        msi_irq(iar);
        gic->drop(iar); /* they are never active */
    } else if (intid == IRQ_KICK) {
        handle_kick(vcpu, iar);
    } else if (vcpu != NULL && vgic_inject(vcpu, intid)) {
        gic->drop(iar);
    } else if (intid < IRQ_SPURIOUS) {
        handle_own(vcpu, iar);
    }
}

void irq_kick(const struct cpu *cpu)
{
    gic->kick(cpu);
}

void irq_set_edge(uint32_t spi, bool edge)
{
    lock_take(&gicd_lock, LOCK_GICD);
    gic->set_edge(spi, edge);
    lock_release(&gicd_lock);
}

void irq_route(uint32_t intid, bool edge, const struct cpu *cpu)
{
    irq_set_edge(intid, edge);
    gic->set_target(intid, cpu);
    gic->set_enable(cpu, intid, true);
}

void irq_off(uint32_t intid)
{
    gic->set_enable(NULL, intid, false);
}

void irq_again(uint32_t intid)
{
    gic->set_pending(NULL, intid, true);
}

void irq_own(uint32_t intid, bool edge, const struct cpu *cpu)
{
    own_intid = intid;
    irq_route(intid, edge, cpu);
    gic->set_enable(cpu, alarm_intid, true);
}

void irq_kick_own(void)
{
    arch_dsb();
    irq_again(own_intid);
}
