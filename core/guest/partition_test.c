/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of partition.c: what a partition finds in its memory and may reach, what a broken image
 * does to it, and its end.
 */
#include "core/guest/partition.h"

#include <libfdt.h>

#include "core/guest/gic_notes_test.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/memory/ram_test.h"
#include "core/plan/image.h"
#include "core/plan/testing.h"

#define ME      1u /* its index: not the first */
#define RTC     34u
#define CONSOLE 33u

/* Its memory: blocks and pages, and nowhere where it physically is. */
#define LOW_PA   (RAM_BASE + 0x200000)
#define LOW_IPA  UINT64_C(0x80000000)
#define LOW_SIZE UINT64_C(0x400000)
#define TOP_PA   (RAM_BASE + 0x7fd000)
#define TOP_IPA  UINT64_C(0xc0001000)
#define TOP_SIZE UINT64_C(0x5000)
#define USED     UINT64_C(0x900000) /* of the RAM, by somebody before */

#define KERNEL_IPA  (LOW_IPA + 0x80000)
#define TREE_IPA    (LOW_IPA + 0x300000)
#define TREE_ROOM   UINT64_C(0x8000)
#define RAMDISK_IPA (TOP_IPA + 0x123)

static struct tree board;
static struct plan_partition *const me = &test_plan.partitions[ME];
static struct partition *const part = &partitions[ME];

static uint8_t kernel[0x9001], ramdisk[0x701];

/* ---- instead of the library's ---- */

static uint8_t arena[64][PAGE_SIZE] __attribute__((aligned(0x10000)));
static uint8_t arena_poc[sizeof(arena)]; /* as at the point of coherency: what was cleaned */
static uint32_t arena_used, arena_limit;
static bool order_broken; /* something was done to memory before or after its time */
static uint64_t zeroed;
static uint32_t icache_invalidates, flushes, closed;

void *pool_take(uint32_t pages)
{
    if (arena_used + pages > arena_limit) {
        return NULL;
    }
    arena_used += pages;
    return memset(arena[arena_used - pages], 0, pages * PAGE_SIZE);
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)arena, sizeof(arena)};
}

struct cpu cpus[CONFIG_MAX_CPUS];

static bool is_mapped(uint64_t address)
{
    struct lpae_leaf leaf;

    return lpae_walk(&el2_table, address, &leaf);
}

static void clean(const void *p, uint64_t size)
{
    const struct range what = {(uint64_t)(uintptr_t)p, size};

    order_broken |= !is_mapped(what.base);
    ram_clean(p, size);
    if (range_holds(pool_range(), what)) {
        memcpy(arena_poc + (what.base - pool_range().base), p, size);
    }
}

/* Only what is mapped, and before anything else is put there. */
void arch_zero(void *p, uint64_t size)
{
    const uint8_t *byte = p;

    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        order_broken |= !is_mapped((uint64_t)(uintptr_t)p + at) || byte[at] != RAM_OLD;
    }
    memset(p, 0, size);
    zeroed += size;
}

void arch_icache_invalidate(void)
{
    icache_invalidates++;
    order_broken |= memcmp(ram_at(LOW_PA), ram_poc_at(LOW_PA), LOW_SIZE) != 0 ||
                    memcmp(ram_at(TOP_PA), ram_poc_at(TOP_PA), TOP_SIZE) != 0;
}

void console_flush(void)
{
    flushes++;
}

void console_stream_close(uint32_t index)
{
    closed |= 1u << index;
}

/* ---- a plan ---- */

static struct plan_device *grant(const char *path, int to, uint64_t base, uint64_t size)
{
    struct plan_device *device = &test_plan.devices[test_plan.device_count++];

    *device = (struct plan_device){.path = path, .partition = to, .mmio_count = 1};
    device->node = fdt_path_offset(board.data, path);
    assert_true(device->node > 0);
    device->mmio[0] = (struct range){base, size};
    return device;
}

static void make_plan(void)
{
    plan_board(board);
    assert_string_equal(log_text, "");
    test_plan.partition_count = 2;
    test_plan.partitions[0].name = "other";
    *me = (struct plan_partition){
        .name = "me",
        .cpus = {3, 1},
        .cpu_count = 2,
        .memory = {{LOW_IPA, LOW_SIZE}, {TOP_IPA, TOP_SIZE}},
        .memory_count = 2,
        .extent = {{LOW_IPA, LOW_PA, LOW_SIZE}, {TOP_IPA, TOP_PA, TOP_SIZE}},
        .extent_count = 2,
        .kernel = {.name = "code", .data = kernel, .size = sizeof(kernel), .load = KERNEL_IPA},
        .ramdisk = {.name = "disk", .data = ramdisk, .size = sizeof(ramdisk), .load = RAMDISK_IPA},
        .bootargs = "quiet",
        .entry = KERNEL_IPA + 0x40,
        .fdt_ipa = TREE_IPA,
        .fdt_room = TREE_ROOM,
    };
    me->kernel.load_size = me->kernel.size;
    me->ramdisk.load_size = me->ramdisk.size;
    grant("/rtc@9010000", ME, 0x9010000, 0x1000)->irq[0] = (struct plan_irq){RTC, false};
    test_plan.devices[0].irq_count = 1;
    grant("/gpio@9030000", 0, 0x9030000, 0x1000);
    grant("/near@9200000", ME, 0x9200f00, 0x200); /* over two pages */
}

static int start_over(void **state)
{
    (void)state;
    host_reset();
    ram_start(USED);
    host.clean = clean;
    memset(arena_poc, 0xee, sizeof(arena_poc));
    notes_start();
    memset(partitions, 0, sizeof(partitions));
    memset(cpus, 0, sizeof(cpus));
    for (uint32_t i = 0; i < CONFIG_MAX_CPUS; i++) {
        cpus[i].index = i;
    }
    arena_used = 0;
    arena_limit = sizeof(arena) / sizeof(arena[0]);
    order_broken = false;
    zeroed = icache_invalidates = flushes = closed = 0;
    for (uint32_t i = 0; i < sizeof(kernel); i++) {
        kernel[i] = (uint8_t)(i * 7 + i / 251 + 1);
    }
    memset(ramdisk, 0xd1, sizeof(ramdisk));
    make_plan();
    assert_int_equal(el2_map_init(48), OK);
    return 0;
}

static int compile_board(void **state)
{
    (void)state;
    board = tree_compile(BOARD);
    return 0;
}

static int free_board(void **state)
{
    (void)state;
    tree_free(board);
    return 0;
}

/* ---- build ---- */

/* As a walker has it that does not look into caches. */
static uint64_t entry_at(uint64_t table, uint64_t index)
{
    uint64_t entry;

    memcpy(&entry, arena_poc + (table - pool_range().base) + index * sizeof(entry), sizeof(entry));
    return entry;
}

/* The descriptor that ends the hardware's walk, by DDI 0487 D8.3 alone; 0: a fault. */
static uint64_t descriptor_at(const struct lpae *t, uint64_t ia, uint64_t *size)
{
    uint32_t level = t->start_level;
    uint64_t entry = entry_at(t->root.v, ia >> (39 - 9 * level)); /* concatenated: no mask */

    while ((entry & 3) == 3 && level < 3) {
        level++;
        entry = entry_at(entry & 0xfffffffff000, ia >> (39 - 9 * level) & 511);
    }
    *size = UINT64_C(1) << (39 - 9 * level);
    return (entry & 3) == (level == 3 ? 3 : 1) ? entry : 0;
}

static bool lies_in(uint64_t address, uint64_t base, uint64_t size)
{
    return address - base < size;
}

/* What of the board's or its own `ipa` shall be: its address, or UINT64_MAX. */
static uint64_t shall_be(uint64_t ipa, bool *device)
{
    *device = false;
    if (lies_in(ipa, LOW_IPA, LOW_SIZE)) {
        return ipa - LOW_IPA + LOW_PA;
    }
    if (lies_in(ipa, TOP_IPA, TOP_SIZE)) {
        return ipa - TOP_IPA + TOP_PA;
    }
    *device = true;
    if (lies_in(ipa, 0x8010000, 0x10000)) { /* GICC: GICV is there */
        return ipa - 0x8010000 + 0x8040000;
    }
    return lies_in(ipa, 0x9010000, 0x1000) || lies_in(ipa, 0x9200000, 0x2000) ? ipa : UINT64_MAX;
}

static void it_reaches_what_it_was_given_and_nothing_else(void **state)
{
    const uint64_t xn = UINT64_C(1) << 54;
    uint64_t size;
    bool device;

    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->stage2.ia_bits, 32);
    for (uint64_t ipa = 0; ipa < UINT64_C(1) << 32; ipa += PAGE_SIZE) {
        uint64_t entry = descriptor_at(&part->stage2, ipa, &size);
        uint64_t to = shall_be(ipa, &device);

        if (entry == 0 || to == UINT64_MAX) {
            assert_true(entry == 0 && to == UINT64_MAX);
            continue;
        }
        assert_int_equal((entry & 0xfffffffff000) + ipa % size, to);
        assert_int_equal(entry >> 2 & 0xf, device ? 1 : 0xf); /* MemAttr: Device-nGnRE, Normal WB */
        assert_int_equal(entry >> 6 & 3, 3);                  /* S2AP: read, write */
        assert_int_equal(entry >> 10 & 1, 1);                 /* AF */
        assert_int_equal(entry & xn, device ? xn : 0);
    }
    assert_int_not_equal(descriptor_at(&part->stage2, LOW_IPA, &size), 0);
    assert_int_equal(size, 0x200000); /* the largest that fits */
}

static void its_cpus_are_bound(void **state)
{
    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->index, ME);
    assert_ptr_equal(part->plan, me);
    for (uint32_t i = 0; i < 2; i++) {
        const struct vcpu *vcpu = &part->vcpu[i];

        assert_ptr_equal(vcpu->partition, part);
        assert_ptr_equal(vcpu->cpu, &cpus[me->cpus[i]]);
        assert_ptr_equal(vcpu->cpu->vcpu, vcpu);
        assert_int_equal(vcpu->index, i);
        assert_int_equal(vcpu->power, VCPU_OFF);
    }
    assert_null(cpus[0].vcpu);
    assert_null(cpus[2].vcpu);
}

static void its_console_is_emulated_where_it_has_one(void **state)
{
    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->mmio.count, 2);
    assert_int_equal(part->mmio.window[0].base, 0x8000000);
    assert_int_equal(part->mmio.window[1].base, 0x9000000);
    assert_int_equal(part->vuart.stream, ME);
    assert_int_equal(part->vgic.bank[1]->owned, 1u << (RTC - 32) | 1u << (CONSOLE - 32));
    memset(part, 0, sizeof(*part));
    me->console = PLAN_CONSOLE_NONE;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->mmio.count, 1);
    assert_int_equal(part->vgic.bank[1]->owned, 1u << (RTC - 32));
}

static void no_page_too_few_is_overlooked(void **state)
{
    uint32_t before = arena_used;
    uint32_t needed;

    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    needed = arena_used - before;
    assert_true(needed > 6 && needed < 20);
    for (uint32_t pages = 0; pages < needed; pages++) {
        memset(part, 0, sizeof(*part));
        arena_used = before;
        arena_limit = before + pages;
        assert_int_equal(partition_build(part, &test_plan), E_NO_SPACE);
    }
}

/* ---- load ---- */

static void build(void)
{
    assert_int_equal(partition_build(part, &test_plan), OK);
    log_clear();
}

/* Nothing of its RAM is left in EL2's map, and nothing of what it holds in a cache alone. */
static void assert_closed(void)
{
    for (uint64_t at = RAM_BASE; at < RAM_BASE + RAM_SIZE; at += PAGE_SIZE) {
        assert_false(is_mapped(at));
    }
    assert_false(order_broken);
    assert_memory_equal(ram_poc_at(RAM_BASE), ram_at(RAM_BASE), USED);
    assert_int_equal(icache_invalidates, 1);
}

/* Where `ipa` of its memory is; as a guest sees it. */
static const uint8_t *guest_at(uint64_t ipa)
{
    return ram_poc_at(ipa >= TOP_IPA ? ipa - TOP_IPA + TOP_PA : ipa - LOW_IPA + LOW_PA);
}

static void assert_zero(uint64_t ipa, uint64_t end)
{
    const uint8_t *byte = guest_at(ipa);

    for (uint64_t i = 0; i < end - ipa; i++) {
        if (byte[i] != 0) {
            fail_msg("0x%llx is 0x%x", (unsigned long long)(ipa + i), byte[i]);
        }
    }
}

/* Who is beside it keeps what was there. */
static void assert_others_untouched(void)
{
    const uint64_t beside[] = {LOW_PA - 1, LOW_PA + LOW_SIZE, TOP_PA - 1, TOP_PA + TOP_SIZE};

    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(*ram_at(beside[i]), RAM_OLD);
    }
}

static void it_finds_its_images_and_zeroes(void **state)
{
    const uint64_t ramdisk_end = RAMDISK_IPA + sizeof(ramdisk);
    const void *tree = guest_at(TREE_IPA);

    (void)state;
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_string_equal(log_text, "");
    assert_closed();
    assert_others_untouched();
    assert_int_equal(zeroed, LOW_SIZE + TOP_SIZE);
    assert_memory_equal(guest_at(KERNEL_IPA), kernel, sizeof(kernel));
    assert_memory_equal(guest_at(RAMDISK_IPA), ramdisk, sizeof(ramdisk));
    assert_int_equal(fdt_check_full(tree, TREE_ROOM), 0);
    assert_true(fdt_path_offset(tree, "/rtc@9010000") > 0);
    assert_true(fdt_path_offset(tree, "/gpio@9030000") < 0);
    assert_zero(LOW_IPA, KERNEL_IPA);
    assert_zero(KERNEL_IPA + sizeof(kernel), TREE_IPA);
    assert_zero(TREE_IPA + TREE_ROOM, LOW_IPA + LOW_SIZE);
    assert_zero(TOP_IPA, RAMDISK_IPA);
    assert_zero(ramdisk_end, TOP_IPA + TOP_SIZE);
}

static void a_partition_needs_no_ramdisk(void **state)
{
    (void)state;
    me->ramdisk = (struct plan_image){0};
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_zero(TOP_IPA, TOP_IPA + TOP_SIZE);
}

static void its_own_tree_is_filled_in(void **state)
{
    struct tree own = tree_compile("/ { #address-cells = <2>; #size-cells = <2>; mine; };");
    const void *tree = guest_at(TREE_IPA);
    const char *args;

    (void)state;
    me->fdt = (struct plan_image){.name = "own", .data = own.data, .size = own.size};
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_non_null(fdt_getprop(tree, 0, "mine", NULL));
    args = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", NULL);
    assert_string_equal(args, "quiet");
    tree_free(own);
}

/* Text that a gzip file makes shorter, and what `gzip` makes of it. */
static char text[0x18001];

static struct tree gzip_text(void)
{
    struct image_facts facts;
    const char *why;
    struct tree file;

    for (uint32_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] = (char)('a' + (i + i / 23 + i / 1021) % 26);
    }
    file = tree_command("gzip -9n > \"$out\"", text);
    assert_int_equal(image_probe(file.data, file.size, true, false, &facts, &why), OK);
    me->kernel.data = file.data;
    me->kernel.size = file.size;
    me->kernel.gzip = true;
    me->kernel.load_size = facts.memory_size;
    return file;
}

static void a_kernel_is_inflated(void **state)
{
    struct tree file = gzip_text();

    (void)state;
    assert_true(file.size < sizeof(text) / 2);
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_memory_equal(guest_at(KERNEL_IPA), text, sizeof(text) - 1);
    assert_zero(KERNEL_IPA + sizeof(text) - 1, TREE_IPA); /* the inflater's own is gone */
    tree_free(file);
}

static void put_le(uint8_t *at, uint32_t size, uint64_t v)
{
    for (uint32_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(v >> (8 * i));
    }
}

/* `kernel` as ELF64: a segment of 0x100 bytes, and 0x200 of .bss, at each of the addresses. */
static void make_elf(const uint64_t *address, uint32_t count)
{
    memset(kernel, 0, 0x400);
    memcpy(kernel, "\177ELF\2\1\1", 7);
    put_le(kernel + 16, 2, 2);
    put_le(kernel + 18, 2, 183);
    put_le(kernel + 24, 8, address[0]);
    put_le(kernel + 32, 8, 64);
    put_le(kernel + 54, 2, 56);
    put_le(kernel + 56, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *ph = kernel + 64 + i * 56;

        put_le(ph, 4, 1);
        put_le(ph + 8, 8, 0x1000 * (i + 1));
        put_le(ph + 16, 8, address[i]);
        put_le(ph + 24, 8, address[i]);
        put_le(ph + 32, 8, 0x100);
        put_le(ph + 40, 8, 0x300);
        put_le(ph + 48, 8, 1);
    }
    me->kernel_kind = PLAN_KERNEL_ELF64;
}

static void elf_segments_go_to_their_places(void **state)
{
    const uint64_t address[] = {LOW_IPA + 0x1000, LOW_IPA + 0x200400, TOP_IPA + 0x3000};

    (void)state;
    make_elf(address, 3);
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    for (uint32_t i = 0; i < 3; i++) {
        assert_memory_equal(guest_at(address[i]), kernel + 0x1000 * (i + 1), 0x100);
        assert_zero(address[i] + 0x100, address[i] + 0x300);
    }
    assert_zero(LOW_IPA, LOW_IPA + 0x1000);
    assert_zero(LOW_IPA + 0x1300, LOW_IPA + 0x200400);
}

/* ---- what goes wrong while it is loaded ---- */

static void assert_refused(const char *message)
{
    build();
    assert_int_not_equal(partition_load(part, &test_plan), OK);
    assert_string_equal(log_text, message);
    assert_closed();
    assert_others_untouched();
}

static void a_gzip_file_that_has_changed_is_refused(void **state)
{
    struct tree file = gzip_text();

    (void)state;
    ((uint8_t *)file.data)[file.size / 2] ^= 0x10;
    assert_refused(
        "bulkhead: error: me: image code: it is not one whole gzip file, or its checksum "
        "is wrong: not started\n");
    tree_free(file);
}

static void an_elf_segment_outside_is_refused(void **state)
{
    const uint64_t address[] = {LOW_IPA + 0x1000, LOW_IPA + LOW_SIZE - 0x200}; /* its .bss is */

    (void)state;
    make_elf(address, 2);
    assert_refused("bulkhead: error: me: image code: an ELF segment is outside the partition's "
                   "memory: not started\n");
}

static void an_image_over_the_end_is_refused(void **state)
{
    (void)state;
    me->ramdisk.load = TOP_IPA + TOP_SIZE - sizeof(ramdisk) + 1;
    assert_refused("bulkhead: error: me: image disk: it is outside the partition's memory: "
                   "not started\n");
}

static void an_image_in_a_hole_is_refused(void **state)
{
    (void)state;
    me->kernel.load = LOW_IPA - 1;
    assert_refused("bulkhead: error: me: image code: it is outside the partition's memory: "
                   "not started\n");
}

static void a_tree_without_room_is_refused(void **state)
{
    (void)state;
    me->fdt_room = 0x200;
    assert_refused("bulkhead: error: me: no device tree could be made in 512 bytes: "
                   "not started\n");
}

static void a_tree_that_is_none_is_refused(void **state)
{
    (void)state;
    me->fdt = (struct plan_image){.name = "own", .data = ramdisk, .size = sizeof(ramdisk)};
    assert_refused("bulkhead: error: me: no device tree could be made in 32768 bytes: "
                   "not started\n");
}

static void a_tree_over_the_end_is_refused(void **state)
{
    (void)state;
    me->fdt_ipa = LOW_IPA + LOW_SIZE - TREE_ROOM + 8;
    assert_refused("bulkhead: error: me: no device tree could be made in 32768 bytes: "
                   "not started\n");
}

/* Its second piece is, against all rules, EL2's already: that stays, the first is closed again. */
static void memory_that_cannot_be_mapped_is_left_alone(void **state)
{
    (void)state;
    build();
    assert_int_equal(el2_map((struct range){TOP_PA + PAGE_SIZE, PAGE_SIZE}, LPAE_RODATA), OK);
    assert_int_equal(partition_load(part, &test_plan), E_OVERLAP);
    assert_int_equal(zeroed, LOW_SIZE);
    assert_int_equal(*ram_at(TOP_PA), RAM_OLD);
    assert_true(is_mapped(TOP_PA + PAGE_SIZE));
    assert_int_equal(el2_unmap((struct range){TOP_PA + PAGE_SIZE, PAGE_SIZE}), OK);
    assert_closed();
}

/* ---- life and end ---- */

static void leave(void *partition)
{
    partition_leave(partition);
}

static void build_both(void)
{
    test_plan.partitions[0].cpus[0] = 2;
    test_plan.partitions[0].cpu_count = 1;
    assert_int_equal(partition_build(&partitions[0], &test_plan), OK);
    build();
    partition_start(&partitions[0]);
    partition_start(part);
}

static void it_starts_at_its_entry_with_its_tree(void **state)
{
    (void)state;
    build();
    part->state = PARTITION_ENDED;
    assert_false(partition_alive(part));
    partition_start(part);
    assert_true(partition_alive(part));
    assert_false(partition_alive(&partitions[ME + 1])); /* which there is not */
    assert_int_equal(part->vcpu[0].power, VCPU_ON_PENDING);
    assert_int_equal(part->vcpu[0].entry, KERNEL_IPA + 0x40);
    assert_int_equal(part->vcpu[0].context, TREE_IPA);
    assert_int_equal(part->vcpu[0].go, 1);
    assert_int_equal(part->vcpu[1].go, 0);
    assert_int_equal(part->vcpu[1].power, VCPU_OFF);
    assert_int_equal(part->running, 1);
    assert_int_equal(host_catch(leave, part), HOST_MACHINE_OFF);
}

static void its_end_is_told_once_and_to_all_its_cpus(void **state)
{
    (void)state;
    build_both();
    part->running = 2;
    partition_end(part, "why not");
    partition_end(part, "again");
    assert_string_equal(log_text, "bulkhead: me: ends: why not\n");
    assert_false(partition_alive(part));
    assert_true(notes.kicked[3] && notes.kicked[1]);
    assert_false(notes.kicked[2] || notes.kicked[0]);
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(part->state, PARTITION_ENDING);
    assert_int_equal(closed, 0);
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(part->state, PARTITION_ENDED);
    assert_string_equal(log_text, "bulkhead: me: ends: why not\nbulkhead: me: is off\n");
    assert_int_equal(closed, 1u << ME);
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
}

static void its_interrupts_end_with_it(void **state)
{
    (void)state;
    build_both();
    notes.enabled[RTC] = notes.pending[RTC] = notes.active[RTC] = true;
    notes.enabled[CONSOLE] = true; /* EL2's own */
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_false(notes.enabled[RTC] || notes.pending[RTC] || notes.active[RTC]);
    assert_true(notes.enabled[CONSOLE]);
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
}

static void the_last_one_turns_the_machine_off(void **state)
{
    (void)state;
    build_both();
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(flushes, 0);
    assert_true(partition_alive(&partitions[0]));
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
    assert_int_equal(flushes, 1); /* all of this is seen: */
    assert_string_equal(log_text, "bulkhead: me: ends: all its CPUs are off\n"
                                  "bulkhead: me: is off\n"
                                  "bulkhead: other: ends: all its CPUs are off\n"
                                  "bulkhead: other: is off\n"
                                  "bulkhead: all partitions are off: machine off\n");
}

#define TEST(name) cmocka_unit_test_setup(name, start_over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_reaches_what_it_was_given_and_nothing_else),
        TEST(its_cpus_are_bound),
        TEST(its_console_is_emulated_where_it_has_one),
        TEST(no_page_too_few_is_overlooked),
        TEST(it_finds_its_images_and_zeroes),
        TEST(a_partition_needs_no_ramdisk),
        TEST(its_own_tree_is_filled_in),
        TEST(a_kernel_is_inflated),
        TEST(elf_segments_go_to_their_places),
        TEST(a_gzip_file_that_has_changed_is_refused),
        TEST(an_elf_segment_outside_is_refused),
        TEST(an_image_over_the_end_is_refused),
        TEST(an_image_in_a_hole_is_refused),
        TEST(a_tree_without_room_is_refused),
        TEST(a_tree_that_is_none_is_refused),
        TEST(a_tree_over_the_end_is_refused),
        TEST(memory_that_cannot_be_mapped_is_left_alone),
        TEST(it_starts_at_its_entry_with_its_tree),
        TEST(its_end_is_told_once_and_to_all_its_cpus),
        TEST(its_interrupts_end_with_it),
        TEST(the_last_one_turns_the_machine_off),
    };

    return cmocka_run_group_tests(tests, compile_board, free_board);
}
