/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fake registers: device models by address, system registers by name. */
#include <arch/host.h>

#include <string.h>

struct device {
    struct range where;
    host_mmio_reader read;
    host_mmio_writer write;
    void *model;
};

static struct device devices[16];
static uint32_t device_count;
static struct host_sysreg sysregs[128];

void host_registers_reset(void)
{
    device_count = 0;
    memset(sysregs, 0, sizeof(sysregs));
}

/* ---- device registers ---- */

void host_mmio_add(uint64_t base, uint64_t size, host_mmio_reader read, host_mmio_writer write,
                   void *model)
{
    struct range where = {base, size};

    for (uint32_t i = 0; i < device_count; i++) {
        if (ranges_overlap(devices[i].where, where)) {
            host_fail("two register models at 0x%llx", (unsigned long long)base);
        }
    }
    if (device_count == sizeof(devices) / sizeof(devices[0])) {
        host_fail("too many register models");
    }
    devices[device_count++] = (struct device){where, read, write, model};
}

static const struct device *device_at(uint64_t address, unsigned size, const char *what)
{
    for (uint32_t i = 0; i < device_count; i++) {
        if (range_holds(devices[i].where, (struct range){address, size})) {
            return &devices[i];
        }
    }
    host_fail("%s of %u bytes at 0x%llx, where no register model is", what, size,
              (unsigned long long)address);
}

uint64_t host_mmio_read(uint64_t address, unsigned size)
{
    const struct device *d = device_at(address, size, "read");

    return d->read(d->model, address - d->where.base, size);
}

void host_mmio_write(uint64_t address, unsigned size, uint64_t v)
{
    const struct device *d = device_at(address, size, "write");

    d->write(d->model, address - d->where.base, size, v);
}

bool arch_try_read(uint64_t address, uint64_t *value, uint32_t size)
{
    const bool aborts = range_holds(host.aborts, (struct range){address, size});

    *value = aborts ? UINT64_MAX : host_mmio_read(address, size);
    return !aborts;
}

bool arch_try_write(uint64_t address, uint64_t value, uint32_t size)
{
    if (range_holds(host.aborts, (struct range){address, size})) {
        return false;
    }
    host_mmio_write(address, size, value);
    return true;
}

/* ---- system registers ---- */

struct host_sysreg *host_sysreg(const char *name)
{
    for (uint32_t i = 0; i < sizeof(sysregs) / sizeof(sysregs[0]); i++) {
        if (sysregs[i].name == NULL) {
            sysregs[i].name = name;
        }
        if (strcmp(sysregs[i].name, name) == 0) {
            return &sysregs[i];
        }
    }
    host_fail("too many system registers");
}

uint64_t host_sysreg_read(const char *name)
{
    struct host_sysreg *reg = host_sysreg(name);

    reg->reads++;
    return reg->read == NULL ? reg->value : reg->read(reg);
}

void host_sysreg_write(const char *name, uint64_t v)
{
    struct host_sysreg *reg = host_sysreg(name);

    reg->writes++;
    if (reg->write == NULL) {
        reg->value = v;
    } else {
        reg->write(reg, v);
    }
}
