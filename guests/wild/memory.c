/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses outside this partition, and cache maintenance by set and way. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "wild.h"

#define STRAY_ADDRESS 0x3f000000u

#define DFSC(esr)           ((esr)&0x3f)
#define DFSC_EXTERNAL_ABORT 0x10u

static void print_caught(const char *mode, const char *what)
{
    printf("wild: %s %s esr=0x%" PRIx64 " far=0x%" PRIx64 " (%s)\n", mode,
           DFSC(wild_caught.esr) == DFSC_EXTERNAL_ABORT ? "external abort" : "fault",
           wild_caught.esr, wild_caught.far, what);
}

/* What is not memory is mapped execute-never: without that, the fetch leaves the partition. */
void wild_jump(void)
{
    uintptr_t address = (uintptr_t)wild_number("address", STRAY_ADDRESS);

    *mmu_descriptor(address) &= ~MMU_PXN;
    tlb_forget();
    printf("wild: jump to 0x%" PRIxPTR "\n", address);
    if (WILD_CATCHES(((void (*)(void))address)())) {
        print_caught("jump", "fetch");
    } else {
        puts("wild: jump returned");
    }
}

/* A table that is not in memory: the MMU's own access leaves the partition. */
void wild_walk(void)
{
    const uintptr_t address = WALK_ADDRESS; /* a block of level 1 until now */
    uintptr_t value = 0;

    *mmu_descriptor(address) = STRAY_ADDRESS | 3;
    tlb_forget();
    if (WILD_CATCHES(__asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory"))) {
        printf("wild: walk dfsc=0x%" PRIx64 " far=0x%" PRIx64 "\n", DFSC(wild_caught.esr),
               wild_caught.far);
    } else {
        printf("wild: walk went through, value 0x%" PRIxPTR "\n", value);
    }
}

void wild_stray(const char *what, bool caught, uint64_t value)
{
    if (caught) {
        print_caught("mmio", what);
    } else {
        printf("wild: mmio %s went through, value 0x%" PRIx64 "\n", what, value);
    }
}

void wild_mmio(void)
{
    uintptr_t address = (uintptr_t)wild_number("address", STRAY_ADDRESS);
    uint64_t value = 0;
    bool caught;

    caught = WILD_CATCHES(value = mmio_read8(address));
    wild_stray("read of 8 bits", caught, value);
    caught = WILD_CATCHES(value = mmio_read16(address));
    wild_stray("read of 16 bits", caught, value);
    caught = WILD_CATCHES(value = mmio_read32(address));
    wild_stray("read of 32 bits", caught, value);
    caught = WILD_CATCHES(value = mmio_read64(address));
    wild_stray("read of 64 bits", caught, value);
    wild_stray("write of 8 bits", WILD_CATCHES(mmio_write8(address, 0)), 0);
    wild_stray("write of 16 bits", WILD_CATCHES(mmio_write16(address, 0)), 0);
    wild_stray("write of 32 bits", WILD_CATCHES(mmio_write32(address, 0)), 0);
    wild_stray("write of 64 bits", WILD_CATCHES(mmio_write64(address, 0)), 0);
    wild_stray_without_syndrome(address);
}

/* ---- Set and way ---- */

#define CLIDR_TYPE(clidr, level) ((clidr) >> (3 * (level)) & 7)
#define CLIDR_TYPE_DATA          2u
#define CLIDR_LEVELS             7u

static unsigned long set_way_level(enum set_way operation, unsigned level)
{
    unsigned long count = 0;
    uint64_t ccsidr, sets, ways;
    unsigned line_shift;

    sysreg_write(csselr_el1, level << 1);
    barrier_isb();
    ccsidr = sysreg_read(ccsidr_el1);
    line_shift = (unsigned)(ccsidr & 7) + 4;
    if (cache_has_ccidx()) {
        ways = (ccsidr >> 3 & 0x1fffff) + 1;
        sets = (ccsidr >> 32 & 0xffffff) + 1;
    } else {
        ways = (ccsidr >> 3 & 0x3ff) + 1;
        sets = (ccsidr >> 13 & 0x7fff) + 1;
    }
    for (uint64_t way = 0; way < ways; way++) {
        uint64_t way_bits = ways == 1 ? 0 : way << __builtin_clz((unsigned)ways - 1);

        for (uint64_t set = 0; set < sets; set++, count++) {
            uint64_t value = way_bits | set << line_shift | level << 1;

            set_way(operation, value);
        }
    }
    barrier_dsb();
    return count;
}

/* ISW may lose what we wrote last, or where it is made CISW (HCR_EL2.SWIO) nothing at all. */
void wild_setway(void)
{
    static const char *const names[] = {"csw", "cisw", "isw"};
    static char text[64] = "this line has survived\n";

    for (enum set_way operation = CSW; operation <= ISW; operation++) {
        uint64_t clidr = sysreg_read(clidr_el1);
        unsigned long count = 0;

        strcpy(text, "wild: setway, this line has survived\n");
        for (unsigned level = 0; level < CLIDR_LEVELS; level++) {
            if (CLIDR_TYPE(clidr, level) >= CLIDR_TYPE_DATA) {
                count += set_way_level(operation, level);
            }
        }
        printf("wild: setway %lu times dc %s\n", count, names[operation]);
        uart_print(text);
    }
}

/* Exception vectors where the board has its clock, which is not ours; then an exception. */
void wild_vectors(void)
{
    puts("wild: vectors: now they are at 0x9010000");
    fflush(stdout);
    fall();
}

static bool reads(uintptr_t address, unsigned size, uint64_t *value)
{
    return size == 1   ? !WILD_CATCHES(*value = mmio_read8(address))
           : size == 2 ? !WILD_CATCHES(*value = mmio_read16(address))
           : size == 4 ? !WILD_CATCHES(*value = mmio_read32(address))
                       : !WILD_CATCHES(*value = mmio_read64(address));
}

static bool writes(uintptr_t address, unsigned size)
{
    return size == 1   ? !WILD_CATCHES(mmio_write8(address, 0))
           : size == 2 ? !WILD_CATCHES(mmio_write16(address, 0))
           : size == 4 ? !WILD_CATCHES(mmio_write32(address, 0))
                       : !WILD_CATCHES(mmio_write64(address, 0));
}

/* Every offset of a page in every width, what answers; then written, too, but for that. */
void wild_page(void)
{
    const uintptr_t page = (uintptr_t)wild_number("page", 0);

    for (unsigned size = 1; size <= 8; size *= 2) {
        unsigned answers = 0;
        unsigned wrote = 0;
        unsigned first = 0;
        unsigned last = 0;
        uint64_t value = 0;

        for (unsigned offset = 0; offset <= 4096 - size; offset++) {
            uint64_t now;

            if (reads(page + offset, size, &now)) {
                value = answers == 0 ? now : value;
                first = answers++ == 0 ? offset : first;
                last = offset;
            } else {
                wrote += writes(page + offset, size);
            }
        }
        printf("wild: page by %u: %u answer, 0x%x to 0x%x, the first 0x%" PRIx64
               "; %u more written\n",
               size, answers, first, last, value, wrote);
    }
}
