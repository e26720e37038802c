/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what happens when a guest's exception comes to HYP: decode by class, handle, apply. */
#include "arch/arm32/traps.h"

#include <stddef.h>

#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm/aarch32.h"
#include "arch/arm32/boot.h"
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
#include "core/plan/plan.h"

/* HSR.ISS of an abort. */
#define ISS_ISV         BIT(24)      /* the fields above bit 13 are valid */
#define ISS_SAS         MASK(23, 22) /* log2 of bytes */
#define ISS_SSE         BIT(21)      /* sign-extend what is read */
#define ISS_SRT         MASK(19, 16)
#define ISS_EA          BIT(9) /* external */
#define ISS_CM          BIT(8) /* cache maintenance */
#define ISS_WNR         BIT(6)
#define ISS_FS          MASK(5, 0)
#define ISS_FSC         MASK(5, 2) /* kind of fault; the level is below */
#define FSC_TRANSLATION field_prep(ISS_FSC, 1)
#define FS_PARITY       BIT(3)
#define FS_ASYNCHRONOUS 0x11 /* and of parity, 0x19 */

#define HPFAR_FIPA MASK(31, 4) /* IPA bits 39..12 */

/* PAR: what AT has found, in the format of long or of short descriptors. */
#define PAR_F        BIT(0) /* a fault */
#define PAR_LPAE     BIT(11)
#define PAR_PA       MASK(39, 12)
#define PAR_PA_SHORT MASK(31, 12)

/* ISS of an HVC, and of a trapped coprocessor instruction. */
#define ISS_IMM16 MASK(15, 0)
#define ISS_CRN   MASK(13, 10)
#define ISS_RT2   MASK(13, 10)
#define ISS_RT    MASK(8, 5)
#define ISS_READ  BIT(0)

#define ACTLR_ID CP_ID(1, 0, 0, 1)

#define PC       15
#define PSR_NZCV MASK(31, 28)

/* An MCRR or MRRC, and three of IHI 0069 12.5. */
#define CP64_ID(op1, crm) ((uint32_t)((op1) << 16 | (crm) << 1))
#define CP64_ID_MASK      (MASK(19, 16) | MASK(4, 1))
#define ICC_SGI1R_ID      CP64_ID(0, 12)
#define ICC_ASGI1R_ID     CP64_ID(1, 12)
#define ICC_SGI0R_ID      CP64_ID(2, 12)

typedef enum trap_outcome (*trap_handler)(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu);

/* ---- calls ---- */

static enum trap_outcome trap_call(struct arch_regs *regs, struct vcpu *vcpu)
{
    uint32_t *r = regs->r;
    struct smccc_call call = {r[0], {r[1], r[2], r[3]}, {r[0], r[1], r[2], r[3]}};
    enum trap_outcome outcome = smccc_handle(vcpu, &call);

    if (outcome == TRAP_RESUME) {
        r[0] = (uint32_t)call.result[0];
        r[1] = (uint32_t)call.result[1];
        r[2] = (uint32_t)call.result[2];
        r[3] = (uint32_t)call.result[3];
    }
    return outcome;
}

/* DDI 0406 B1.8.4: the return address of an HVC is behind it, */
static enum trap_outcome trap_hvc(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    if ((hsr & ISS_IMM16) != 0) {
        banked_write(elr_hyp, banked_read(elr_hyp) - 4);
        return TRAP_UNDEF;
    }
    return trap_call(regs, vcpu);
}

/* that of a trapped SMC is its own. */
static enum trap_outcome trap_smc(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    enum trap_outcome outcome = trap_call(regs, vcpu);

    (void)hsr;
    return outcome == TRAP_RESUME ? TRAP_SKIP : outcome;
}

/* ---- coprocessors ---- */

static enum trap_outcome answer(struct arch_regs *regs, uint32_t hsr, uint32_t value)
{
    if ((hsr & ISS_READ) != 0) {
        aarch32_reg_set(regs, (uint32_t)field_get(ISS_RT, hsr), value);
    }
    return TRAP_SKIP;
}

static enum trap_outcome trap_cp15(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    const uint32_t id = hsr & CP_ID_MASK;
    const uint32_t crm_op2 = CP_ID(0, 0, 7, 7);

    (void)vcpu;
    if (id == ACTLR_ID) { /* what the firmware has set up; nobody changes it */
        return answer(regs, hsr, sysreg_read(ACTLR));
    }
    if ((hsr & ISS_READ) != 0 && (id & ~crm_op2) == 0 && (id & CP_ID(0, 0, 7, 0)) != 0) {
        return answer(regs, hsr, idregs_read(id));
    }
    return TRAP_UNDEF;
}

/* Group 0 does not exist for a guest, nor another security state: SGI0R and ASGI1R do nothing. */
static enum trap_outcome trap_cp15_64(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    const uint32_t id = hsr & CP64_ID_MASK;
    const uint64_t low = aarch32_reg_get(regs, (uint32_t)field_get(ISS_RT, hsr));

    if ((hsr & ISS_READ) != 0 || plan.board.gic.version == 2 ||
        (id != ICC_SGI1R_ID && id != ICC_ASGI1R_ID && id != ICC_SGI0R_ID)) {
        return TRAP_UNDEF;
    }
    if (id == ICC_SGI1R_ID) {
        vgic_sgi1r_write(
            vcpu, (uint64_t)aarch32_reg_get(regs, (uint32_t)field_get(ISS_RT2, hsr)) << 32 | low);
    }
    return TRAP_SKIP;
}

/*
 * Debug, ThumbEE, Jazelle: RAZ/WI, so that DBGDIDR and the ID registers tell of none. Where an MRC
 * names R15, the flags are what is read (DDI 0406 A8.8.107).
 */
static enum trap_outcome trap_cp14(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    (void)vcpu;
    if ((hsr & ISS_READ) != 0 && field_get(ISS_RT, hsr) == PC) {
        banked_write(spsr_hyp, banked_read(spsr_hyp) & ~PSR_NZCV);
    }
    return answer(regs, hsr, 0);
}

/* DBGDRAR, DBGDSAR of 64 bits. */
static enum trap_outcome trap_cp14_64(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    (void)vcpu;
    if ((hsr & ISS_READ) == 0) {
        return TRAP_UNDEF;
    }
    aarch32_reg_set(regs, (uint32_t)field_get(ISS_RT2, hsr), 0);
    return answer(regs, hsr, 0);
}

/* VMRS: HCR.TID3 has it with the other feature registers. */
static enum trap_outcome trap_vmrs(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    uint32_t v = 0;

    (void)vcpu;
    switch (field_get(ISS_CRN, hsr)) {
    case 6:
        __asm__(".fpu neon-vfpv4\n\tvmrs %0, mvfr1" : "=r"(v));
        break;
    case 7:
        __asm__(".fpu neon-vfpv4\n\tvmrs %0, mvfr0" : "=r"(v));
        break;
    default:
        return TRAP_UNDEF;
    }
    return answer(regs, hsr, v);
}

static enum trap_outcome trap_undefined(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    (void)regs;
    (void)hsr;
    (void)vcpu;
    return TRAP_UNDEF;
}

/* ---- aborts ---- */

/* The IPA of a stage-2 translation fault; only then HPFAR is valid. */
static ipa_t fault_ipa(uint32_t far)
{
    const uint64_t page = field_get(HPFAR_FIPA, sysreg_read(HPFAR)) << PAGE_SHIFT;

    return ipa(page | (far & (PAGE_SIZE - 1)));
}

/* What the register gets of a value that was read, zero-extended. */
static uint32_t loaded(uint64_t value, uint32_t hsr)
{
    const unsigned unused = 64 - (8u << field_get(ISS_SAS, hsr));

    return (uint32_t)((hsr & ISS_SSE) == 0 ? value
                                           : (uint64_t)((int64_t)(value << unused) >> unused));
}

/* True where the syndrome's register is that of the store. */
static bool names_register(const struct vcpu *vcpu, uint64_t psr)
{
    return !vcpu->arch.erratum_766422 || (psr & PSR_T) == 0;
}

/* Only a translation fault with a valid syndrome, of a plain load or store, is ours to emulate. */
static enum trap_outcome trap_data_abort(struct arch_regs *regs, uint32_t hsr, struct vcpu *vcpu)
{
    const uint32_t far = sysreg_read(HDFAR);
    const uint64_t psr = banked_read(spsr_hyp);
    const uint32_t size = UINT32_C(1) << field_get(ISS_SAS, hsr);
    const uint32_t rt = (uint32_t)field_get(ISS_SRT, hsr);
    struct mmio_access access = {.ipa = fault_ipa(far), .size = (uint8_t)size};
    enum trap_outcome outcome;

    if ((hsr & (ISS_ISV | ISS_EA | ISS_CM | ISS_S1PTW | ISS_FSC)) != (ISS_ISV | FSC_TRANSLATION) ||
        !is_aligned(far, size)) {
        return (field_get(ISS_FS, hsr) & ~FS_PARITY) == FS_ASYNCHRONOUS
                   ? trap_fatal(vcpu, regs, UINT64_MAX, "asynchronous abort")
                   : TRAP_ABORT;
    }
    if ((hsr & ISS_WNR) != 0) {
        if (!names_register(vcpu, psr)) {
            return TRAP_ABORT;
        }
        access.write = true;
        access.value = aarch32_ordered(aarch32_reg_get(regs, rt), size, psr);
        return mmio_handle(vcpu, &access);
    }
    outcome = mmio_handle(vcpu, &access);
    if (outcome == TRAP_SKIP) {
        aarch32_reg_set(regs, rt, loaded(aarch32_ordered((uint32_t)access.value, size, psr), hsr));
    }
    return outcome;
}

/*
 * Where stage 1 leads, for faults of which HPFAR tells nothing; UINT64_MAX: nowhere. It changes the
 * guest's PAR: for a guest that is stopped.
 */
static uint64_t stage1_ipa(uint32_t far)
{
    uint64_t par;

    sysreg_write(ATS1CPR, far);
    arch_isb();
    par = sysreg_read64(PAR);
    if ((par & PAR_F) != 0) {
        return UINT64_MAX;
    }
    return (par & ((par & PAR_LPAE) != 0 ? PAR_PA : PAR_PA_SHORT)) | (far & (PAGE_SIZE - 1));
}

/* A guest whose vector cannot be fetched would come back here for ever. */
static enum trap_outcome trap_prefetch_abort(struct arch_regs *regs, uint32_t hsr,
                                             struct vcpu *vcpu)
{
    const bool translation = (hsr & ISS_FSC) == FSC_TRANSLATION;
    const uint32_t far = sysreg_read(HIFAR);

    if (banked_read(elr_hyp) != aarch32_prefetch_vector()) {
        return TRAP_ABORT;
    }
    return trap_fatal(vcpu, regs, translation ? fault_ipa(far).v : stage1_ipa(far),
                      "cannot fetch its exception vector");
}

/* ---- the dispatcher ---- */

/* DDI 0406 B3.13.6: HSR.EC; what has a condition is below COPROCESSORS. Others are undefined. */
#define COPROCESSORS 0x10
static const trap_handler handlers[64] = {
    [0x03] = trap_cp15,      /* MCR, MRC */
    [0x04] = trap_cp15_64,   /* MCRR, MRRC */
    [0x05] = trap_cp14,      /* MCR, MRC */
    [0x06] = trap_undefined, /* LDC, STC */
    [0x07] = trap_undefined, /* coprocessors that are not there */
    [0x08] = trap_vmrs,      [0x0c] = trap_cp14_64,        [0x12] = trap_hvc,
    [0x13] = trap_smc,       [0x20] = trap_prefetch_abort, [0x24] = trap_data_abort,
};

void trap_sync(struct arch_regs *regs)
{
    const uint32_t hsr = sysreg_read(HSR);
    const uint64_t ec = field_get(HSR_EC, hsr);
    const trap_handler handler = handlers[ec];
    struct vcpu *vcpu = cpu_self()->vcpu;
    enum trap_outcome outcome = TRAP_UNDEF;

    if (handler != NULL) {
        outcome = ec >= COPROCESSORS || condition_passed(hsr, banked_read(spsr_hyp))
                      ? handler(regs, hsr, vcpu)
                      : TRAP_SKIP;
    }
    if (outcome == TRAP_SKIP) {
        aarch32_skip(hsr);
    } else if (outcome != TRAP_RESUME) {
        aarch32_apply(outcome, regs, hsr);
    }
}

void trap_irq(void)
{
    irq_handle();
    if (vcpu_must_stop(cpu_self()->vcpu)) {
        vcpu_stop(cpu_self()->vcpu);
    }
}

void trap_hyp(uint32_t elr, uint32_t vector)
{
    panic("exception in HYP mode: vector %u, HSR 0x%x, ELR 0x%x (image + 0x%x), HDFAR 0x%x, "
          "HIFAR 0x%x",
          vector, sysreg_read(HSR), elr, elr - (uint32_t)(uintptr_t)image_start, sysreg_read(HDFAR),
          sysreg_read(HIFAR));
}
