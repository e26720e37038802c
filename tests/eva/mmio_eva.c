/* SPDX-License-Identifier: Apache-2.0 */
/* For Eva: emulated windows: any number, anywhere; one more is added, or anything is accessed. */
#include "core/guest/mmio.h"
#include "core/guest/partition.h"
#include "tests/eva/eva.h"

static struct partition part;
static struct vcpu vcpu = {.partition = &part};
static uint64_t window_size;

/* As a device's handler may: it relies on the whole access lying in its window. */
static enum trap_outcome handler(struct vcpu *v, void *device, uint64_t offset,
                                 struct mmio_access *access)
{
    /*@ assert own: v == &vcpu && device == &part.vgic; */
    /*@ assert inside: offset <= window_size - access->size; */
    return TRAP_SKIP;
}

/* Not even sorted: what follows holds of every table, so of those that mmio_add() makes. */
static void any_windows(uint32_t count)
{
    part.mmio.count = count;
    for (uint32_t i = 0; i < count; i++) {
        part.mmio.window[i] =
            (struct mmio_window){eva_any(0, UINT64_MAX), window_size, handler, &part.vgic};
    }
}

static void access_any(uint8_t size)
{
    struct mmio_access access = {.ipa = ipa(eva_any(0, UINT64_MAX)), .size = size};
    enum trap_outcome outcome = mmio_handle(&vcpu, &access);

    /*@ assert answered: outcome == TRAP_SKIP || outcome == TRAP_ABORT; */
}

static void add_any(uint32_t before)
{
    enum status status =
        mmio_add(&part.mmio, eva_any(0, UINT64_MAX), window_size, handler, &part.vgic);

    /*@ split status; */
    /*@ assert counted: part.mmio.count == before + (status == OK ? 1 : 0); */
    /*@ assert room: before < MMIO_MAX_WINDOWS || status == E_NO_SPACE; */
    /*@ assert too_small: window_size >= MMIO_MAX_ACCESS || status != OK; */
    for (uint32_t i = 0; i < part.mmio.count; i++) {
        const struct mmio_window *w = &part.mmio.window[i];

        /*@ assert whole: w->size == window_size && w->handler == handler; */
        /*@ assert still_own: w->device == &part.vgic; */
    }
}

static void windows_of(uint64_t size)
{
    uint32_t count = (uint32_t)eva_any(0, MMIO_MAX_WINDOWS);

    /*@ split count; */
    window_size = size;
    any_windows(count);
    access_any(1);
    access_any(2);
    access_any(4);
    access_any(8);
    add_any(count);
}

int main(void)
{
    windows_of(MMIO_MAX_ACCESS - 1);
    windows_of(MMIO_MAX_ACCESS);
    windows_of(PAGE_SIZE);
    windows_of(UINT64_MAX);
    return 0;
}
