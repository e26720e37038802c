/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual GIC when guests are hostile: any access, any event, any order. */
#include "core/guest/gic_guest_test.h"

static uint64_t seed;

static uint32_t random32(void)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(seed >> 33);
}

static void random_access(void)
{
    static const uint64_t bases[] = {GICD, GICD, GICR, GICR2, GICD + 0x6000};
    static const uint32_t sizes[] = {0x1000, 0x10000, 0x40000, 0x60000, 0x400};
    uint32_t which = random32() % 5;
    uint8_t size = (uint8_t)(1u << random32() % 4);
    uint64_t offset = random32() % sizes[which];
    uint64_t value = (uint64_t)random32() << 32 | random32();

    if (which > 1 && which < 4 && random32() % 2 != 0) {
        offset = (offset & ~UINT64_C(0xffff)) | 0x10000 | random32() % 0x1000;
    }
    if (random32() % 3 != 0) {
        size = 4;
    }
    if (bases[which] >= GICR && model.version == 2) {
        return;
    }
    offset &= ~(uint64_t)(size - 1);
    (void)guest_access(random32() % CPUS, bases[which] + offset, size, random32() % 2 != 0, value);
}

static void random_event(void)
{
    static const uint32_t lines[] = {TIMER, TIMER_P, PMU, SPI_EDGE, SPI_LEVEL, SPI_FAR};
    uint32_t cpu = random32() % CPUS;
    uint32_t intid = lines[random32() % 6];

    switch (random32() % 8) {
    case 0:
        line(cpu, intid, true);
        break;
    case 1:
        line(cpu, intid, false);
        break;
    case 2:
        send(cpu, random32() % CPUS, random32() % 16);
        break;
    case 3:
        host_cpu_become(&cpus[cpu]);
        vgic_set_level(part, SPI_CONSOLE, random32() % 2 != 0);
        settle();
        break;
    case 4:
        if (model.depth[cpu] < 30) {
            (void)take(cpu);
        }
        break;
    case 5:
        end(cpu, random32() % 4 != 0 ? random32() % 16 : intid);
        break;
    case 6:
        if (random32() % 50 == 0) {
            cpu_off(cpu);
            cpu_on(cpu);
        }
        break;
    default:
        random_access();
        break;
    }
}

/* Nothing is lost: what is enabled and pending is delivered once nothing else stands in its way. */
static void check_delivery(void)
{
    for (uint32_t intid = 16; intid < INTIDS; intid++) {
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            line(cpu, intid, false);
        }
    }
    host_cpu_become(&cpus[0]);
    vgic_set_level(part, SPI_CONSOLE, false);
    settle();
    wr(0, GICD, 3);
    for (uint32_t spi = 32; spi < INTIDS; spi++) {
        route(0, spi, 0);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        for (uint32_t first = 0; first < INTIDS; first += 32) {
            wr(cpu, frame(cpu, first) + ICACTIVER + first / 8, UINT32_MAX);
        }
        model.depth[cpu] = 0;
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        for (uint32_t i = 0; i < 200 && take_and_end(cpu) != SPURIOUS; i++) {
        }
        assert_int_equal(model.why[cpu], 0);
        for (uint32_t first = 0; first < INTIDS; first += 32) {
            uint64_t at = frame(cpu, first) + first / 8;

            assert_int_equal(rd(cpu, at + ISPENDR) & rd(cpu, at + ISENABLER), 0);
        }
    }
}

/* Whatever a guest does: the model's checks hold, all comes to an end, and a reset heals. */
static void test_random(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        seed = round;
        model_start(round % 2 == 0 ? 3 : 2);
        model.lrs = round % 4 < 2 ? 4 : 2;
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            cpu_off(cpu);
            cpu_on(cpu);
        }
        for (uint32_t i = 0; i < 5000; i++) {
            random_event();
        }
        check_delivery();
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            cpu_off(cpu);
        }
        vgic_stop(part);
        for (uint32_t spi = 32; spi < INTIDS; spi++) {
            assert_false(model.spi[spi].enabled || model.spi[spi].active);
        }
        for (uint32_t i = 0; i < CPUS * 32; i++) {
            assert_false(model.private[i / 32][i % 32].active);
        }
    }
}

/* Every offset and width of every window, all ones written: only what is granted is touched. */
static void test_every_offset(void **state)
{
    static const uint64_t windows[][2] = {{GICD, 0x10000}, {GICR, 0x40000}, {GICR2, 0x60000}};

    (void)state;
    for (uint32_t w = 0; w < 3; w++) {
        for (uint64_t offset = 0; offset < windows[w][1]; offset++) {
            for (uint8_t size = 1; size <= 8 && offset % size == 0; size = (uint8_t)(size * 2)) {
                uint64_t all = ~UINT64_C(0) >> (64 - 8 * size);

                (void)guest_access(0, windows[w][0] + offset, size, true, all);
                (void)guest_access(1, windows[w][0] + offset, size, false, 0);
            }
        }
    }
    for (uint32_t intid = 32; intid < INTIDS; intid++) {
        bool ours = intid == SPI_EDGE || intid == SPI_LEVEL || intid == SPI_FAR;

        assert_int_equal(get_bit(0, 0x80, intid), ours || intid == SPI_CONSOLE);
        assert_true(ours || intid == SPI_CONSOLE || rd(0, GICD + IPRIORITYR + (intid & ~3u)) == 0 ||
                    intid / 4 == SPI_EDGE / 4 || intid / 4 == SPI_FAR / 4 ||
                    intid / 4 == SPI_CONSOLE / 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_random, booted_v3),
        cmocka_unit_test_setup(test_every_offset, booted_v3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
