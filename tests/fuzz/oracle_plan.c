/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the independent rules of a plan: owners, memory, devices, images. */
#include "oracle.h"

#include <libfdt.h>
#include <stdbool.h>
#include <string.h>

#define PAGE UINT64_C(4096)

static uint64_t down(uint64_t v)
{
    return v & ~(PAGE - 1);
}

static uint64_t up(uint64_t v)
{
    return down(v + PAGE - 1);
}

/* Do the pages that two pieces of memory touch meet? Empty pieces touch none. */
static bool meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size != 0 && b_size != 0 && down(a) < up(b + b_size) && down(b) < up(a + a_size);
}

static bool starts(const struct plan *p, uint32_t i)
{
    return !p->partitions[i].refused;
}

/* ---- the board's tree, by libfdt ---- */

static uint64_t number(const fdt32_t *cells, int count)
{
    uint64_t v = 0;

    for (int i = 0; i < count; i++) {
        v = v << 32 | fdt32_to_cpu(cells[i]);
    }
    return v;
}

/* The n-th (base, size) of a node's reg, by its parent's cells; false past the end. */
static bool reg_of(const void *fdt, int parent, int node, int n, uint64_t *base, uint64_t *size)
{
    int length = 0;
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);
    int a = fdt_address_cells(fdt, parent);
    int s = fdt_size_cells(fdt, parent);

    if (reg == NULL || a < 1 || a > 2 || s < 0 || s > 2 || length < (n + 1) * (a + s) * 4) {
        return false;
    }
    *base = number(reg + n * (a + s), a);
    *size = number(reg + n * (a + s) + a, s);
    return true;
}

/* By the first string of device_type: what may follow it is nobody's. */
static bool is_memory(const void *fdt, int node)
{
    int length = 0;
    const char *type = fdt_getprop(fdt, node, "device_type", &length);

    return type != NULL && length >= 7 && memcmp(type, "memory", 7) == 0;
}

/* Bytes from `at` on, at most `size`, that some bank of RAM holds. */
static uint64_t ram_from(const void *fdt, uint64_t at, uint64_t size)
{
    uint64_t best = 0;
    uint64_t base;
    uint64_t length;
    int node;

    fdt_for_each_subnode(node, fdt, 0)
    {
        for (int n = 0; is_memory(fdt, node) && reg_of(fdt, 0, node, n, &base, &length); n++) {
            if (at >= base && at - base < length && length - (at - base) > best) {
                best = length - (at - base);
            }
        }
    }
    return best < size ? best : size;
}

/* Is it kept back by the tree, or Bulkhead's, or what the firmware loaded? */
static bool is_kept(const struct oracle_world *w, uint64_t at, uint64_t size)
{
    const struct range fixed[] = {w->image, w->tree, w->system};
    int parent = fdt_subnode_offset(w->fdt, 0, "reserved-memory");
    uint64_t base;
    uint64_t length;
    int node;

    for (int i = 0; i < 3; i++) {
        if (meet(at, size, fixed[i].base, fixed[i].size)) {
            return true;
        }
    }
    for (int i = 0; i < fdt_num_mem_rsv(w->fdt); i++) {
        require(fdt_get_mem_rsv(w->fdt, i, &base, &length) == 0, "memreserve %d", i);
        if (meet(at, size, base, length)) {
            return true;
        }
    }
    if (parent < 0) {
        return false;
    }
    fdt_for_each_subnode(node, w->fdt, parent)
    {
        for (int n = 0; reg_of(w->fdt, parent, node, n, &base, &length); n++) {
            if (meet(at, size, base, length)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- CPUs ---- */

static void cpus_have_one_owner(const struct plan *p)
{
    bool taken[CONFIG_MAX_CPUS] = {false};

    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];

        require(!starts(p, i) || part->cpu_count > 0, "%s has no CPU", part->name);
        for (uint32_t c = 0; starts(p, i) && c < part->cpu_count; c++) {
            uint32_t cpu = part->cpus[c];

            require(cpu < p->board.cpu_count, "%s: CPU %u", part->name, cpu);
            require(!taken[cpu], "CPU %u has two owners", cpu);
            require(p->board.cpus[cpu].partition == (int)i && p->board.cpus[cpu].vcpu == c,
                    "CPU %u does not know its owner %s", cpu, part->name);
            taken[cpu] = true;
        }
    }
}

/* ---- memory ---- */

static void extent_lies_right(const struct plan *p, const struct oracle_world *w, uint32_t i,
                              const struct plan_extent *e)
{
    uint64_t end = e->pa + e->size;

    require(e->size != 0 && (e->pa | e->ipa | e->size) % PAGE == 0, "extent not in pages");
    require(end > e->pa && e->ipa + e->size > e->ipa, "extent wraps");
    require(!p->partitions[i].direct_map || e->ipa == e->pa, "direct-map moved");
    require(!is_kept(w, e->pa, e->size), "extent 0x%lx+0x%lx is kept back", e->pa, e->size);
    for (uint64_t at = e->pa; at < end;) {
        uint64_t there = ram_from(w->fdt, at, end - at);

        require(there > 0, "no RAM at 0x%lx", at);
        at += there;
    }
}

static void extents_are_apart(const struct plan *p, uint32_t i, uint32_t n)
{
    const struct plan_extent *e = &p->partitions[i].extent[n];

    for (uint32_t j = 0; j <= i; j++) {
        const struct plan_partition *other = &p->partitions[j];

        for (uint32_t m = 0; starts(p, j) && m < (j == i ? n : other->extent_count); m++) {
            require(!meet(e->pa, e->size, other->extent[m].pa, other->extent[m].size),
                    "memory of %s and %s meets", p->partitions[i].name, other->name);
            require(j != i || !meet(e->ipa, e->size, other->extent[m].ipa, other->extent[m].size),
                    "memory of %s meets itself", other->name);
        }
    }
}

/* Each range that was asked for is there, to the byte, and nothing else. */
static void memory_is_as_asked(const struct plan_partition *part)
{
    uint64_t asked = 0;
    uint64_t got = 0;

    for (uint32_t n = 0; n < part->extent_count; n++) {
        got += part->extent[n].size;
    }
    for (uint32_t r = 0; r < part->memory_count; r++) {
        uint64_t at = part->memory[r].base;
        uint64_t end = at + part->memory[r].size;

        asked += part->memory[r].size;
        while (at < end) {
            uint64_t step = 0;

            for (uint32_t n = 0; n < part->extent_count; n++) {
                const struct plan_extent *e = &part->extent[n];

                if (at >= e->ipa && at - e->ipa < e->size) {
                    step = e->size - (at - e->ipa);
                }
            }
            require(step > 0, "%s: nothing at IPA 0x%lx", part->name, at);
            at += step;
        }
    }
    require(asked == got, "%s asked for 0x%lx bytes and has 0x%lx", part->name, asked, got);
}

/* ---- devices ---- */

static bool is_owned_by(const struct plan *p, int node, int partition)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].node == node && p->devices[i].partition == partition) {
            return true;
        }
    }
    return false;
}

bool oracle_is_disabled(const void *fdt, int node)
{
    const char *status = fdt_getprop(fdt, node, "status", NULL);

    return status != NULL && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0;
}

/* Of 48 bits, as every table's addresses: a window that ends beyond them is none. */
static bool is_mappable(uint64_t base, uint64_t size)
{
    return size <= UINT64_C(1) << 48 && base <= (UINT64_C(1) << 48) - size;
}

/*
 * Its windows are those of the tree; nobody else's RAM is in their pages, nor registers, but where
 * it is filtered.
 */
static void windows_are_alone(const struct plan *p, const struct oracle_world *w,
                              const struct plan_device *d)
{
    uint64_t base;
    uint64_t size;
    int node;

    for (uint32_t m = 0; m < d->mmio_count; m++) {
        const struct range *r = &d->mmio[m];

        require(reg_of(w->fdt, 0, d->node, (int)m, &base, &size), "%s: window %u", d->path, m);
        require(base == r->base && size == r->size, "%s: window %u is another", d->path, m);
        fdt_for_each_subnode(node, w->fdt, 0)
        {
            for (int n = 0; reg_of(w->fdt, 0, node, n, &base, &size); n++) {
                bool apart = r->base + r->size <= base || base + size <= r->base;

                require(!is_mappable(base, size) || is_owned_by(p, node, d->partition) ||
                            !meet(r->base, r->size, base, size) ||
                            (base == r->base && oracle_is_disabled(w->fdt, node)) ||
                            (apart && (d->filtered >> m & 1) != 0),
                        "%s: its pages hold %s too", d->path, fdt_get_name(w->fdt, node, NULL));
            }
        }
        require(!is_kept(w, r->base, r->size), "%s lies where memory is kept back", d->path);
        for (uint32_t i = 0; i < p->partition_count; i++) {
            for (uint32_t n = 0; starts(p, i) && n < p->partitions[i].extent_count; n++) {
                const struct plan_extent *e = &p->partitions[i].extent[n];

                require(!meet(r->base, r->size, e->pa, e->size), "%s lies in RAM of %s", d->path,
                        p->partitions[i].name);
                require(i != (uint32_t)d->partition || !meet(r->base, r->size, e->ipa, e->size),
                        "%s lies where %s has memory", d->path, p->partitions[i].name);
            }
        }
    }
}

/* The n-th SPI's INTID; the GIC is every node's parent here. What is no SPI ends the list. */
static bool spi_of(const void *fdt, int node, int n, uint32_t *intid)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(fdt, node, "interrupts", &length);

    if (cells == NULL || length < (n + 1) * 12 || fdt32_to_cpu(cells[3 * n]) != 0) {
        return false;
    }
    *intid = fdt32_to_cpu(cells[3 * n + 1]) + 32;
    return true;
}

static void interrupts_are_alone(const struct plan *p, const struct oracle_world *w,
                                 const struct plan_device *d)
{
    int node;

    for (uint32_t n = 0; n < d->irq_count; n++) {
        uint32_t intid = d->irq[n].intid;
        uint32_t other;

        require(intid >= 32 && intid < 1020, "%s: INTID %u", d->path, intid);
        require(spi_of(w->fdt, d->node, (int)n, &other) && other == intid, "%s: INTID %u", d->path,
                intid);
        fdt_for_each_subnode(node, w->fdt, 0)
        {
            if (oracle_is_disabled(w->fdt, node)) {
                continue; /* its line is not driven */
            }
            for (int m = 0; spi_of(w->fdt, node, m, &other); m++) {
                require(other != intid || is_owned_by(p, node, d->partition), "%s: %s has INTID %u",
                        d->path, fdt_get_name(w->fdt, node, NULL), intid);
            }
        }
    }
}

static void devices_have_one_owner(const struct plan *p, const struct oracle_world *w)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];

        if (d->partition < 0 || !starts(p, (uint32_t)d->partition)) {
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            const struct plan_device *other = &p->devices[j];

            require(other->partition < 0 || !starts(p, (uint32_t)other->partition) ||
                        other->node != d->node,
                    "%s is granted twice", d->path);
        }
        require(d->node >= 0, "%s has no node", d->path);
        windows_are_alone(p, w, d);
        interrupts_are_alone(p, w, d);
    }
}

/* ---- images ---- */

static const struct plan_extent *within(const struct plan_partition *part, uint64_t at,
                                        uint64_t size)
{
    for (uint32_t n = 0; n < part->extent_count; n++) {
        const struct plan_extent *e = &part->extent[n];

        if (at >= e->ipa && at - e->ipa < e->size && size <= e->size - (at - e->ipa)) {
            return e;
        }
    }
    return NULL;
}

static void images_lie_right(const struct plan_partition *part)
{
    const struct range r[] = {{part->kernel.load, part->kernel.load_size},
                              {part->ramdisk.load, part->ramdisk.load_size},
                              {part->fdt_ipa, part->fdt_room}};

    for (int i = 0; i < 3; i++) {
        if (i == 1 && part->ramdisk.size == 0) {
            continue;
        }
        require(within(part, r[i].base, r[i].size), "%s: image %d is outside", part->name, i);
        for (int j = 0; j < i; j++) {
            require((j == 1 && part->ramdisk.size == 0) || r[i].base >= r[j].base + r[j].size ||
                        r[j].base >= r[i].base + r[i].size,
                    "%s: images %d and %d overlap", part->name, i, j);
        }
    }
    require(part->fdt_ipa % 8 == 0, "%s: its tree is not aligned", part->name);
    require(part->entry >= r[0].base && part->entry < r[0].base + r[0].size,
            "%s: entry 0x%lx is outside its kernel", part->name, part->entry);
}

/* The node of /images with this very name. */
static int image_node(const void *fit, const char *name)
{
    int parent = fdt_subnode_offset(fit, 0, "images");
    int node;

    fdt_for_each_subnode(node, fit, parent)
    {
        if (strcmp(fdt_get_name(fit, node, NULL), name) == 0) {
            return node;
        }
    }
    return -1;
}

/* Every hash of the image that the configuration names is that of the bytes which are placed. */
static void hashes_match(const struct plan *p, const struct plan_partition *part, const char *use,
                         const struct plan_image *image)
{
    const uint8_t *fit = p->fit;
    const char *name = fdt_getprop(fit, part->node, use, NULL);
    int hash;
    int node;

    if (name == NULL) {
        require(image->size == 0, "%s: a %s that nobody named", part->name, use);
        return;
    }
    node = image_node(fit, name);
    require(node >= 0, "%s: no image %s", part->name, name);
    require(image->data >= fit && image->size <= p->fit_size &&
                (uint64_t)(image->data - fit) <= p->fit_size - image->size,
            "%s: %s leaves the file", part->name, name);
    fdt_for_each_subnode(hash, fit, node)
    {
        int length = 0;
        const fdt32_t *value = fdt_getprop(fit, hash, "value", &length);
        const char *algo = fdt_getprop(fit, hash, "algo", NULL);

        if (strncmp(fdt_get_name(fit, hash, NULL), "hash", 4) == 0) {
            require(algo != NULL && strcmp(algo, "crc32") == 0, "%s: its hash", name);
            require(value != NULL && length == 4 &&
                        fdt32_to_cpu(*value) == crc32_of(image->data, image->size),
                    "%s: %s has another hash", part->name, name);
        }
    }
}

void oracle_plan(const struct plan *p, const struct oracle_world *w)
{
    uint32_t refused = 0;

    require(p->partition_count <= CONFIG_MAX_PARTITIONS, "%u partitions", p->partition_count);
    cpus_have_one_owner(p);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];

        refused += part->refused;
        for (uint32_t n = 0; starts(p, i) && n < part->extent_count; n++) {
            extent_lies_right(p, w, i, &part->extent[n]);
            extents_are_apart(p, i, n);
        }
        if (starts(p, i)) {
            memory_is_as_asked(part);
            images_lie_right(part);
            hashes_match(p, part, "kernel", &part->kernel);
            hashes_match(p, part, "ramdisk", &part->ramdisk);
            hashes_match(p, part, "fdt", &part->fdt);
        }
    }
    require(refused <= p->errors, "%u refused, %u errors told", refused, p->errors);
    devices_have_one_owner(p, w);
    oracle_streams(p, w);
}
