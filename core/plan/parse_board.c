/* SPDX-License-Identifier: Apache-2.0 */
/* The board's tree into the plan: RAM and what is reserved of it, CPUs and how they are started. */
#include "core/plan/plan.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/parse.h"
#include "core/plan/refer.h"

#define ADDRESS_LIMIT (UINT64_C(1) << 48)
#define MPIDR_MASK    UINT64_C(0xff00ffffff) /* Aff3..Aff0, DDI 0487 MPIDR_EL1 */

const char *board_path(const struct plan *p, int node)
{
    static char path[DT_PATH_MAX]; /* class: the boot CPU's, before the seal */

    dt_path(p->board.fdt, node, path, sizeof(path));
    return path;
}

const char *board_keep_path(struct plan *p, const struct dt_at *at)
{
    char path[DT_PATH_MAX];

    dt_path_at(p->board.fdt, at, path, sizeof(path));
    return plan_string(p, path);
}

/* ---- memory ---- */

void plan_reserve(struct plan *p, const char *name, uint64_t base, uint64_t size)
{
    struct plan_board *board = &p->board;
    uint64_t end = size > ADDRESS_LIMIT - base ? ADDRESS_LIMIT : base + size;

    if (size == 0 || base >= ADDRESS_LIMIT) {
        return;
    }
    base = align_down(base, PAGE_SIZE);
    end = align_up(end, PAGE_SIZE);
    for (uint32_t i = 0; i < board->reserved_count; i++) {
        if (board->reserved[i].base == base && range_end(board->reserved[i]) == end) {
            return; /* several words of one page, say */
        }
    }
    if (board->reserved_count == PLAN_MAX_RESERVED) {
        plan_error(p, PLAN_SHARED, "/reserved-memory",
                   "more than %d reservations with those of Bulkhead: \"%s\" has no place; join "
                   "neighbours, or raise PLAN_MAX_RESERVED",
                   PLAN_MAX_RESERVED, name);
        return;
    }
    board->reserved[board->reserved_count] = (struct range){base, end - base};
    board->reserved_name[board->reserved_count++] = name;
}

/* Insert whole pages, ascending; banks that touch become one. */
static void add_ram(struct plan *p, int node, struct range bank)
{
    struct plan_board *board = &p->board;
    uint64_t base = align_up(bank.base, PAGE_SIZE);
    uint64_t end = align_down(range_end(bank), PAGE_SIZE);
    uint32_t at = 0;
    uint32_t after;

    while (at < board->ram_banks && range_end(board->ram[at]) < base) {
        at++;
    }
    for (after = at; after < board->ram_banks && board->ram[after].base <= end; after++) {
        base = board->ram[after].base < base ? board->ram[after].base : base;
        end = range_end(board->ram[after]) > end ? range_end(board->ram[after]) : end;
    }
    if (base >= end) {
        return;
    }
    if (after == at && board->ram_banks == PLAN_MAX_RAM_BANKS) {
        board_warning(p, node, "more than %d banks: RAM from 0x%" PRIx64 " is left out",
                      PLAN_MAX_RAM_BANKS, base);
        return;
    }
    memmove(&board->ram[at + 1], &board->ram[after],
            (board->ram_banks - after) * sizeof(board->ram[0]));
    board->ram[at] = (struct range){base, end - base};
    board->ram_banks = board->ram_banks + 1 - (after - at);
}

static void parse_memory(struct plan *p, const struct dt_at *at)
{
    int node = at->node[at->depth];
    struct range bank;
    enum status status;
    uint32_t i = 0;

    do {
        bank.size = PAGE_SIZE;
        status = dt_reg_at(p->board.fdt, at, i++, &bank);
        if (status == OK) {
            add_ram(p, node, bank);
        }
    } while (status == OK || bank.size == 0); /* a bank of none: left for firmware to fill in */
    if (status != E_NOT_FOUND) {
        board_error(p, node, "reg: its length, its cells or an address makes no sense");
    }
}

/* /reserved-memory's children. Those without `reg` have no place yet: a guest's matter. */
static void parse_reserved(struct plan *p, int node)
{
    const void *fdt = p->board.fdt;
    struct dt_at at;
    uint32_t depth;
    bool more = dt_at(fdt, node, &at);

    depth = at.depth;
    while (more && dt_step(fdt, &at) && at.depth > depth) {
        int child = at.node[at.depth];
        enum status status = OK;
        struct range r;

        if (at.depth != depth + 1 || !dt_enabled(fdt, child)) {
            continue;
        }
        for (uint32_t i = 0; (status = dt_reg_at(fdt, &at, i, &r)) == OK; i++) {
            plan_reserve(p, dt_name(fdt, child), r.base, r.size);
        }
        if (status != E_NOT_FOUND) {
            board_error(p, child, "reg: its length, its cells or an address makes no sense");
        }
    }
}

static void parse_memreserve(struct plan *p)
{
    struct range r;

    for (uint32_t i = 0; dt_reservation(p->board.fdt, i, &r); i++) {
        plan_reserve(p, "memreserve", r.base, r.size);
    }
}

/* ---- CPUs ---- */

/* Where the CPU can be started, how; false, and told, where it cannot. */
static bool parse_enable(struct plan *p, int cpus, struct plan_cpu *cpu)
{
    const void *fdt = p->board.fdt;
    const char *method = dt_text(fdt, cpu->node, "enable-method");

    if (method == NULL) {
        method = dt_text(fdt, cpus, "enable-method");
    }
    if (method == NULL && p->board.sysreg.mmio.size != 0) {
        cpu->enable = CPU_ENABLE_SYSREG;
        return true;
    }
    if (method != NULL && strcmp(method, "psci") == 0) {
        cpu->enable = CPU_ENABLE_PSCI;
        return true;
    }
    if (method != NULL && strcmp(method, "spin-table") == 0) {
        cpu->enable = CPU_ENABLE_SPIN_TABLE;
        cpu->release = dt_number(fdt, cpu->node, "cpu-release-addr", 0);
        if (cpu->release != 0) { /* polled by a CPU at EL2, also by one that nobody uses */
            plan_reserve(p, "cpu-release-addr", cpu->release, sizeof(uint64_t));
            return true;
        }
    }
    board_warning(p, cpu->node,
                  "enable-method \"%s\" is not one that Bulkhead can start a CPU by (psci, or "
                  "spin-table with cpu-release-addr): the CPU is left out",
                  method != NULL ? method : "");
    return false;
}

/* Put the CPU into the table; the boot CPU has a place there in any case. */
static void add_cpu(struct plan *p, const struct plan_cpu *cpu, bool boot)
{
    struct plan_board *board = &p->board;
    uint32_t at = board->cpu_count;

    for (uint32_t i = 0; i < board->cpu_count; i++) {
        if (board->cpus[i].mpidr == cpu->mpidr) {
            board_error(p, cpu->node, "reg: <0x%" PRIx64 "> is another CPU's too", cpu->mpidr);
            return;
        }
    }
    if (at == CONFIG_MAX_CPUS) {
        at--;
        board_warning(p, boot ? board->cpus[at].node : cpu->node,
                      "more than %d CPUs: this one is left out; raise CONFIG_MAX_CPUS",
                      CONFIG_MAX_CPUS);
        if (!boot) {
            return;
        }
        board->cpu_count--;
    }
    board->cpus[at] = *cpu;
    board->cpu_count++;
    if (boot) {
        board->boot_cpu = at;
    }
}

static void parse_cpu(struct plan *p, int cpus, int node, uint64_t boot_mpidr)
{
    const void *fdt = p->board.fdt;
    uint32_t cells = dt_cell_count(fdt, cpus, "#address-cells", 2);
    struct plan_cpu cpu = {.node = node, .partition = PLAN_NONE};
    uint32_t size = 0;
    const void *reg = dt_property(fdt, node, "reg", &size);
    bool boot;

    if (reg == NULL || (cells != 1 && cells != 2) || size != cells * 4 ||
        (dt_cells(reg, cells) & ~MPIDR_MASK) != 0) {
        board_error(p, node,
                    "reg: it must be the affinity fields of the CPU's MPIDR, in one or "
                    "two cells as /cpus #address-cells says");
        return;
    }
    cpu.mpidr = dt_cells(reg, cells);
    boot = cpu.mpidr == boot_mpidr;
    if (boot || parse_enable(p, cpus, &cpu)) {
        add_cpu(p, &cpu, boot);
    }
}

static void parse_cpus(struct plan *p, int node, uint64_t boot_mpidr)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.node = {node}};

    p->board.boot_cpu = UINT32_MAX;
    while (node >= 0 && dt_step(fdt, &at)) {
        int cpu = at.node[at.depth];

        if (at.depth == 1 && dt_has_type(fdt, cpu, "cpu") && dt_enabled(fdt, cpu)) {
            parse_cpu(p, node, cpu, boot_mpidr);
        }
    }
    if (p->board.boot_cpu == UINT32_MAX) {
        p->board.boot_cpu = 0;
        plan_error(p, PLAN_SHARED, "/cpus",
                   "the CPU that runs this, <0x%" PRIx64
                   ">, is not in it; the tree is another board's?",
                   boot_mpidr);
    }
}

/* PSCI is asked by SMC, as Bulkhead is itself at the level that HVC goes to: DEN 0022 5.2. */
static void parse_psci(struct plan *p, int node)
{
    const struct plan_board *board = &p->board;
    const char *method = node >= 0 ? dt_text(board->fdt, node, "method") : NULL;

    p->board.psci = method != NULL && strcmp(method, "smc") == 0;
    for (uint32_t i = 0; i < board->cpu_count && !p->board.psci; i++) {
        if (board->cpus[i].enable == CPU_ENABLE_PSCI && i != board->boot_cpu) {
            plan_error(p, PLAN_SHARED, "/psci",
                       "CPUs are started by psci, but there is no node of PSCI 0.2 or later with "
                       "method \"smc\": boot with firmware at EL3 that has it");
            return;
        }
    }
}

/* A Versatile Express' registers, where there is no PSCI. */
static void parse_sysreg(struct plan *p, int node)
{
    struct plan_sysreg *sysreg = &p->board.sysreg;
    struct dt_at at;

    if (node < 0) {
        return;
    }
    if (!dt_at(p->board.fdt, node, &at) || dt_reg_at(p->board.fdt, &at, 0, &sysreg->mmio) != OK ||
        !is_aligned(sysreg->mmio.base, PAGE_SIZE) || sysreg->mmio.size < PAGE_SIZE) {
        sysreg->mmio.size = 0;
        board_error(p, node, "reg: it is no page of registers: Bulkhead cannot start CPUs by it");
        return;
    }
    sysreg->path = board_keep_path(p, &at);
}

/* ---- all ---- */

/* What a node that is compatible with `s` is to Bulkhead; FOUND_KINDS: nothing. */
static enum found_kind kind_of(const char *s)
{
    static const struct {
        const char *compatible;
        enum found_kind kind;
    } kinds[] = {
        {"arm,psci-0.2", FOUND_PSCI},        {"arm,psci-1.0", FOUND_PSCI},
        {"arm,armv8-timer", FOUND_TIMER},    {"arm,armv7-timer", FOUND_TIMER},
        {"arm,gic-400", FOUND_GIC_V2},       {"arm,cortex-a15-gic", FOUND_GIC_V2},
        {"arm,cortex-a9-gic", FOUND_GIC_V2}, {"arm,cortex-a7-gic", FOUND_GIC_V2},
        {"arm,gic-v3", FOUND_GIC_V3},        {"arm,vexpress-sysreg", FOUND_SYSREG},
    };

    for (uint32_t i = 0; i < ARRAY_SIZE(kinds) && strncmp(s, "arm,", 4) == 0; i++) {
        if (strcmp(s, kinds[i].compatible) == 0) {
            return kinds[i].kind;
        }
    }
    return FOUND_KINDS;
}

static void find_by_compatible(const void *fdt, int node, struct found *found)
{
    uint32_t size = 0;
    const char *s = dt_property(fdt, node, "compatible", &size);
    const char *end = s != NULL ? s + size : NULL;

    for (; s != NULL && (s = dt_string(s, (uint32_t)(end - s), 0)) != NULL; s += strlen(s) + 1) {
        enum found_kind kind = kind_of(s);

        if (kind != FOUND_KINDS && found->node[kind] < 0 && dt_enabled(fdt, node)) {
            found->node[kind] = node;
        }
        /* A CPU's performance monitor: "arm,cortex-a53-pmu", "arm,armv8-pmuv3". */
        if ((refer_matches("*-pmu", s) || refer_matches("*-pmuv3", s)) &&
            found->pmus < FOUND_PMUS && (found->pmus == 0 || found->pmu[found->pmus - 1] != node) &&
            dt_enabled(fdt, node)) {
            found->pmu[found->pmus++] = node;
        }
    }
}

static void find_nodes(struct plan *p, struct found *found)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.depth = 0};

    *found = (struct found){.cpus = -1, .reserved = -1};
    for (uint32_t i = 0; i < FOUND_KINDS; i++) {
        found->node[i] = -1;
    }
    while (dt_step(fdt, &at)) {
        int node = at.node[at.depth];
        const char *name = dt_name(fdt, node);

        find_by_compatible(fdt, node, found);
        if (at.depth != 1) {
            continue;
        }
        if (strcmp(name, "cpus") == 0) {
            found->cpus = node;
        } else if (strcmp(name, "reserved-memory") == 0) {
            found->reserved = node;
        } else if (dt_has_type(fdt, node, "memory") && dt_enabled(fdt, node)) {
            parse_memory(p, &at);
        }
    }
}

void plan_parse_board(struct plan *p, const void *fdt, uint64_t room, uint64_t fdt_pa,
                      uint64_t boot_mpidr, struct range image)
{
    struct found found;

    p->board.fdt = fdt;
    p->board.fdt_pa = fdt_pa;
    p->board.gic.node = p->board.timer_node = p->board.pmu_node = p->board.console.node = -1;
    if (!dt_valid(fdt, room)) {
        plan_error(p, PLAN_SHARED, "/",
                   "the board's device tree is cut off or damaged; load it again");
        return;
    }
    dt_search_begin(fdt);
    p->board.model = dt_text(fdt, 0, "model");
    plan_reserve(p, "Bulkhead", image.base, image.size);
    plan_reserve(p, "the board's device tree", fdt_pa, dt_size(fdt));
    parse_memreserve(p);
    find_nodes(p, &found);
    if (p->board.ram_banks == 0) {
        plan_error(p, PLAN_SHARED, "/memory",
                   "no RAM: no node of device_type \"memory\" has any; firmware fills it in");
    }
    if (found.reserved >= 0) {
        parse_reserved(p, found.reserved);
    }
    if (found.node[FOUND_PSCI] < 0) {
        parse_sysreg(p, found.node[FOUND_SYSREG]);
    }
    parse_cpus(p, found.cpus, boot_mpidr);
    parse_psci(p, found.node[FOUND_PSCI]);
    parse_gic(p, &found);
    if (p->board.gic.node >= 0) { /* else all interrupts would be told as faults too */
        parse_timer(p, found.node[FOUND_TIMER]);
        parse_pmu(p, &found);
        parse_console(p);
        parse_smmus(p);
    }
}

enum status plan_find_system(const void *fdt, struct range *system)
{
    uint64_t start, end;
    const int chosen = dt_find(fdt, "/chosen");

    *system = (struct range){0, 0};
    if (chosen < 0) {
        return E_NOT_FOUND;
    }
    start = dt_number(fdt, chosen, "linux,initrd-start", UINT64_MAX);
    end = dt_number(fdt, chosen, "linux,initrd-end", UINT64_MAX);
    if (start == UINT64_MAX && end == UINT64_MAX) {
        return E_NOT_FOUND;
    }
    if (start == UINT64_MAX || end <= start || end > ADDRESS_LIMIT) {
        return E_INVALID;
    }
    *system = (struct range){start, end - start};
    return OK;
}
