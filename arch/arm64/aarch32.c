/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the traps of a partition in AArch32 state: decode by class, handle as AArch64's, apply. */
#include "arch/arm/aarch32.h"

#include <arch/aarch32.h>
#include <arch/vcpu.h>

#include "arch/arm64/traps.h"
#include "core/base/cpu.h"
#include "core/guest/condition.h"
#include "core/guest/vcpu.h"

/* ESR_EL2.EC of exceptions from AArch32; those below EC_CONDITIONAL_END have a condition. */
#define EC_CP15            0x03 /* MCR, MRC */
#define EC_CP15_64         0x04 /* MCRR, MRRC */
#define EC_VMRS            0x08
#define EC_CONDITIONAL_END 0x10
#define EC_HVC32           0x12
#define EC_SMC32           0x13
#define EC_INSTR_ABORT     0x20
#define EC_DATA_ABORT      0x24

#define ISS_CCKNOWNPASS BIT(19) /* SMC: the condition is not known to have passed */
#define ISS_SMC_RES0    MASK(18, 0)
#define ISS_OP1_64      MASK(19, 16)
#define ISS_RT2_64      MASK(14, 10)
#define ISS_CRM         MASK(4, 1)
#define ISS_CRN         MASK(13, 10)
#define ISS_COPROC      MASK(19, 0) /* of a trapped MCR, MRC: all but CV and COND */

#define OP0_SYSTEM field_prep(MASK(21, 20), 3)

#define ACTLR2    CP_ID(1, 0, 0, 3)
#define CP_ID_CRM CP_ID(0, 0, 15, 0)

#define SAS_DOUBLEWORD 3 /* none of AArch32 has a syndrome */

#define R8 8
#define SP 13
#define LR 14
#define PC 15

/*
 * DDI 0487 D1.20.1: the X register that holds R<n> in the guest's mode. Syndromes have X registers,
 * QEMU's in some classes R: a number that is banked is one of these, as no instruction of the mode
 * can name that X register.
 */
static uint32_t x_of(uint32_t n)
{
    const bool sp_lr = n == SP || n == LR;

    if (n == PC) {
        return 31; /* XZR */
    }
    switch (sysreg_read(SPSR_EL2) & PSR_MODE) {
    case MODE_FIQ:
        return n >= R8 && n <= LR ? n + 16 : n;
    case MODE_IRQ:
        return sp_lr ? 16 + (LR - n) : n;
    case MODE_SVC:
        return sp_lr ? 18 + (LR - n) : n;
    case MODE_ABT:
        return sp_lr ? 20 + (LR - n) : n;
    case MODE_UND:
        return sp_lr ? 22 + (LR - n) : n;
    default:
        return n;
    }
}

uint32_t aarch32_reg_get(const struct arch_regs *regs, uint32_t n)
{
    return (uint32_t)regs->x[x_of(n)];
}

void aarch32_reg_set(struct arch_regs *regs, uint32_t n, uint32_t v)
{
    regs->x[x_of(n)] = v;
}

/* The syndrome with an X register for sure where `field` is. */
static uint64_t with_x(uint64_t esr, uint64_t field)
{
    return (esr & ~field) | field_prep(field, x_of((uint32_t)field_get(field, esr)));
}

/* ---- CP15 ---- */

/* Where both have a register under one encoding, it is the same; not so from c0, c4 on: RAZ. */
static enum trap_outcome trap_cp15(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu)
{
    const uint32_t id = (uint32_t)esr & CP_ID_MASK;
    const bool mvfr = (id & ~CP_ID(0, 0, 0, 3)) == CP_ID(0, 0, 3, 0) && id != CP_ID(0, 0, 3, 3);
    const bool reserved = (id & ~CP_ID(0, 0, 3, 7)) == CP_ID(0, 0, 4, 0); /* IDs of AArch64 */

    esr = with_x(esr, ISS_SYS_RT);
    if (id == ACTLR2 || mvfr || reserved) { /* RAZ/WI; mvfr: reserved there, MVFRn_EL1 here */
        if ((esr & ISS_SYS_READ) != 0) {
            regs->x[field_get(ISS_SYS_RT, esr)] = 0;
        }
        return TRAP_SKIP;
    }
    return trap_sysreg(regs, (esr & ISS_COPROC) | OP0_SYSTEM, vcpu);
}

/* ICC_SGI1R, ICC_ASGI1R, ICC_SGI0R are the only ones that trap and exist. */
static enum trap_outcome trap_cp15_64(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu)
{
    const uint64_t op1 = field_get(ISS_OP1_64, esr);
    uint64_t value;

    if ((esr & ISS_SYS_READ) != 0 || field_get(ISS_CRM, esr) != 12 || op1 > 2) {
        return TRAP_UNDEF;
    }
    esr = with_x(with_x(esr, ISS_SYS_RT), ISS_RT2_64);
    value = (uint32_t)regs->x[field_get(ISS_SYS_RT, esr)] | regs->x[field_get(ISS_RT2_64, esr)]
                                                                << 32;
    return trap_write_sgi(vcpu, SYSREG_ID(3, 0, 12, 11, 5 + op1), value);
}

/* MVFR0 to MVFR2 are 7 to 5. */
static enum trap_outcome trap_vmrs(struct arch_regs *regs, uint64_t esr)
{
    const uint64_t n = 7 - field_get(ISS_CRN, esr);

    if (n > 2 || (esr & ISS_SYS_READ) == 0) {
        return TRAP_UNDEF;
    }
    regs->x[field_get(ISS_SYS_RT, with_x(esr, ISS_SYS_RT))] = idregs_read(SYSREG_ID(3, 0, 0, 3, n));
    return TRAP_SKIP;
}

/* ---- calls, aborts ---- */

static enum trap_outcome trap_smc(struct arch_regs *regs, uint64_t esr)
{
    enum trap_outcome outcome;

    if ((esr & ISS_CCKNOWNPASS) != 0 && !condition_passed(esr, sysreg_read(SPSR_EL2))) {
        return TRAP_SKIP;
    }
    outcome = trap_call(regs, esr & ~ISS_SMC_RES0);
    return outcome == TRAP_RESUME ? TRAP_SKIP : outcome;
}

/* `value` of an access, extended as the instruction wants it. */
static uint32_t extended(uint32_t value, uint32_t size, uint64_t esr)
{
    const uint32_t unused = 32 - 8 * size;

    return (esr & ISS_SSE) != 0 ? (uint32_t)((int32_t)(value << unused) >> unused) : value;
}

/* AArch64's handler has little-endian data alone: the register is turned round for it. */
static enum trap_outcome trap_big_endian(struct arch_regs *regs, uint64_t esr)
{
    const uint64_t n = field_get(ISS_SRT, esr);
    const uint32_t size = UINT32_C(1) << field_get(ISS_SAS, esr);
    const uint64_t pc = sysreg_read(ELR_EL2);
    const uint64_t own = regs->x[n];
    enum trap_outcome outcome;

    regs->x[n] = aarch32_ordered((uint32_t)own, size, PSR_E);
    outcome = trap_data_abort(regs, esr & ~ISS_SSE);
    if ((esr & ISS_WNR) != 0 || sysreg_read(ELR_EL2) == pc) { /* a store; or nothing was done */
        regs->x[n] = own;
    } else {
        regs->x[n] = extended(aarch32_ordered((uint32_t)regs->x[n], size, PSR_E), size, esr);
    }
    return outcome;
}

static enum trap_outcome trap_abort(struct arch_regs *regs, uint64_t esr)
{
    const bool big_endian = (sysreg_read(SPSR_EL2) & PSR_E) != 0;

    if (field_get(ISS_SRT, esr) == PC) { /* no plain register: none of AArch32's has this number */
        return TRAP_ABORT;
    }
    esr = with_x(esr, ISS_SRT);
    return big_endian && (esr & ISS_ISV) != 0 && field_get(ISS_SAS, esr) != SAS_DOUBLEWORD
               ? trap_big_endian(regs, esr)
               : trap_data_abort(regs, esr);
}

static enum trap_outcome handle(struct arch_regs *regs, uint64_t esr)
{
    const uint64_t ec = field_get(ESR_EC, esr);
    struct vcpu *vcpu = cpu_self()->vcpu;

    if (ec >= EC_CP15 && ec < EC_CONDITIONAL_END && !condition_passed(esr, sysreg_read(SPSR_EL2))) {
        return TRAP_SKIP;
    }
    switch (ec) {
    case EC_CP15:
        return trap_cp15(regs, esr, vcpu);
    case EC_CP15_64:
        return trap_cp15_64(regs, esr, vcpu);
    case EC_VMRS:
        return trap_vmrs(regs, esr);
    case EC_HVC32:
        return trap_call(regs, esr);
    case EC_SMC32:
        return trap_smc(regs, esr);
    case EC_INSTR_ABORT:
        return trap_instruction_abort(regs, esr, vcpu);
    case EC_DATA_ABORT:
        return trap_abort(regs, esr);
    default:
        return TRAP_UNDEF;
    }
}

void trap_aarch32(struct arch_regs *regs, uint64_t esr)
{
    aarch32_apply(handle(regs, esr), regs, (uint32_t)esr);
}
