/* SPDX-License-Identifier: Apache-2.0 */
/* A board's tree on a PC: read as boot reads it, and whether Bulkhead can run on that board. */
#include "tools/check/board.h"

#include <inttypes.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/memory/pool.h"
#include "core/plan/dt.h"
#include "tools/check/text.h"

#define BOARD_MAX_SIZE  BLOCK_2M /* Linux's boot protocol allows no larger tree */
#define SYSTEM_MAX_SIZE (UINT64_C(1) << 31)

#define IMAGE_OFFSET  BLOCK_2M
#define IMAGE_SIZE    BLOCK_2M
#define SYSTEM_OFFSET (64 * BLOCK_2M)

/* Pages that boot takes from the pool for EL2's own map before it checks the plan. */
#define EL2_MAP_PAGES 16

/* ---- reading ---- */

static bool has_node(const struct file *f, const char *path)
{
    return dt_valid(f->data, f->size) && dt_find(f->data, path) >= 0;
}

struct file board_file(const char *name)
{
    struct file f = file_read(name, SYSTEM_MAX_SIZE, "board's device tree");

    if (has_node(&f, "/images") && !has_node(&f, "/cpus")) {
        fail(name, "is a system file: the board's device tree is wanted here");
    }
    file_check(&f, BOARD_MAX_SIZE, "board's device tree");
    return f;
}

struct file system_file(const char *name)
{
    struct file f = file_read(name, SYSTEM_MAX_SIZE, "system file");

    if (has_node(&f, "/cpus") && !has_node(&f, "/images")) {
        fail(name, "is a board's device tree: the system file is wanted here");
    }
    if (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".its") == 0) {
        fail(name, "is the text of a system file: scripts/mksystem makes one of it");
    }
    return f;
}

/* An enabled CPU, as a child of /cpus. */
static bool is_cpu(const void *fdt, const struct dt_at *at)
{
    return at->depth == 2 && strcmp(dt_name(fdt, at->node[1]), "cpus") == 0 &&
           dt_has_type(fdt, at->node[2], "cpu") && dt_enabled(fdt, at->node[2]);
}

/* The board's first enabled CPU; -1 where it has none. */
static int first_cpu(const void *fdt)
{
    struct dt_at at = {.depth = 0};

    while (dt_step(fdt, &at)) {
        if (is_cpu(fdt, &at)) {
            return at.node[2];
        }
    }
    return -1;
}

/* The 32-bit cores, of which there will be no new ones; all others are taken for Armv8-A. */
enum board_cpus board_cpus(const void *fdt, const char **compatible)
{
    static const char *const with_hyp[] = {
        "arm,cortex-a7",  "arm,cortex-a12",  "arm,cortex-a15",
        "arm,cortex-a17", "brcm,brahma-b15", NULL,
    };
    static const char *const without_hyp[] = {
        "arm,cortex-a5",     "arm,cortex-a8",
        "arm,cortex-a9",     "arm,arm7tdmi",
        "arm,arm926ej-s",    "arm,arm1136",
        "arm,arm1136jf-s",   "arm,arm1156t2-s",
        "arm,arm1176jzf",    "arm,arm1176jzf-s",
        "arm,arm11mpcore",   "faraday,fa526",
        "intel,sa110",       "intel,sa1100",
        "marvell,feroceon",  "marvell,mohawk",
        "marvell,pj1",       "marvell,pj4a",
        "marvell,pj4b",      "marvell,sheeva-v5",
        "marvell,sheeva-v7", "marvell,xsc3",
        "marvell,xscale",    "qcom,krait",
        "qcom,scorpion",     NULL,
    };
    int cpu = first_cpu(fdt);

    *compatible = cpu >= 0 ? dt_text(fdt, cpu, "compatible") : NULL;
    if (*compatible == NULL) {
        *compatible = "";
        return cpu >= 0 ? BOARD_CPUS_USABLE : BOARD_CPUS_NONE;
    }
    if (dt_compatible(fdt, cpu, without_hyp)) {
        return BOARD_CPUS_NO_HYP;
    }
    return dt_compatible(fdt, cpu, with_hyp) ? BOARD_CPUS_32BIT : BOARD_CPUS_USABLE;
}

/* Why the board's CPUs cannot run Bulkhead; NULL where they can. In a buffer of its own. */
static const char *cpu_fault(const void *fdt)
{
    static char why[160];
    const char *compatible = "";

    switch (board_cpus(fdt, &compatible)) {
    case BOARD_CPUS_NO_HYP:
        (void)snprintf(why, sizeof(why), "its CPUs have no EL2 or HYP mode (%.60s)", compatible);
        return why;
    case BOARD_CPUS_NONE:
        return "it has no CPUs";
    default:
        return NULL;
    }
}

struct places board_places(const struct file *board, uint64_t system_size)
{
    struct places at = {0};
    struct range ram;
    int cpu;

    if (!dt_valid(board->data, board->size)) {
        return at;
    }
    cpu = first_cpu(board->data);
    at.boot_mpidr = cpu >= 0 ? dt_number(board->data, cpu, "reg", 0) : 0;
    messages_to(NULL);
    board_read(&plan, board, &at);
    ram = plan.board.ram[0];
    memset(&plan, 0, sizeof(plan));
    if (ram.size != 0) {
        at.image = (struct range){ram.base + IMAGE_OFFSET, IMAGE_SIZE};
        at.system_pa = ram.base + (ram.size / 2 < SYSTEM_OFFSET ? ram.size / 2 : SYSTEM_OFFSET);
        at.tree_pa = align_up(at.system_pa + system_size, BLOCK_2M);
    }
    return at;
}

/* What the architecture tells core/ is that of the board's CPUs. */
static void use_architecture(const struct file *board)
{
    const char *compatible;
    const bool armv7 = dt_valid(board->data, board->size) &&
                       board_cpus(board->data, &compatible) == BOARD_CPUS_32BIT;

    host.states = armv7 ? ARCH_AARCH32 : ARCH_AARCH64 | ARCH_AARCH32;
    host.pa_bits = armv7 ? 40 : 48;
    host.el2_bits = armv7 ? 32 : 48;
}

void board_read(struct plan *p, const struct file *board, const struct places *at)
{
    use_architecture(board);
    plan_parse_board(p, board->data, board->size, at->tree_pa, at->boot_mpidr, at->image);
    if (p->board.console.node >= 0) {
        plan_console_driver(p); /* where there is none, that is told */
    }
}

/* True where it is a tree, of that kind; else that is told, and by which name it is none. */
static bool check_tree(const struct file *f, const char *node, const char *kind)
{
    if (!dt_valid(f->data, f->size)) {
        plan_error(&plan, PLAN_SHARED, node, "%s is no %s, or it is cut off or damaged", f->name,
                   kind);
        return false;
    }
    return true;
}

void board_make_plan(const struct file *board, const struct file *system, const struct places *at)
{
    const bool is_board = check_tree(board, "/", "device tree");
    const bool is_system = check_tree(system, "the system file", "FIT (scripts/mksystem makes it)");
    const char *fault;

    if (!is_board || !is_system) {
        return;
    }
    board_read(&plan, board, at);
    fault = cpu_fault(board->data);
    if (fault != NULL) {
        plan_error(&plan, PLAN_SHARED, "/cpus", "%s", fault);
    }
    if (!plan.fatal) {
        plan_parse_system(&plan, system->data, system->size, at->system_pa);
    }
    if (!plan.fatal) {
        plan_check(&plan);
        plan_place(&plan);
        plan_check_given(&plan, plan_place_pool(&plan, pool_left() - EL2_MAP_PAGES));
    }
}

/* ---- can it host? ---- */

/* What a tree from a file may lack, as firmware fills it in before it boots an image. */
struct gaps {
    bool memory, psci;
};

/* True where the message tells such a gap, which is noted. */
static bool note_gap(const struct plan *p, const struct message *m, struct gaps *gaps)
{
    if (p->board.ram_banks == 0 && strncmp(m->text, "/memory: ", strlen("/memory: ")) == 0) {
        gaps->memory = true;
        return true;
    }
    if (strncmp(m->text, "/psci: ", strlen("/psci: ")) == 0 && dt_find(p->board.fdt, "/psci") < 0 &&
        dt_find(p->board.fdt, "/firmware/psci") < 0) {
        gaps->psci = true;
        return true;
    }
    return false;
}

/* "; " between reasons, ": " before the first. */
static void print_reason(FILE *out, bool *any, const char *node, const char *why)
{
    (void)fprintf(out, "%s%s%s%s", *any ? "; " : ": cannot host: ", node,
                  node[0] != '\0' ? ": " : "", why);
    *any = true;
}

static bool is_in_plan(const struct plan_board *board, int node)
{
    for (uint32_t i = 0; i < board->cpu_count; i++) {
        if (board->cpus[i].node == node) {
            return true;
        }
    }
    return false;
}

/* "psci", "spin-table" ...: of the CPU, or of all; NULL where neither says. */
static const char *enable_method(const void *fdt, int parent, int cpu)
{
    const char *method = dt_text(fdt, cpu, "enable-method");

    return method != NULL ? method : dt_text(fdt, parent, "enable-method");
}

/* Why it is not in the plan. */
static void tell_why(const struct plan *p, const char *method, char why[static BOARD_WHY])
{
    if (p->board.cpu_count == CONFIG_MAX_CPUS) {
        (void)snprintf(why, BOARD_WHY, "CONFIG_MAX_CPUS");
    } else if (method == NULL || strcmp(method, "spin-table") == 0) {
        (void)snprintf(why, BOARD_WHY, "%s: filled in by firmware",
                       method == NULL ? "enable-method" : "cpu-release-addr");
    } else {
        (void)snprintf(why, BOARD_WHY, "enable-method: %.40s",
                       text_is_plain(method) ? method : "?");
    }
}

uint32_t board_left_out(const struct plan *p, char why[static BOARD_WHY])
{
    const void *fdt = p->board.fdt;
    uint32_t count = 0;
    struct dt_at at = {.depth = 0};

    while (dt_step(fdt, &at)) {
        if (is_cpu(fdt, &at) && !is_in_plan(&p->board, at.node[2])) {
            if (count == 0) {
                tell_why(p, enable_method(fdt, at.node[1], at.node[2]), why);
            }
            count++;
        }
    }
    return count;
}

/* That of the node's names which its driver goes by. */
static const char *driver_name(const void *fdt, int node, const struct uart_ops *ops)
{
    uint32_t size = 0;
    const char *list = dt_property(fdt, node, "compatible", &size), *name;

    for (uint32_t i = 0; (name = dt_string(list, size, i)) != NULL; i++) {
        for (const char *const *known = ops->compatible; *known != NULL; known++) {
            if (strcmp(name, *known) == 0) {
                return name;
            }
        }
    }
    return "?";
}

static void print_facts(struct plan *p, const struct gaps *gaps, FILE *out)
{
    const struct plan_board *board = &p->board;
    const struct uart_ops *ops = plan_console_driver(p);
    char size[PLAN_SIZE_TEXT], why[BOARD_WHY];
    const uint32_t left_out = board_left_out(p, why);
    uint64_t ram = 0;

    for (uint32_t i = 0; i < board->ram_banks; i++) {
        ram += board->ram[i].size;
    }
    (void)fprintf(out, ": can host: %" PRIu32 " %sCPU%s", board->cpu_count,
                  (arch_states() & ARCH_AARCH64) != 0 ? "" : "32-bit ",
                  board->cpu_count == 1 ? "" : "s");
    if (left_out != 0) {
        (void)fprintf(out, " of %" PRIu32 " (%s)", board->cpu_count + left_out, why);
    }
    (void)fprintf(out,
                  ", GICv%" PRIu32 ", memory: %s%s, "
                  "console: %s at 0x%" PRIx64,
                  board->gic.version,
                  gaps->memory ? "filled in by firmware" : plan_size_text(size, ram),
                  gaps->psci ? ", PSCI: filled in by firmware" : "",
                  driver_name(board->fdt, board->console.node, ops), board->console.mmio.base);
    if (ops->spaced && board->console.reg_shift != 2) {
        (void)fprintf(out, ", registers %d apart", 1 << board->console.reg_shift);
    }
    (void)fputc('\n', out);
}

bool board_verdict(struct plan *p, const struct file *board, const struct messages *said, FILE *out)
{
    struct gaps gaps = {false, false};
    const bool sufficed = dt_search_end(); /* no search from here on is cut short */
    bool any = false;

    (void)fprintf(out, "%s", board->name);
    if (!dt_valid(board->data, board->size)) {
        print_reason(out, &any, "/", "it is no device tree, or cut off or damaged");
    } else if (cpu_fault(board->data) != NULL) {
        print_reason(out, &any, "/cpus", cpu_fault(board->data));
    } else {
        for (uint32_t i = 0; i < said->count; i++) {
            const struct message *m = &said->list[i];

            if (m->kind == MESSAGE_ERROR && !note_gap(p, m, &gaps)) {
                print_reason(out, &any, "", m->text);
            }
        }
    }
    if (!any && !sufficed) {
        print_reason(out, &any, "/", "its nodes refer to others too often");
    }
    if (any) {
        (void)fprintf(out, "\n");
        return false;
    }
    print_facts(p, &gaps, out);
    return true;
}
