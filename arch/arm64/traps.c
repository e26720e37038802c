/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what happens when a guest's exception comes to EL2: decode by class, handle, apply. */
#include "arch/arm64/traps.h"

#include <stddef.h>

#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm/aarch32.h"
#include "arch/arm64/boot.h"
#include "arch/arm64/inject.h"
#include "core/base/arch.h"
#include "core/base/cpu.h"
#include "core/base/panic.h"
#include "core/guest/condition.h"
#include "core/guest/irq.h"
#include "core/guest/mmio.h"
#include "core/guest/partition.h"
#include "core/guest/psci.h"
#include "core/guest/trap.h"
#include "core/guest/vcpu.h"
#include "core/guest/vgic.h"
#include "core/plan/plan.h"

/* ESR_EL2.ISS of an abort. */
#define ISS_SF          BIT(15)    /* the register is 64 bits wide */
#define ISS_EA          BIT(9)     /* external */
#define ISS_CM          BIT(8)     /* cache maintenance */
#define ISS_FSC         MASK(5, 2) /* kind of fault; the level is below */
#define FSC_TRANSLATION field_prep(ISS_FSC, 1)

#define HPFAR_FIPA MASK(43, 4) /* IPA bits 51..12 */
#define PAR_F      BIT(0)
#define PAR_PA     MASK(47, 12)

/* ISS of an HVC or SMC, and of a trapped AArch32 instruction. */
#define EC_SMC64  0x17
#define ISS_IMM16 MASK(15, 0)

typedef enum trap_outcome (*trap_handler)(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu);

/* ---- calls ---- */

static bool is_smc(uint64_t esr)
{
    return field_get(ESR_EC, esr) == EC_SMC64;
}

/* What a call wants undefined: an HVC returns behind itself, its exception does not. */
static enum trap_outcome undefined_call(bool smc)
{
    if (!smc) {
        sysreg_write(ELR_EL2, sysreg_read(ELR_EL2) - 4);
    }
    return TRAP_UNDEF;
}

/* DDI 0487 D1.3: the return address of an HVC is behind it, that of a trapped SMC is its own. */
enum trap_outcome trap_call(struct arch_regs *regs, uint64_t esr)
{
    uint64_t *x = regs->x;
    struct smccc_call call = {(uint32_t)x[0], {x[1], x[2], x[3]}, {x[0], x[1], x[2], x[3]}};
    enum trap_outcome outcome;

    if ((esr & ISS_IMM16) != 0) {
        return undefined_call(is_smc(esr));
    }
    outcome = smccc_handle(cpu_self()->vcpu, &call);
    if (outcome != TRAP_RESUME) {
        return outcome;
    }
    x[0] = call.result[0];
    x[1] = call.result[1];
    x[2] = call.result[2];
    x[3] = call.result[3];
    if (is_smc(esr)) { /* EC_SMC64: from AArch64 */
        inject_skip_aarch64(sysreg_read(SPSR_EL2));
    }
    return TRAP_RESUME;
}

/* ---- system registers ---- */

/* Group 0 does not exist for a guest, nor another security state: SGI0R and ASGI1R do nothing. */
enum trap_outcome trap_write_sgi(struct vcpu *vcpu, uint32_t id, uint64_t value)
{
    if (plan.board.gic.version == 2) {
        return TRAP_UNDEF;
    }
    if (id == SYSREG_ID(3, 0, 12, 11, 5)) {
        vgic_sgi1r_write(vcpu, value);
    }
    return TRAP_SKIP;
}

/* The feature ID space: op0 3, op1 0, CRn 0, CRm 1 to 7. */
static bool is_id_register(uint32_t id)
{
    const uint32_t crm_op2 = SYSREG_ID(0, 0, 0, 7, 7);

    return (id & ~crm_op2) == SYSREG_ID(3, 0, 0, 0, 0) && (id & SYSREG_ID(0, 0, 0, 7, 0)) != 0;
}

enum trap_outcome trap_sysreg(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu)
{
    const uint32_t id = (uint32_t)esr & SYSREG_ID_MASK;
    const uint32_t rt = (uint32_t)field_get(ISS_SYS_RT, esr);
    const bool read = (esr & ISS_SYS_READ) != 0;

    switch (id) {
    case SYSREG_ID(3, 0, 12, 11, 5): /* ICC_SGI1R_EL1 */
    case SYSREG_ID(3, 0, 12, 11, 6): /* ICC_ASGI1R_EL1 */
    case SYSREG_ID(3, 0, 12, 11, 7): /* ICC_SGI0R_EL1 */
        return read ? TRAP_UNDEF : trap_write_sgi(vcpu, id, regs->x[rt]);
    case SYSREG_ID(3, 0, 1, 0, 1): /* ACTLR_EL1: RAZ/WI */
        if (read) {
            regs->x[rt] = 0;
        }
        return TRAP_SKIP;
    default:
        break;
    }
    if (read && is_id_register(id)) {
        regs->x[rt] = idregs_read(id);
        return TRAP_SKIP;
    }
    return TRAP_UNDEF;
}

/* ---- AArch32 at EL0: nothing that it has traps, but for what does not exist ---- */

static enum trap_outcome trap_aarch32_el0(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu)
{
    (void)vcpu;
    (void)regs;
    return condition_passed(esr, sysreg_read(SPSR_EL2)) ? TRAP_UNDEF : TRAP_SKIP;
}

/* ---- aborts ---- */

/* The IPA that stage 1 makes of an address; UINT64_MAX where it makes none. */
__attribute__((noinline)) static uint64_t stage1_ipa(uint64_t far)
{
    const uint64_t own_par = sysreg_read(PAR_EL1);
    uint64_t par;

    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(far) : "memory");
    par = sysreg_read(PAR_EL1);
    sysreg_write(PAR_EL1, own_par);
    return (par & PAR_F) != 0 ? UINT64_MAX : (par & PAR_PA) | (far & (PAGE_SIZE - 1));
}

/* The IPA of a stage-2 translation fault; HPFAR_EL2 is not valid for all others. */
static ipa_t fault_ipa(uint64_t far)
{
    const uint64_t page = field_get(HPFAR_FIPA, sysreg_read(HPFAR_EL2)) << PAGE_SHIFT;

    return ipa(page | (far & (PAGE_SIZE - 1)));
}

/* Bits of a 64-bit register that the access has none of. */
static unsigned unused_bits(uint64_t esr)
{
    return -(8u << field_get(ISS_SAS, esr)) % 64;
}

/* What the register gets of a value that was read, zero-extended. */
static uint64_t loaded(uint64_t value, uint64_t esr)
{
    const unsigned unused = unused_bits(esr);

    if ((esr & ISS_SSE) == 0) {
        return value;
    }
    value = (uint64_t)((int64_t)(value << unused) >> unused);
    return (esr & ISS_SF) != 0 ? value : value & UINT32_MAX;
}

/* Only a translation fault with a valid syndrome, of a plain load or store, is ours to emulate. */
enum trap_outcome trap_data_abort(struct arch_regs *regs, uint64_t esr)
{
    struct vcpu *vcpu = cpu_self()->vcpu;
    const uint64_t far = sysreg_read(FAR_EL2);
    const uint64_t size = UINT64_C(1) << field_get(ISS_SAS, esr);
    struct mmio_access access = {.ipa = fault_ipa(far), .size = (uint8_t)size};
    enum trap_outcome outcome;

    if ((esr & ISS_ISV) == 0 || !is_aligned(far, size) ||
        (esr & (ISS_EA | ISS_CM | ISS_S1PTW | ISS_FSC)) != FSC_TRANSLATION) {
        return TRAP_ABORT;
    }
    /* Cortex-A57 834220: HPFAR_EL2 may be of a fault that stage 1 hides, which is the guest's. */
    if (vcpu->arch.erratum_834220 && stage1_ipa(far) == UINT64_MAX) {
        return TRAP_RESUME;
    }
    if ((esr & ISS_WNR) != 0) {
        access.write = true;
        access.value = regs->x[field_get(ISS_SRT, esr)] << unused_bits(esr) >> unused_bits(esr);
    }
    outcome = mmio_handle(vcpu, &access);
    if (outcome != TRAP_SKIP) {
        return outcome;
    }
    if ((esr & ISS_WNR) == 0) {
        regs->x[field_get(ISS_SRT, esr)] = loaded(access.value, esr);
    }
    inject_skip(esr);
    return TRAP_RESUME;
}

/* A guest whose vector cannot be fetched would come back here for ever. */
enum trap_outcome trap_instruction_abort(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu)
{
    const uint64_t vector =
        vcpu->partition->plan->aarch32 ? aarch32_prefetch_vector() : inject_vector();
    const bool known = (esr & ISS_S1PTW) != 0 || (esr & ISS_FSC) == FSC_TRANSLATION;
    const uint64_t far = sysreg_read(FAR_EL2);

    if (sysreg_read(ELR_EL2) != vector) {
        return TRAP_ABORT;
    }
    return trap_fatal(vcpu, regs, known ? fault_ipa(far).v : stage1_ipa(far),
                      "cannot fetch its exception vector");
}

/* ---- the dispatcher ---- */

/* DDI 0487 ESR_EL2.EC. What is neither here nor in vectors.S is undefined for a guest. */
static const trap_handler handlers[64] = {
    [0x03] = trap_aarch32_el0, /* MCR, MRC */
    [0x04] = trap_aarch32_el0, /* MCRR, MRRC */
    [0x05] = trap_aarch32_el0, /* debug MCR, MRC */
    [0x06] = trap_aarch32_el0, /* LDC, STC */
    [0x08] = trap_aarch32_el0, /* VMRS */
    [0x0c] = trap_aarch32_el0, /* debug MRRC */
    [0x18] = trap_sysreg,      /* MSR, MRS */
    [0x20] = trap_instruction_abort,
};

enum trap_outcome trap_sync(struct arch_regs *regs, uint64_t esr)
{
    const trap_handler handler = handlers[field_get(ESR_EC, esr)];

    return handler != NULL ? handler(regs, esr, cpu_self()->vcpu) : TRAP_UNDEF;
}

void trap_apply(enum trap_outcome outcome)
{
    const uint64_t esr = sysreg_read(ESR_EL2);

    if (outcome == TRAP_SKIP) {
        inject_skip(esr);
    } else if (outcome == TRAP_UNDEF) {
        inject_undef();
    } else if (outcome == TRAP_ABORT) {
        inject_abort(esr);
    } else if (outcome == TRAP_STOP) {
        vcpu_stop(cpu_self()->vcpu);
    }
}

void trap_irq(void)
{
    irq_handle();
    if (vcpu_must_stop(cpu_self()->vcpu)) {
        vcpu_stop(cpu_self()->vcpu);
    }
}

/* Physical SErrors come to EL2: the device access that failed was the guest's. */
void trap_serror(struct arch_regs *regs)
{
    struct vcpu *vcpu = cpu_self()->vcpu;

    (void)trap_fatal(vcpu, regs, UINT64_MAX, "SError");
    vcpu_stop(vcpu);
}

void trap_el2(uint64_t esr, uint64_t elr, uint64_t far, uint64_t vector)
{
    panic("exception at EL2: vector %lu, ESR 0x%lx, ELR 0x%lx (image + 0x%lx), FAR 0x%lx", vector,
          esr, elr, elr - (uintptr_t)image_start, far);
}
