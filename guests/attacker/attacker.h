/* SPDX-License-Identifier: Apache-2.0 */
/* What the attacks share: probes at EL1 and EL0, views of any address, random numbers, the log. */
#ifndef ATTACKER_H
#define ATTACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* What came of one probe. */
struct outcome {
    uint64_t esr;   /* of the exception; 0: there was none */
    uint64_t far;   /* of the exception */
    uint64_t value; /* of x0 behind the code; of no meaning after an exception */
};

/*
 * Runs `code` (instructions and a RET, in this image) at EL1 or EL0, x0 and x1 as given. An
 * exception ends it. One that names another place than `code` itself is counted as misplaced.
 */
struct outcome probe(unsigned el, uintptr_t code, uint64_t x0, uint64_t x1);

/* Of all CPUs, since the start. */
struct probe_totals {
    unsigned long exceptions;
    unsigned long misplaced; /* ELR elsewhere, or the FAR of an abort not where was accessed */
    unsigned long serrors;
};
extern struct probe_totals probe_totals;

/* EL0 gets all that EL1 can give it; interrupts are masked. */
void open_el0(void);

/* Sets up what probes need: exception handler, the map of EL0's code. Once, before the first. */
void probe_init(void);

/* How a view maps the GiB that holds an address: one view at a time, on the boot CPU. */
enum view {
    VIEW_DEVICE,     /* EL1: Device-nGnRE, where an unaligned access faults in stage 1 */
    VIEW_NORMAL,     /* EL1: Normal, where it does not */
    VIEW_EL0_DEVICE, /* EL0, as these */
    VIEW_EL0_NORMAL,
    VIEW_CODE,     /* EL1: executable */
    VIEW_EL0_CODE, /* EL0: executable */
    VIEWS
};

/* The virtual address of `address` (an IPA of 48 bits at most) in that view. */
uintptr_t view_of(enum view view, uint64_t address);

static inline unsigned view_el(enum view view)
{
    return view == VIEW_EL0_DEVICE || view == VIEW_EL0_NORMAL || view == VIEW_EL0_CODE ? 0 : 1;
}

/* Instructions written to memory are seen by the fetch. */
void code_sync(const void *code, size_t size);

/* True where [base, base + size) is in the partition's memory, as its device tree tells. */
bool is_own_memory(uint64_t base, uint64_t size);

/* The number of the boot argument `name=`, in any base that C has; `otherwise` without one. */
uint64_t argument_number(const char *name, uint64_t otherwise);

/* The same sequence for the same argument seed=; each CPU has its own. */
uint64_t random_next(void);

/*
 * One line of the log may tell many things: each is added behind the line's title, and a line that
 * has become long is ended and begun again. Boot CPU only.
 */
void log_begin(const char *title, ...) __attribute__((format(printf, 1, 2)));
void log_add(const char *item, ...) __attribute__((format(printf, 1, 2)));
void log_end(void); /* nothing is printed where nothing was added */

/* How often each syndrome came, 0 for none; those behind the first few kinds go into `more`. */
#define TALLY_KINDS 6
struct tally {
    unsigned kinds;
    unsigned long more;
    struct {
        uint64_t esr;
        unsigned long count;
    } kind[TALLY_KINDS];
};
void tally_add(struct tally *tally, uint64_t esr);
void tally_log(const char *name, const struct tally *tally);    /* an item "NAME:ESR*count,…" */
void tally_print(const char *title, const struct tally *tally); /* a line of its own */

/*
 * Single accesses to the address in x0; those that store have x1 to store, those that load
 * leave it in x0.
 */
extern const uint32_t access_ldrb[], access_ldrh[], access_ldr_w[], access_ldr_x[];
extern const uint32_t access_strb[], access_strh[], access_str_w[], access_str_x[];

/* A word of another partition's pattern (guests/pattern), or of Bulkhead's image (image=)? */
bool is_pattern(uint64_t word);
bool is_bulkhead(uint64_t word);

/* Bytes that nobody else uses, for accesses that destroy; page aligned. */
#define SCRATCH_SIZE KIB(8)
extern uint8_t scratch[SCRATCH_SIZE];

/* What the storm is of, for a random number. */
void wind_set_way(uint64_t random);
void wind_tlb(uint64_t random);
void wind_translate(uint64_t random);
void wind_zero(uint64_t random);
void wind_exclusives(uint64_t random);

/* The attacks. */
void attack_memory(void);
void attack_access(void);
void attack_sysreg(void);
void attack_encodings(void); /* a part of it, of the architecture's own */
void attack_gic(void);
void attack_calls(void);
void attack_psci(void);
void attack_storm(void);
void attack_console(void);

#endif
