/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system file into the plan: every configuration that is a partition, word by word. All that is
 * wrong with it is told, not just the first; nothing is taken that is not understood.
 */
#include "core/plan/parse.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/claims.h"
#include "core/plan/refer.h"

#define COMPATIBLE         "bulkhead,partition"
#define PARTITION_NAME_MAX 31 /* Devicetree Specification 2.2.1; it tags lines of the console too */
#define DESCRIPTION_MAX    127
#define BOOTARGS_MAX       2047 /* Linux's COMMAND_LINE_SIZE on arm64, without the terminator */

/* ---- values ---- */

/* A string for people: no control characters, and well-formed UTF-8 beyond ASCII. */
static bool is_text(const char *s)
{
    while (*s != '\0') {
        uint8_t c = (uint8_t)*s++;
        uint32_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

        if (c >= ' ' && c <= '~') {
            continue;
        }
        if (c < 0xc2 || c > 0xf4 || (c == 0xc2 && (uint8_t)*s < 0xa0)) {
            return false; /* control characters, C0 and C1; a byte that begins nothing */
        }
        while (more-- > 0) {
            if (((uint8_t)*s++ & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

const char *config_strings(const struct config *c, const struct dt_property *property,
                           const char *rest)
{
    const char *end = (const char *)property->data + property->size;
    const char *s = rest != NULL ? rest + strlen(rest) + 1 : property->data;
    const char *why = NULL;

    if (rest != NULL && s == end) {
        return NULL;
    }
    if (property->size == 0) {
        why = "has no value: give it a string";
    } else if (end[-1] != '\0') {
        why = "is no string: use \"...\"";
    } else if (*s == '\0') {
        why = "is an empty string: name something, or leave the property out";
    } else if (!is_text(s)) {
        why = "holds control characters, or is not UTF-8; strings stand in \"...\", not in <>";
    }
    if (why != NULL) {
        config_error(c, "%s: %s", property->name, why);
        return NULL;
    }
    return s;
}

const char *config_string(const struct config *c, const struct dt_property *property)
{
    const char *s = config_strings(c, property, NULL);

    if (s != NULL && strlen(s) + 1 != property->size) {
        config_error(c, "%s: it is a list of strings: give it one", property->name);
        return NULL;
    }
    return s;
}

/* The string at most `most` bytes long, and where it is longer that is told. */
static const char *short_string(const struct config *c, const struct dt_property *property,
                                uint32_t most)
{
    const char *s = config_string(c, property);

    if (s != NULL && property->size > most + 1) {
        config_error(c, "%s: %u characters: at most %u are kept", property->name,
                     property->size - 1, most);
        return NULL;
    }
    return s;
}

const char *config_keep(const struct config *c, const char *s)
{
    const char *copy = plan_string(c->p, s);

    if (copy == NULL) {
        config_error(c, "all names and descriptions together exceed %d bytes: shorten some",
                     PLAN_STRINGS);
        return "?";
    }
    return copy;
}

/* ---- words of a configuration ---- */

static void read_description(const struct config *c, const struct dt_property *property)
{
    const char *s = short_string(c, property, DESCRIPTION_MAX);

    if (s != NULL) {
        c->part->description = config_keep(c, s);
    }
}

static void read_bootargs(const struct config *c, const struct dt_property *property)
{
    const char *s = property->data;

    if (property->size != 1 || *s != '\0') { /* an empty command line is one */
        s = short_string(c, property, BOOTARGS_MAX);
    }
    if (s != NULL) {
        c->part->bootargs = s;
    }
}

/* The board's CPU with that affinity; told where there is none. */
static bool find_cpu(const struct config *c, uint32_t mpidr, uint32_t *cpu)
{
    const struct plan_board *board = &c->p->board;
    char list[160] = "";

    for (*cpu = 0; *cpu < board->cpu_count; (*cpu)++) {
        char number[20];

        if (board->cpus[*cpu].mpidr == mpidr) {
            return true;
        }
        console_format(number, sizeof(number), "0x%" PRIx64, board->cpus[*cpu].mpidr);
        list_append(list, sizeof(list), number);
    }
    config_error(c, "cpus: <0x%x> is not in the board's /cpus; it has %s", mpidr, list);
    return false;
}

static void read_cpus(const struct config *c, const struct dt_property *property)
{
    uint32_t count = property->size / 4;

    if (count == 0 || property->size % 4 != 0) {
        config_error(c, "cpus: %u bytes: list the CPUs as cells, as in <0x0 0x1>", property->size);
        return;
    }
    if (count > PLAN_MAX_VCPUS) {
        config_error(c, "cpus: %u listed; a partition has at most %d", count, PLAN_MAX_VCPUS);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mpidr = dt_cell(property->data, i);
        uint32_t index;

        if (find_cpu(c, mpidr, &index)) {
            c->part->cpus[c->part->cpu_count++] = index;
        }
    }
}

static void read_memory(const struct config *c, const struct dt_property *property)
{
    struct plan_partition *part = c->part;
    const char *data = property->data;

    if (property->size == 0 || property->size % 16 != 0) {
        config_error(c,
                     "memory: %u bytes: give (base, size) pairs of two cells each, as in "
                     "<0x0 0x40000000 0x0 0x20000000>",
                     property->size);
        return;
    }
    if (property->size / 16 > PLAN_MAX_RANGES) {
        config_error(c, "memory: %u ranges; a partition has at most %d", property->size / 16,
                     PLAN_MAX_RANGES);
        return;
    }
    for (uint32_t i = 0; i < property->size / 16; i++) {
        part->memory[part->memory_count++] =
            (struct range){dt_cells(data + i * 16, 2), dt_cells(data + i * 16 + 8, 2)};
    }
}

static void read_direct_map(const struct config *c, const struct dt_property *property)
{
    if (property->size != 0) {
        config_error(c, "direct-map: it is a flag: write it without a value");
    }
    c->part->direct_map = true;
}

/* True where the property is `other`, not `usual`; what is neither is told. */
static bool is_other(const struct config *c, const struct dt_property *property, const char *usual,
                     const char *other)
{
    const char *s = config_string(c, property);

    if (s != NULL && strcmp(s, usual) != 0 && strcmp(s, other) != 0) {
        config_error(c, "%s: \"%s\": it is \"%s\" or \"%s\"", property->name, s, usual, other);
    }
    return s != NULL && strcmp(s, other) == 0;
}

static void read_console(const struct config *c, const struct dt_property *property)
{
    if (is_other(c, property, "shared", "none")) {
        c->part->console = PLAN_CONSOLE_NONE;
    }
}

static void read_interrupt_mode(const struct config *c, const struct dt_property *property)
{
    const char *s = config_string(c, property);

    if (s != NULL && strcmp(s, "virtual") != 0) {
        config_error(c,
                     "interrupt-mode: \"%s\" is not supported by this version: use \"virtual\", "
                     "or leave it out",
                     s);
    }
}

static void read_on_dma_fault(const struct config *c, const struct dt_property *property)
{
    c->part->block_faults = is_other(c, property, "report", "block");
}

/* Read in this order; direct-map before what depends on it. */
static const struct {
    const char *name;
    void (*read)(const struct config *c, const struct dt_property *property); /* NULL: no matter */
    const char *required; /* the way out where it is absent; NULL: it may be */
} words[] = {
    {"compatible", NULL, NULL},
    {"description", read_description, NULL},
    {"kernel", config_kernel, "name an image of /images"},
    {"ramdisk", config_ramdisk, NULL},
    {"fdt", config_fdt, NULL},
    {"bootargs", read_bootargs, NULL},
    {"cpus", read_cpus, "list the CPUs it runs on, as in <0x0 0x1>"},
    {"memory", read_memory, "give (base, size) pairs, as in <0x0 0x40000000 0x0 0x20000000>"},
    {"direct-map", read_direct_map, NULL},
    {"devices", config_devices, NULL},
    {"pci-devices", config_devices, NULL},
    {"unprotected-devices", config_devices, NULL},
    {"console", read_console, NULL},
    {"interrupt-mode", read_interrupt_mode, NULL},
    {"on-dma-fault", read_on_dma_fault, NULL},
    {"phandle", NULL, NULL},
};

/* ---- a configuration ---- */

static uint32_t find_word(const char *name)
{
    uint32_t i = 0;

    while (i < ARRAY_SIZE(words) && strcmp(words[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* What other boot files and tools call it; no edits lead there. */
static const char *our_word(const char *name)
{
    static const struct {
        const char *theirs, *ours;
    } synonyms[] = {
        {"cmdline", "bootargs"},   {"command-line", "bootargs"},
        {"append", "bootargs"},    {"initrd", "ramdisk"},
        {"initramfs", "ramdisk"},  {"dtb", "fdt"},
        {"devicetree", "fdt"},     {"reg", "memory"},
        {"interrupts", "devices"},
    };
    uint32_t i = 0;

    while (i < ARRAY_SIZE(synonyms) && strcmp(synonyms[i].theirs, name) != 0) {
        i++;
    }
    return i < ARRAY_SIZE(synonyms) ? synonyms[i].ours : name;
}

static void unknown_word(const struct config *c, const char *name)
{
    struct nearest nearest;

    nearest_begin(&nearest, our_word(name));
    for (uint32_t i = 0; plan_tells(c->p) && i < ARRAY_SIZE(words); i++) {
        nearest_offer(&nearest, words[i].name);
    }
    config_error(c, "unknown property \"%s\"%s%s%s", name, NEAREST_HINT(&nearest));
}

/* U-Boot's verified boot puts hash and signature nodes below; others mean nothing. */
void config_subnodes(const struct config *c, const char *path, int node)
{
    struct dt_at at = {.node = {node}};

    while (dt_step(c->p->fit, &at)) {
        const char *name = dt_name(c->p->fit, at.node[at.depth]);

        if (at.depth == 1 && strncmp(name, "hash", 4) != 0 && strncmp(name, "signature", 9) != 0) {
            plan_error(c->p, c->index, path,
                       "unknown node \"%s\": only hash and signature may be below", name);
        }
    }
}

static void read_config(const struct config *c, int node)
{
    struct dt_property value[ARRAY_SIZE(words)] = {{0}};
    struct dt_property property;

    for (int i = dt_next_property(c->p->fit, node, &property); i >= 0;
         i = dt_next_property(c->p->fit, i, &property)) {
        uint32_t word = find_word(property.name);

        if (word == ARRAY_SIZE(words)) {
            unknown_word(c, property.name);
        } else if (value[word].name != NULL) {
            config_error(c, "%s: it is there twice", property.name);
        } else {
            value[word] = property;
        }
    }
    config_subnodes(c, c->path, node);
    for (uint32_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (value[i].name != NULL && words[i].read != NULL) {
            words[i].read(c, &value[i]);
        } else if (value[i].name == NULL && words[i].required != NULL) {
            config_error(c, "there is no \"%s\": %s", words[i].name, words[i].required);
        }
    }
    config_bootargs(c);
}

/* The partition's name into the plan, and whether it can be one. */
static void read_name(const struct config *c, const char *name)
{
    char clean[PARTITION_NAME_MAX + 1];
    size_t length = strnlen(name, PARTITION_NAME_MAX);
    bool good = length > 0 && name[length] == '\0';

    for (size_t i = 0; i < length; i++) {
        bool plain = name[i] > ' ' && name[i] <= '~';

        clean[i] = plain ? name[i] : '?';
        good = good && plain;
    }
    clean[length] = '\0';
    c->part->name = config_keep(c, clean);
    if (!good) {
        config_error(c, "its name must be 1 to %d printable characters without blanks",
                     PARTITION_NAME_MAX);
    }
    for (int i = 0; i < c->index; i++) {
        if (strcmp(c->p->partitions[i].name, c->part->name) == 0) {
            plan_error(c->p, i, c->path, "two configurations have this name: neither starts");
            config_error(c, "two configurations have this name: neither starts");
        }
    }
}

static void parse_partition(struct plan *p, const struct dt_at *at)
{
    const int node = at->node[at->depth];
    char path[DT_PATH_MAX];
    struct config c = {p, (int)p->partition_count, NULL, path};

    dt_path_at(p->fit, at, path, sizeof(path));
    if (p->partition_count == CONFIG_MAX_PARTITIONS) {
        p->surplus++;
        plan_error(p, CONFIG_MAX_PARTITIONS, path,
                   "more partitions than %d: this one is not started; raise CONFIG_MAX_PARTITIONS",
                   CONFIG_MAX_PARTITIONS);
        return;
    }
    c.part = &p->partitions[p->partition_count++];
    *c.part = (struct plan_partition){
        .node = node,
        .description = plan_no_text,
        .bootargs = plan_no_text,
        .aarch32 = (arch_states() & ARCH_AARCH64) == 0, /* its kernel's `arch` may say so too */
    };
    read_name(&c, dt_name(p->fit, node));
    read_config(&c, node);
}

/* ---- the file ---- */

/*
 * A configuration without our compatible is somebody else's (U-Boot's own), unless it says what
 * only a partition would say.
 */
static bool is_partition(struct plan *p, const struct dt_at *at)
{
    const int node = at->node[at->depth];
    static const char *const ours[] = {COMPATIBLE, NULL};
    const char *its = dt_text(p->fit, node, "compatible");
    char path[DT_PATH_MAX];
    struct nearest nearest;

    if (dt_compatible(p->fit, node, ours)) {
        return true;
    }
    dt_path_at(p->fit, at, path, sizeof(path));
    nearest_begin(&nearest, its != NULL ? its : "");
    nearest_offer(&nearest, COMPATIBLE);
    if (nearest.name[0] != '\0') {
        plan_error(p, CONFIG_MAX_PARTITIONS, path, "compatible: \"%s\" is not started%s%s%s", its,
                   NEAREST_HINT(&nearest));
    } else if (dt_property(p->fit, node, "cpus", NULL) != NULL ||
               dt_property(p->fit, node, "memory", NULL) != NULL) {
        plan_error(p, CONFIG_MAX_PARTITIONS, path,
                   "it looks like a partition, but has no compatible = \"" COMPATIBLE
                   "\": it is not started");
    } else {
        plan_warning(p, CONFIG_MAX_PARTITIONS, path,
                     "no compatible = \"" COMPATIBLE "\": not a partition");
    }
    return false;
}

void plan_parse_system(struct plan *p, const void *fit, uint64_t size, uint64_t fit_pa)
{
    struct dt_at at;

    p->fit = fit;
    p->fit_size = size;
    p->board.system = (struct range){fit_pa, size};
    plan_reserve(p, "the system file", fit_pa, size);
    if (!dt_valid(fit, size)) {
        plan_error(p, PLAN_SHARED, "the system file",
                   "no FIT, or it is cut off or damaged; make it with mkimage, and load all of it");
        return;
    }
    if (dt_find(fit, "/images") < 0 || !dt_at(fit, dt_find(fit, "/configurations"), &at)) {
        plan_error(p, PLAN_SHARED, "/",
                   "a system file has /images and /configurations; one is "
                   "missing, or misspelt");
        return;
    }
    while (dt_step(fit, &at) && at.depth > 1) {
        if (at.depth == 2 && is_partition(p, &at)) {
            parse_partition(p, &at);
        }
    }
    if (p->partition_count == 0) {
        plan_error(p, PLAN_SHARED, "/configurations", "there is no partition in it");
        return;
    }
    refer_tell(p);
}
