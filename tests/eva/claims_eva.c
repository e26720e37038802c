/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For Eva: the rules of who excludes what, of any plan whose counts are sane, as check*.c hold them
 * to be before, and whose names are strings. First the walk over its claims, from wherever it may
 * be in KIND: each claim is as claim_is_sound() has it. Then the RULES (0: claims_check() before
 * place.c, 1: after it, 2: claims_neighbour(), claims_filter()), which meet any such claims.
 * tests/eva/run gives one after the other. (A list of ranges overrun into what follows in the plan
 * is no alarm: that is the unit tests' matter.)
 */
#include <stdarg.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/check.h"
#include "core/plan/claims.h"
#include "core/plan/parse.h"
#include "tests/eva/eva.h"

/* tests/eva/run has each KIND. (Frama-C knows no _Static_assert.) */
typedef char each_kind[CLAIM_EXTENT == 15 ? 1 : -1];

static struct plan p;
static char text[16]; /* any string */

static const char *any_path(void)
{
    return Frama_C_nondet_ptr(text, NULL);
}

static struct range any_range(void)
{
    return (struct range){eva_any(0, UINT64_MAX), eva_any(0, UINT64_MAX)};
}

/* ---- of other files ---- */

/* Each argument is there, as large as its letter says; a string is one. */
static void take(const char *format, va_list args)
{
    /*@ loop unroll 100; */
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            continue;
        }
        format++;
        if (*format == 's') {
            const char *s = va_arg(args, const char *);
            /*@ assert string: valid_read_string(s); */
        } else if (*format == 'l') {
            format++;
            (void)va_arg(args, uint64_t);
        } else {
            (void)va_arg(args, uint32_t);
        }
    }
}

size_t console_format(char *buffer, size_t size, const char *format, ...)
{
    va_list args;

    /*@ assert room: size > 0 && \valid(buffer + (0 .. size - 1)); */
    va_start(args, format);
    take(format, args);
    va_end(args);
    Frama_C_make_unknown(buffer, size);
    buffer[size - 1] = '\0';
    return eva_any(0, UINT64_MAX);
}

void list_append(char *list, size_t size, const char *name)
{
    /*@ assert strings: valid_read_string(list) && valid_read_string(name); */
    (void)console_format(list, size, "");
}

void plan_error(struct plan *plan, int partition, const char *node, const char *format, ...)
{
    va_list args;

    /*@ assert one_of_them: PLAN_SHARED <= partition < CONFIG_MAX_PARTITIONS; */
    /*@ assert node: valid_read_string(node); */
    va_start(args, format);
    take(format, args);
    va_end(args);
    plan->errors++;
}

const char *plan_name(const struct plan *plan, uint32_t index)
{
    /*@ assert one_of_them: index < CONFIG_MAX_PARTITIONS; */
    return text;
}

const char *plan_where(const struct plan *plan, uint32_t index)
{
    return plan_name(plan, index);
}

const char *board_path(const struct plan *plan, int node)
{
    return text;
}

uint8_t arch_pa_bits(void)
{
    return (uint8_t)eva_any(32, 52);
}

bool check_is_ram(const struct plan_board *board, struct range r)
{
    return eva_any(0, 1) != 0;
}

struct range check_pages_of(struct range r)
{
    return any_range();
}

struct range plan_window_pages(const struct plan *plan, uint32_t index, uint32_t window)
{
    return any_range();
}

bool check_emulated_window(const struct plan *plan, const struct plan_partition *part,
                           uint32_t index, struct range *out)
{
    *out = any_range();
    return eva_any(0, 1) != 0;
}

const char *check_emulated_name(const struct plan *plan, uint32_t index)
{
    return text;
}

/* ---- any plan ---- */

static void any_plan(void)
{
    struct plan_board *board = &p.board;

    Frama_C_make_unknown((char *)&p, sizeof(p));
    Frama_C_make_unknown(text, sizeof(text) - 1);
    board->gic.version = (uint8_t)(2 + eva_any(0, 1));
    board->ram_banks = (uint32_t)eva_any(0, PLAN_MAX_RAM_BANKS);
    board->reserved_count = (uint32_t)eva_any(0, PLAN_MAX_RESERVED);
    board->cpu_count = CONFIG_MAX_CPUS;
    board->gic.redists = (uint32_t)eva_any(0, PLAN_MAX_REDISTS);
    board->smmu_count = (uint32_t)eva_any(0, PLAN_MAX_SMMUS);
    board->its_count = (uint32_t)eva_any(0, PLAN_MAX_ITS);
    p.pci_host_count = (uint32_t)eva_any(0, PLAN_MAX_PCI_HOSTS);
    p.partition_count = (uint32_t)eva_any(0, CONFIG_MAX_PARTITIONS);
    p.device_count = (uint32_t)eva_any(0, PLAN_MAX_DEVICES);
    board->gic.path = any_path();
    board->console.path = any_path();
    board->sysreg.path = any_path();
    /*@ loop unroll 64; */
    for (uint32_t i = 0; i < PLAN_MAX_RESERVED; i++) {
        board->reserved_name[i] = text;
    }
    for (uint32_t i = 0; i < PLAN_MAX_ITS; i++) {
        board->its[i].path = any_path();
    }
    for (uint32_t i = 0; i < PLAN_MAX_PCI_HOSTS; i++) {
        p.pci_hosts[i].path = any_path();
    }
    for (uint32_t i = 0; i < PLAN_MAX_SMMUS; i++) {
        board->smmus[i].path = any_path();
        board->smmus[i].irq_count = (uint8_t)eva_any(0, PLAN_MAX_SMMU_IRQS);
    }
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        p.partitions[i].cpu_count = (uint32_t)eva_any(0, PLAN_MAX_VCPUS);
        p.partitions[i].memory_count = (uint32_t)eva_any(0, PLAN_MAX_RANGES);
        p.partitions[i].extent_count = (uint32_t)eva_any(0, PLAN_MAX_EXTENTS);
        p.partitions[i].direct_map = eva_any(0, 1) != 0;
        for (uint32_t v = 0; v < PLAN_MAX_VCPUS; v++) {
            p.partitions[i].cpus[v] = (uint8_t)eva_any(0, CONFIG_MAX_CPUS - 1);
        }
    }
    for (uint32_t i = 0; i < PLAN_MAX_DEVICES; i++) {
        p.devices[i].path = text;
        p.devices[i].bridge = eva_any(0, 1) != 0;
        p.devices[i].msi = eva_any(0, 1) != 0;
        p.devices[i].function = eva_any(0, 1) != 0;
        p.devices[i].mmio_count = (uint32_t)eva_any(0, PLAN_MAX_WINDOWS);
        p.devices[i].irq_count = (uint32_t)eva_any(0, PLAN_MAX_IRQS);
        p.devices[i].partition = (int)eva_any(0, CONFIG_MAX_PARTITIONS - 1);
    }
}

/* ---- a claim: proved of each that the walk returns, and all that the rules know of it ---- */

static bool of_board(uint32_t kind)
{
    return (BIT(kind) & (BIT(CLAIM_OWN) | BIT(CLAIM_RAM) | BIT(CLAIM_RESERVED) | BIT(CLAIM_PPI) |
                         BIT(CLAIM_OWN_SPI) | BIT(CLAIM_SMMU_SPI))) != 0;
}

static uint32_t holders(uint32_t kind)
{
    return of_board(kind) ? 1 : PLAN_MAX_DEVICES;
}

#ifdef KIND
/* tests/eva/run has claims_next() call it before it returns a claim. */
void claim_is_sound(const struct claims *at, const struct claim *c)
{
    const bool board = of_board(c->kind);
    const uint32_t end = holders(c->kind);

    /*@ assert kind: KIND <= c->kind <= CLAIM_EXTENT && at->kind == c->kind; */
    /*@ assert owner: board ? c->owner == PLAN_SHARED : 0 <= c->owner < CONFIG_MAX_PARTITIONS; */
    /*@ assert device: at->i < end && c->device < end; */
    /*@ assert window: c->kind != CLAIM_WINDOW || c->window < PLAN_MAX_WINDOWS; */
    /*@ assert path: c->path == \null || valid_read_string(c->path); */
    /*@ assert name: valid_read_string(c->name); */
}

int main(void)
{
    struct claims at = {.kind = (enum claim_kind)KIND};
    struct claim c;

    any_plan();
    if (KIND == CLAIM_OWN) {
        /*@ split p.board.gic.version; */
    }
    at.i = (uint32_t)eva_any(0, holders(KIND) - 1);
    at.j = (uint32_t)eva_any(0, UINT32_MAX - 1);
    /*@ split at.j < PLAN_MAX_WINDOWS; */
    (void)claims_next(&p, &at, &c);
    if (KIND == CLAIM_OWN) {
        (void)claims_touch_own(&p, any_range());
    }
    return 0;
}
#else
/* Instead of the one in claims.c, to which tests/eva/run gives another name. */
bool claims_next(const struct plan *plan, struct claims *at, struct claim *out)
{
    const uint32_t kind = (uint32_t)eva_any(at->kind, CLAIM_EXTENT + 1);

    /*@ split kind; */
    if (kind > CLAIM_EXTENT) {
        return false; /* past the last */
    }
    at->kind = (enum claim_kind)kind;
    at->i = (uint32_t)eva_any(0, holders(kind) - 1);
    at->j = (uint32_t)eva_any(0, UINT32_MAX);
    *out = (struct claim){
        .kind = (enum claim_kind)kind,
        .owner = of_board(kind) ? PLAN_SHARED : (int)eva_any(0, CONFIG_MAX_PARTITIONS - 1),
        .node = any_range(),
        .device = (uint32_t)eva_any(0, holders(kind) - 1),
        .window = (uint32_t)eva_any(0, kind == CLAIM_WINDOW ? PLAN_MAX_WINDOWS - 1 : UINT32_MAX),
        .r = any_range(),
        .path = any_path(),
        .name = text};
    return true;
}

static void any_neighbour(uint32_t kind)
{
    struct claim c = {.kind = (enum claim_kind)kind, .owner = PLAN_SHARED, .node = any_range()};
    bool told[PLAN_MAX_DEVICES];

    c.r = any_range();
    for (uint32_t i = 0; i < PLAN_MAX_DEVICES; i++) {
        told[i] = eva_any(0, 1) != 0;
    }
    claims_neighbour(&p, &c, (int)eva_any(0, INT32_MAX), told);
}

int main(void)
{
    any_plan();
    if (RULES == 0) {
        claims_check(&p, CLAIM_OWN, CLAIM_NODE);
    } else if (RULES == 1) {
        claims_check(&p, CLAIM_EXTENT, CLAIM_EXTENT);
    } else {
        any_neighbour(CLAIM_BOARD);
        any_neighbour(CLAIM_BOARD_OFF);
        any_neighbour(CLAIM_BOARD_SPI);
        any_neighbour(CLAIM_BOARD_SMMU_SPI);
        claims_filter(&p);
    }
    return 0;
}
#endif
