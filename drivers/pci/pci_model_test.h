/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of drivers/pci: configuration space behind an ECAM, and a board and systems to plan. */
#ifndef DRIVERS_PCI_MODEL_TEST_H
#define DRIVERS_PCI_MODEL_TEST_H

#include "core/plan/testing_system.h"

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/memory/el2_map.h"
#include "core/plan/pci.h"
#include "drivers/pci/ecam.h"

#define ECAM       UINT64_C(0x4010000000)
#define ECAM_SIZE  UINT64_C(0x1000000) /* 16 buses */
#define PCIE_AT    0x40u
#define ACS_AT     0x100u
#define MODEL_MAX  300
#define READ_BOUND 2000000 /* of one enumeration; one that reads more often does not end */

/* A function: `word` is what it says, `writable` the bits that a write changes. */
struct model {
    int parent; /* index of its bridge; -1: on the first bus */
    uint32_t devfn;
    uint32_t word[1024], writable[1024];
    uint64_t away; /* after a function-level reset: counts until its ID is read again */
    uint64_t back; /* when that is; 0: it is not away */
};

static struct model models[MODEL_MAX];
static uint32_t model_count;
static uint32_t model_reads;
static uint32_t model_taken; /* functions that the plan has at least: other hosts' bridges */
static uint32_t model_noise; /* not 0: the seed of what every read gives */

static inline uint32_t noise(void)
{
    model_noise ^= model_noise << 13;
    model_noise ^= model_noise >> 17;
    model_noise ^= model_noise << 5;
    return model_noise;
}

/* The function that answers at that number, by what the bridges say now. */
static inline struct model *model_at(uint32_t rid)
{
    for (uint32_t i = 0; i < model_count; i++) {
        struct model *m = &models[i];
        uint32_t bus = m->parent < 0 ? 0 : models[m->parent].word[PCI_BUSES / 4] >> 8 & 0xff;

        if (m->devfn == (rid & 0xff) && bus == PCI_BUS(rid) && (m->parent < 0 || bus != 0)) {
            return m;
        }
    }
    return NULL;
}

static inline uint64_t model_read(void *unused, uint64_t offset, unsigned size)
{
    const struct model *m = model_at((uint32_t)(offset >> PAGE_SHIFT));

    (void)unused;
    assert_int_equal(size, 4);
    assert_int_equal(offset % 4, 0);
    assert_true(++model_reads < READ_BOUND);
    if (m == NULL || host.counter < m->back) {
        return model_noise != 0 ? noise() : UINT32_MAX;
    }
    return model_noise != 0 ? noise() : m->word[offset % PAGE_SIZE / 4];
}

static inline void model_write(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    struct model *m = model_at((uint32_t)(offset >> PAGE_SHIFT));
    uint32_t reg = offset % PAGE_SIZE / 4;

    (void)unused;
    assert_int_equal(size, 4);
    if (m != NULL) {
        m->word[reg] = (m->word[reg] & ~m->writable[reg]) | ((uint32_t)v & m->writable[reg]);
        if (reg == (PCIE_AT + PCIE_DEVCTL) / 4 && (v & PCIE_DEVCTL_FLR) != 0 && m->away != 0) {
            m->back = host.counter + m->away;
        }
    }
}

/* ---- functions ---- */

static inline struct model *model_add(int parent, uint32_t devfn)
{
    struct model *m = &models[model_count++];

    assert_true(model_count <= MODEL_MAX);
    memset(m, 0, sizeof(*m));
    m->parent = parent;
    m->devfn = devfn;
    m->word[PCI_ID / 4] = 0x12341b36;
    m->word[PCI_COMMAND / 4] = PCI_STATUS_CAPS | 7;
    m->writable[PCI_COMMAND / 4] = 0x7ff;
    m->word[PCI_CAPS / 4] = PCIE_AT;
    m->word[PCIE_AT / 4] = PCI_CAP_PCIE | 2 << 16;
    m->writable[(PCIE_AT + PCIE_DEVCTL) / 4] = 0xffff;
    return m;
}

/* Bits of the BAR that are kept: of a memory BAR of `size` bytes. */
static inline void model_bar(struct model *m, uint32_t bar, uint64_t size, uint32_t flags)
{
    m->word[PCI_BAR0 / 4 + bar] = flags;
    m->writable[PCI_BAR0 / 4 + bar] = (uint32_t)(-size & ~UINT64_C(15));
    if ((flags & PCI_BAR_64) != 0) {
        m->writable[PCI_BAR0 / 4 + bar + 1] = (uint32_t)(-size >> 32);
    }
}

/* An endpoint of PCI Express with 16 KiB at BAR 0 and pin A. */
static inline struct model *model_endpoint(int parent, uint32_t devfn)
{
    struct model *m = model_add(parent, devfn);

    model_bar(m, 0, 0x4000, 0);
    m->word[PCI_INTERRUPT / 4] = 1 << 8;
    return m;
}

/* An extended capability; the list is in the order of the calls, 0x20 bytes each. */
static inline uint32_t model_extended(struct model *m, uint32_t id, uint32_t last)
{
    uint32_t at = PCI_EXT_FIRST;

    while (m->word[at / 4] != 0) {
        m->word[at / 4] |= (at + 0x20) << 20;
        at += 0x20;
    }
    m->word[at / 4] = id | 1 << 16;
    for (uint32_t i = 1; i < 8; i++) {
        m->word[at / 4 + i] = last;
        m->writable[at / 4 + i] = UINT32_MAX;
    }
    return at;
}

static inline void model_acs(struct model *m)
{
    m->word[ACS_AT / 4] = PCI_EXT_ACS | 1 << 16;
    m->word[(ACS_AT + PCI_ACS_CTRL) / 4] = 0x1f;
    m->writable[(ACS_AT + PCI_ACS_CTRL) / 4] = 0x1fu << 16;
}

/* A root port (4) or another port type, with ACS; its buses as firmware left them. */
static inline int model_bridge(int parent, uint32_t devfn, uint32_t port, uint32_t buses)
{
    struct model *m = model_add(parent, devfn);

    m->word[PCI_CACHE_LINE / 4] = PCI_HEADER_BRIDGE << 16;
    m->word[PCIE_AT / 4] |= port << 20;
    m->word[PCI_BUSES / 4] = buses;
    m->word[PCI_PREF_WINDOW / 4] = 0x00010001;
    m->writable[PCI_PREF_WINDOW / 4] = 0xfff0fff0;
    m->writable[PCI_BUSES / 4] = UINT32_MAX;
    m->writable[PCI_MEM_WINDOW / 4] = 0xfff0fff0;
    m->writable[PCI_PREF_BASE / 4] = UINT32_MAX;
    m->writable[PCI_PREF_LIMIT / 4] = UINT32_MAX;
    m->writable[PCI_BRIDGE_ROM / 4] = 0xfffff801;
    model_acs(m);
    return (int)(model_count - 1);
}

/* ---- a board, systems ---- */

#define PCIE_NODE                                                                                  \
    "pcie@10000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\";"               \
    " #address-cells = <3>; #size-cells = <2>; reg = <0x40 0x10000000 0 0x1000000>;"               \
    " bus-range = <0 0xf>; #interrupt-cells = <1>;"                                                \
    " ranges = <0x1000000 0 0 0 0x3eff0000 0 0x10000>,"                                            \
    "  <0x2000000 0 0x10000000 0 0x10000000 0 0x10000000>,"                                        \
    "  <0x3000000 0x80 0 0x80 0 0x80 0>;"                                                          \
    " interrupt-map-mask = <0x1800 0 0 7>;"                                                        \
    " interrupt-map = <0 0 0 1 &gic 0 60 4>, <0 0 0 2 &gic 0 61 4>,"                               \
    "  <0x800 0 0 1 &gic 0 61 4>, <0x800 0 0 2 &gic 0 62 4>,"                                      \
    "  <0x1000 0 0 1 &gic 0 62 4>, <0x1800 0 0 1 &gic 0 63 4>; };"

#define PCI_PARTITION(name, cpu, memory, functions)                                                \
    name " { compatible = \"bulkhead,partition\"; kernel = \"raw\"; cpus = <" cpu ">;"             \
         " memory = <0 " memory " 0 0x200000>; direct-map; unprotected-devices = " functions       \
         "; };"

static inline int model_set_up(void **state)
{
    static bool mapped;

    (void)state;
    host_reset();
    host.counter_step = 100000; /* resets take no time */
    plan.board.timer_hz = host.counter_hz;
    host_mmio_add(ECAM, ECAM_SIZE, model_read, model_write, NULL);
    if (!mapped) {
        mapped = true;
        board =
            tree_compile(BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST PCIE_NODE "};");
        assert_int_equal(el2_map_init(48), OK);
    }
    model_count = 0;
    model_reads = 0;
    model_noise = 0;
    return 0;
}

/* Parse configurations and enumerate what they grant; the log has what was told by that alone. */
static inline void probe_text(const char *configurations)
{
    struct tree file = file_of(configurations);

    parse(file);
    tree_free(file);
    log_clear();
    assert_int_equal(test_plan.errors, 0);
    while (test_plan.function_count < model_taken) {
        test_plan.functions[test_plan.function_count++].device = PLAN_NONE;
    }
    pci_probe(&test_plan);
}

#define probe(functions) probe_text(PCI_PARTITION("p", "0", "0x40000000", functions))

static inline const struct plan_device *granted_device(uint32_t index)
{
    assert_true(index < test_plan.device_count);
    return &test_plan.devices[index];
}

#define FN1                     "\"/pcie@10000000 00:01.0\""
#define FN2                     "\"/pcie@10000000 00:02.0\""
#define DEVFN(device, function) ((uint32_t)((device) << 3 | (function)))

static inline uint32_t command_of(uint32_t model)
{
    return models[model].word[PCI_COMMAND / 4] & 0x7ff;
}

#endif
