/* SPDX-License-Identifier: Apache-2.0 */
/* What granted devices refer to: the one table of such properties, and what becomes of each. */
#include "core/plan/refer.h"

#include <string.h>

#include "core/base/bits.h"
#include "core/plan/parse.h"

/* A kind of property that lists phandles. Names are patterns of refer_matches(). */
struct kind {
    const char *list;
    const char *with;  /* what goes along with it: names, rates; or NULL */
    const char *cells; /* how many cells a provider's specifier has; "": none. NULL: the provider
                          is never a device that can be granted */
    const char *way_out;
};

/*
 * The bindings of dt-schema and of Linux. What a device may need to work at all is the firmware's
 * to set up, since no partition can: that is said, and no reason to refuse the device.
 */
static const struct kind kinds[] = {
    {"clocks", "clock-names", "#clock-cells",
     "the board's tree does not tell all their rates; firmware has to leave them on"},
    {"*-supply", NULL, "",
     "it has no fixed voltage, or may be switched off; firmware has to leave it on"},
    {"resets", "reset-names", "#reset-cells", "firmware has to leave the device out of reset"},
    {"power-domains", "power-domain-*", "#power-domain-cells", "firmware has to leave them on"},
    {"pinctrl-*", "pinctrl-names", NULL, "firmware has to set the pins up"},
    {"assigned-clocks", "assigned-clock-*", NULL, "firmware has to set rates and parents"},
    {"gpios", NULL, "#gpio-cells", "its driver has to do without these pins"},
    {"*-gpios", NULL, "#gpio-cells", "its driver has to do without these pins"},
    {"gpio", NULL, "#gpio-cells", "its driver has to do without this pin"},
    {"*-gpio", NULL, "#gpio-cells", "its driver has to do without this pin"},
    {"gpio-ranges", "gpio-ranges-*", NULL, "firmware has to set the pins up"},
    {"dmas", "dma-names", "#dma-cells", "its driver has to move data without a DMA controller"},
    {"phys", "phy-names", "#phy-cells", "firmware has to set the PHYs up"},
    {"usb-phy", NULL, "", "firmware has to set the PHYs up"},
    {"*-handle", NULL, "", "firmware has to set up what it stands for"},
    {"mboxes", "mbox-names", "#mbox-cells", "its driver has to do without mailboxes"},
    {"memory-region", "memory-region-*", NULL, "reserved memory is no partition's"},
    {"nvmem-cells", "nvmem-cell-names", NULL, "its driver has to do without what is stored there"},
    {"nvmem", "nvmem-names", "", "its driver has to do without what is stored there"},
    {"operating-points-v2", NULL, NULL, "it stays at the speed that firmware sets"},
    {"interconnects", "interconnect-names", NULL, "firmware has to leave its way to memory open"},
    {"msi-parent", NULL, NULL, "its driver has to use interrupts by wire"},
    {"msi-map", "msi-map-mask", NULL, "drivers have to use interrupts by wire"},
    {"hwlocks", "hwlock-names", NULL, "its driver has to do without these locks"},
    {"io-channels", "io-channel-names", "#io-channel-cells", "its driver has to do without them"},
    {"thermal-sensors", "thermal-sensor-*", NULL, "its driver has to do without them"},
    {"pwms", "pwm-names", "#pwm-cells", "its driver has to do without them"},
    {"sound-dai", NULL, NULL, "its driver has to do without it"},
    {"extcon", NULL, "", "its driver has to do without it"},
    {"*syscon", NULL, NULL, "firmware has to set up what is there"},
};

bool refer_matches(const char *pattern, const char *name)
{
    size_t length = strlen(name);
    size_t rest = strlen(pattern) - 1;

    if (pattern[0] == '*') {
        return length >= rest && strcmp(name + length - rest, pattern + 1) == 0;
    }
    return strncmp(name, pattern, pattern[rest] == '*' ? rest : rest + 2) == 0;
}

/* The kind of a property's name, and whether it only goes along; NULL where it lists no phandles.
 */
static const struct kind *kind_of(const char *name, bool *along)
{
    for (uint32_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        *along = kinds[i].with != NULL && refer_matches(kinds[i].with, name);
        if (*along || refer_matches(kinds[i].list, name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- what takes their place ---- */

uint32_t refer_rates(const void *fdt, int node, uint32_t rate[static REFER_MAX_CLOCKS])
{
    uint32_t size = 0;
    const uint8_t *cells = dt_property(fdt, node, "clocks", &size);
    uint32_t count = size / DT_CELL; /* a fixed-clock's specifier has no cells: its binding */

    if (count > REFER_MAX_CLOCKS || size % DT_CELL != 0) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        rate[i] = dt_fixed_rate(fdt, dt_cell(cells, i));
        if (rate[i] == 0) {
            return 0;
        }
    }
    return count;
}

/* The node that a property of one phandle refers to; -1 where it is none. */
static int one_node(const void *fdt, const void *data, uint32_t size)
{
    return data != NULL && size == DT_CELL ? dt_phandle(fdt, dt_cell(data, 0)) : -1;
}

uint32_t refer_voltage(const void *fdt, const struct dt_property *supply)
{
    static const char *const fixed[] = {"regulator-fixed", NULL};
    int node = one_node(fdt, supply->data, supply->size);
    uint64_t voltage = node < 0 ? 0 : dt_number(fdt, node, "regulator-min-microvolt", 0);
    const void *input;
    uint32_t size = 0;

    if (node < 0 || voltage != dt_number(fdt, node, "regulator-max-microvolt", 0)) {
        return 0;
    }
    for (uint32_t fed = 0; fed < DT_DEPTH; fed++) {
        if (node < 0 || !dt_compatible(fdt, node, fixed) ||
            dt_property(fdt, node, "gpio", NULL) != NULL ||
            dt_property(fdt, node, "gpios", NULL) != NULL) {
            return 0;
        }
        input = dt_property(fdt, node, "vin-supply", &size);
        if (input == NULL) {
            return (uint32_t)voltage;
        }
        node = one_node(fdt, input, size);
    }
    return 0; /* they feed each other */
}

/* ---- what becomes of a property ---- */

/* The partition's tree has that node, under its own phandle. */
static bool is_there(const struct plan *p, int partition, int node)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        if (device->node == node && device->partition == partition && !device->function &&
            !device->msi) {
            return true;
        }
    }
    return false;
}

/* All that the list refers to is in the partition's tree. */
static bool are_there(const struct plan *p, int partition, const char *cells,
                      const struct dt_property *list)
{
    const void *fdt = p->board.fdt;
    uint64_t at = 0;

    while (at + DT_CELL <= list->size) {
        int node = dt_phandle(fdt, dt_cell((const char *)list->data + at, 0));

        if (node < 0 || !is_there(p, partition, node)) {
            return false;
        }
        at += DT_CELL;
        if (cells[0] != '\0') {
            at += DT_CELL * (uint64_t)(uint32_t)dt_number(fdt, node, cells, UINT32_MAX);
        }
    }
    return list->size != 0 && at == list->size;
}

static enum refer how(const struct plan *p, const struct plan_device *device,
                      const struct kind *kind, const struct dt_property *list)
{
    uint32_t rate[REFER_MAX_CLOCKS];

    if (kind->cells != NULL && are_there(p, device->partition, kind->cells, list)) {
        return REFER_COPIED;
    }
    if (strcmp(kind->list, "clocks") == 0 && refer_rates(p->board.fdt, device->node, rate) != 0) {
        return REFER_CLOCKS;
    }
    if (strcmp(kind->list, "*-supply") == 0 && refer_voltage(p->board.fdt, list) != 0) {
        return REFER_SUPPLY;
    }
    return REFER_LOST;
}

enum refer refer_how(const struct plan *p, const struct plan_device *device,
                     const struct dt_property *property)
{
    struct dt_property list = *property;
    bool along;
    const struct kind *kind = kind_of(property->name, &along);

    if (kind == NULL) {
        return REFER_COPIED;
    }
    if (!along) {
        return how(p, device, kind, &list);
    }
    list.data = dt_property(p->board.fdt, device->node, kind->list, &list.size);
    return list.data != NULL && how(p, device, kind, &list) != REFER_LOST ? REFER_COPIED
                                                                          : REFER_LOST;
}

/* ---- telling ---- */

/* How functions send messages is the plan's matter: parse_msi.c. */
static bool is_msi(const struct dt_property *property)
{
    return refer_matches("msi-*", property->name);
}

static void tell_properties(struct plan *p, const struct plan_device *device)
{
    const void *fdt = p->board.fdt;
    struct dt_property property;

    for (int i = dt_next_property(fdt, device->node, &property); i >= 0;
         i = dt_next_property(fdt, i, &property)) {
        bool along;
        const struct kind *kind = kind_of(property.name, &along);

        if (kind != NULL && !along && !(device->function && is_msi(&property)) &&
            how(p, device, kind, &property) == REFER_LOST) {
            plan_warning(p, device->partition, device->path, "%s: not given to the partition: %s",
                         property.name, kind->way_out);
        }
    }
}

/* Nodes below a device are not in the partition's tree, unless they are granted themselves. */
static void tell_nodes_below(struct plan *p, const struct plan_device *device)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.node = {device->node}};
    char names[DT_PATH_MAX] = "";

    while (dt_step(fdt, &at)) {
        if (at.depth == 1 && dt_enabled(fdt, at.node[1]) &&
            !is_there(p, device->partition, at.node[1])) {
            list_append(names, sizeof(names), dt_name(fdt, at.node[1]));
        }
    }
    if (names[0] != '\0') {
        plan_warning(p, device->partition, device->path,
                     "the nodes below it are not given to the partition (%s): where its driver "
                     "needs them, give the partition an fdt of its own",
                     names);
    }
}

/* An earlier function of the same host bridge and partition: all that there is to say was said. */
static bool was_told(const struct plan *p, const struct plan_device *device)
{
    const struct plan_device *d = p->devices;

    while (d < device &&
           (!d->function || d->node != device->node || d->partition != device->partition)) {
        d++;
    }
    return device->function && d < device;
}

void refer_tell(struct plan *p)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];
        const struct plan_partition *part = &p->partitions[device->partition];

        if (!part->refused && part->fdt.size == 0 && !was_told(p, device)) {
            tell_properties(p, device);
            tell_nodes_below(p, device);
        }
    }
}
