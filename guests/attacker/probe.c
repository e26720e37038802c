/* SPDX-License-Identifier: Apache-2.0 */
/* Runs single instructions where they may fail, and maps what they shall reach. */
#include "attacker.h"

#include "guest.h"

/* VMSAv8-64 and LPAE stage 1 blocks of 1 GiB; the attribute index is that of lib/start.S. */
#define BLOCK           (0x1ull | 1ull << 10 | 3ull << 8) /* valid, AF, inner shareable */
#define BLOCK_NORMAL    (1ull << 2)
#define BLOCK_EL0       (1ull << 6)
#define BLOCK_READ_ONLY (1ull << 7)
#define BLOCK_XN        (1ull << 54) /* AArch64: of EL0 */
#define BLOCK_ADDRESS   0x0000ffffc0000000ull

extern char probe_el0_back[], probe_el0_after[];
uintptr_t probe_el1(uintptr_t code, uintptr_t x0, uintptr_t x1);
uintptr_t probe_el0(uintptr_t code, uintptr_t x0, uintptr_t x1, uintptr_t after);

struct probe_totals probe_totals;
uint8_t scratch[SCRATCH_SIZE] __attribute__((aligned(4096)));

/* What each CPU's probe is about; its own CPU's only. */
static struct running {
    bool on;
    unsigned el;
    uintptr_t code;
    struct outcome outcome;
} running[GUEST_MAX_CPUS];

static void count(unsigned long *total)
{
    __atomic_fetch_add(total, 1, __ATOMIC_RELAXED);
}

static bool is_misplaced(const struct exception_frame *frame, const struct running *r)
{
    const uintptr_t at = code_address(r->code);

    return frame_place(frame, r->code) != at || !frame_is_of(frame, r->el) ||
           (frame_is_fetch(frame) && frame->far != at);
}

static bool catch (struct exception_frame *frame)
{
    struct running *r = &running[cpu_index()];

    if (!r->on) {
        return false;
    }
    if (frame_is_serror(frame)) {
        count(&probe_totals.serrors);
        return true; /* it is of another time: go on where it struck */
    }
    if (!frame_is_svc(frame)) {
        count(&probe_totals.exceptions);
        if (is_misplaced(frame, r)) {
            count(&probe_totals.misplaced);
        }
        r->outcome.esr = frame_syndrome(frame);
        r->outcome.far = frame->far;
    }
    frame_return(frame, r->el == 0 ? (uintptr_t)probe_el0_back : 0);
    return true;
}

/* Code of this image, or of a view that EL0 has, where EL0 may execute it. */
static uintptr_t code_for_el0(uintptr_t code)
{
    return code >= VIEW_WINDOW ? code : (uintptr_t)(CODE_EL0 + code % GIB(1));
}

struct outcome probe(unsigned el, uintptr_t code, uint64_t x0, uint64_t x1)
{
    struct running *r = &running[cpu_index()];
    uintptr_t value;

    r->el = el;
    r->code = el == 0 ? code_for_el0(code) : code;
    r->outcome = (struct outcome){0};
    *(volatile bool *)&r->on = true;
    if (el == 0) {
        value = probe_el0(r->code, (uintptr_t)x0, (uintptr_t)x1,
                          code_for_el0((uintptr_t)probe_el0_after));
    } else {
        value = probe_el1(r->code, (uintptr_t)x0, (uintptr_t)x1);
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
    tlb_forget();
    *entry = descriptor;
    __asm__ volatile("dsb ish\n isb" : : : "memory");
}

uintptr_t view_of(enum view view, uint64_t address)
{
    static const uint64_t attributes[VIEWS] = {
        [VIEW_DEVICE] = MMU_PXN | BLOCK_XN,
        [VIEW_NORMAL] = BLOCK_NORMAL | MMU_PXN | BLOCK_XN,
        [VIEW_EL0_DEVICE] = BLOCK_EL0 | MMU_PXN | BLOCK_XN,
        [VIEW_EL0_NORMAL] = BLOCK_NORMAL | BLOCK_EL0 | MMU_PXN | BLOCK_XN,
        [VIEW_CODE] = BLOCK_NORMAL | BLOCK_READ_ONLY | BLOCK_NOT_EL0,
        [VIEW_EL0_CODE] = BLOCK_NORMAL | BLOCK_EL0 | BLOCK_READ_ONLY,
    };

    map_block((uintptr_t)VIEW_WINDOW, (address & BLOCK_ADDRESS) | BLOCK | attributes[view]);
    return (uintptr_t)(VIEW_WINDOW + address % GIB(1));
}

void probe_init(void)
{
    uint64_t image = (uintptr_t)probe_el0_after;

    exception_set_handler(catch);
    map_block((uintptr_t)CODE_EL0,
              (image & BLOCK_ADDRESS) | BLOCK | BLOCK_NORMAL | BLOCK_EL0 | BLOCK_READ_ONLY);
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
