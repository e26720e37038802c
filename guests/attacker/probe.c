/* SPDX-License-Identifier: Apache-2.0 */
/* Runs single instructions where they may fail, and maps what they shall reach. */
#include "attacker.h"

#include "guest.h"

#define EC_SVC64           0x15u
#define EC_INSTRUCTION_EL0 0x20u
#define EC_INSTRUCTION_EL1 0x21u
#define EC_DATA_EL0        0x24u
#define EC_DATA_EL1        0x25u
#define EC_SERROR          0x2fu
#define ESR_FNV            (1u << 10) /* FAR not valid, of an abort */
#define SPSR_EL_MASK       0xcu
#define SPSR_EL1H_MASKED   0x3c5u

/* VMSAv8-64 stage 1 blocks of 1 GiB; the attribute index is that of lib/start.S. */
#define BLOCK           (0x1ull | 1ull << 10 | 3ull << 8) /* valid, AF, inner shareable */
#define BLOCK_NORMAL    (1ull << 2)
#define BLOCK_EL0       (1ull << 6)
#define BLOCK_READ_ONLY (1ull << 7)
#define BLOCK_UXN       (1ull << 54)
#define BLOCK_ADDRESS   0x0000ffffc0000000ull
#define CODE_EL0        (GIB(511))
#define VIEW_WINDOW     (GIB(510))

extern char probe_el0_back[], probe_el0_after[];
uint64_t probe_el1(uintptr_t code, uint64_t x0, uint64_t x1);
uint64_t probe_el0(uintptr_t code, uint64_t x0, uint64_t x1, uintptr_t after);

struct probe_totals probe_totals;
uint8_t scratch[SCRATCH_SIZE] __attribute__((aligned(4096)));

/* What each CPU's probe is about; its own CPU's only. */
static struct running {
    bool on;
    uintptr_t code;
    struct outcome outcome;
} running[GUEST_MAX_CPUS];

static void count(unsigned long *total)
{
    __atomic_fetch_add(total, 1, __ATOMIC_RELAXED);
}

static bool is_misplaced(const struct exception_frame *frame, const struct running *r)
{
    unsigned ec = ESR_EC(frame->esr);

    if (frame->elr != r->code) {
        return true;
    }
    return (ec == EC_INSTRUCTION_EL0 || ec == EC_INSTRUCTION_EL1) && !(frame->esr & ESR_FNV) &&
           frame->far != r->code;
}

static bool catch (struct exception_frame *frame)
{
    struct running *r = &running[cpu_index()];
    unsigned ec = ESR_EC(frame->esr);

    if (!r->on) {
        return false;
    }
    if (ec == EC_SERROR) {
        count(&probe_totals.serrors);
        return true; /* it is of another time: go on where it struck */
    }
    if (ec != EC_SVC64) {
        count(&probe_totals.exceptions);
        if (is_misplaced(frame, r)) {
            count(&probe_totals.misplaced);
        }
        r->outcome.esr = frame->esr;
        r->outcome.far = frame->far;
    }
    if ((frame->spsr & SPSR_EL_MASK) == 0) {
        frame->elr = (uintptr_t)probe_el0_back;
        frame->spsr = SPSR_EL1H_MASKED;
    } else {
        frame->elr = frame->x[30];
    }
    return true;
}

/* Code of this image, or of a view that EL0 has, where EL0 may execute it. */
static uintptr_t code_for_el0(uintptr_t code)
{
    return code >= VIEW_WINDOW ? code : CODE_EL0 + code % GIB(1);
}

struct outcome probe(unsigned el, uintptr_t code, uint64_t x0, uint64_t x1)
{
    struct running *r = &running[cpu_index()];
    uint64_t value;

    r->code = el == 0 ? code_for_el0(code) : code;
    r->outcome = (struct outcome){0};
    *(volatile bool *)&r->on = true;
    if (el == 0) {
        value = probe_el0(r->code, x0, x1, code_for_el0((uintptr_t)probe_el0_after));
    } else {
        value = probe_el1(r->code, x0, x1);
    }
    *(volatile bool *)&r->on = false;
    r->outcome.value = value;
    return r->outcome;
}

static void map_block(uintptr_t window, uint64_t descriptor)
{
    uint64_t *entry = mmu_descriptor(window);

    if (*entry == descriptor) {
        return;
    }
    *entry = 0;
    __asm__ volatile("dsb ish\n tlbi vmalle1is\n dsb ish" : : : "memory");
    *entry = descriptor;
    __asm__ volatile("dsb ish\n isb" : : : "memory");
}

uintptr_t view_of(enum view view, uint64_t address)
{
    static const uint64_t attributes[VIEWS] = {
        [VIEW_DEVICE] = MMU_PXN | BLOCK_UXN,
        [VIEW_NORMAL] = BLOCK_NORMAL | MMU_PXN | BLOCK_UXN,
        [VIEW_EL0_DEVICE] = BLOCK_EL0 | MMU_PXN | BLOCK_UXN,
        [VIEW_EL0_NORMAL] = BLOCK_NORMAL | BLOCK_EL0 | MMU_PXN | BLOCK_UXN,
        [VIEW_CODE] = BLOCK_NORMAL | BLOCK_READ_ONLY | BLOCK_UXN,
        [VIEW_EL0_CODE] = BLOCK_NORMAL | BLOCK_EL0 | BLOCK_READ_ONLY,
    };

    map_block(VIEW_WINDOW, (address & BLOCK_ADDRESS) | BLOCK | attributes[view]);
    return VIEW_WINDOW + address % GIB(1);
}

void probe_init(void)
{
    uint64_t image = (uintptr_t)probe_el0_after;

    exception_set_handler(catch);
    map_block(CODE_EL0,
              (image & BLOCK_ADDRESS) | BLOCK | BLOCK_NORMAL | BLOCK_EL0 | BLOCK_READ_ONLY);
}

void code_sync(const void *code, size_t size)
{
    uint64_t ctr = sysreg_read(ctr_el0);
    uintptr_t line = 4u << (ctr & 15); /* IminLine is at bit 0, DminLine at bit 16: the smaller */
    uintptr_t end = (uintptr_t)code + size;

    if (line > 4u << (ctr >> 16 & 15)) {
        line = 4u << (ctr >> 16 & 15);
    }
    for (uintptr_t at = (uintptr_t)code & ~(line - 1); at < end; at += line) {
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish\n ic ialluis\n dsb ish\n isb" : : : "memory");
}

bool is_own_memory(uint64_t base, uint64_t size)
{
    for (unsigned i = 0; i < guest.memory_count; i++) {
        const struct guest_region *memory = &guest.memory[i];

        if (base >= memory->base && base + size <= memory->base + memory->size) {
            return true;
        }
    }
    return false;
}
