/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual ITS's command queue in hostile hands: its bounds, and a model beside it. */
#include "core/guest/vits_test.h"

#define QUEUE_SIZE (PAGES * PAGE_SIZE)

static void assert_silent(void)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take(cpu), SPURIOUS);
    }
}

/* Each names something that the guest has not. */
static const struct {
    uint64_t code, device, event, lpi, word2;
} not_its_own[] = {
    {MAPD, OTHERS, 4, 0, UINT64_C(1) << 63},
    {MAPD, SILENT, 4, 0, UINT64_C(1) << 63},
    {MAPD, 0xffffffff, 4, 0, UINT64_C(1) << 63},
    {MAPTI, OTHERS, 0, LPI_FIRST + 2, 0},
    {MAPTI, SECOND, 0, LPI_FIRST + 2, 0}, /* no MAPD */
    {MAPTI, OWN, 32, LPI_FIRST + 2, 0},
    {MAPTI, OWN, 0xffffffff, LPI_FIRST + 2, 0},
    {MAPTI, OWN, 5, LPI_FIRST + PLAN_LPIS, 0},
    {MAPTI, OWN, 5, LPI_FIRST - 1, 0},
    {MAPTI, OWN, 5, 0, 0},
    {MAPTI, OWN, 5, 27, 0},
    {MAPTI, OWN, 5, 0xffffffff, 0},
    {MAPTI, OWN, 5, LPI_FIRST + 2, CPUS},
    {MAPTI, OWN, 5, LPI_FIRST + 2, 0xffff},
    {MAPTI, OWN, 0, LPI_FIRST + 2, 0}, /* mapped already */
    {MAPI, OWN, 5, LPI_FIRST + 2, 0},
    {MAPC, 0, 0, 0, UINT64_C(1) << 63 | CPUS << 16},
    {MAPC, 0, 0, 0, UINT64_C(1) << 63 | UINT64_C(0x7ffffffff) << 16},
    {MAPC, 0, 0, 0, UINT64_C(1) << 63 | CPUS},
    {MAPC, 0, 0, 0, 0xffff},
    {MOVI, OWN, 0, 0, CPUS},
    {MOVI, OWN, 1, 0, 1},
    {MOVI, OTHERS, 0, 0, 1},
    {INT, OWN, 1, 0, 0},
    {INT, OWN, 32, 0, 0},
    {INT, OTHERS, 0, 0, 0},
    {INT, SECOND, 0, 0, 0},
    {CLEAR, OWN, 1, 0, 0},
    {CLEAR, OTHERS, 0, 0, 0},
    {DISCARD, OWN, 1, 0, 0},
    {DISCARD, OTHERS, 0, 0, 0},
    {INV, OWN, 1, 0, 0},
    {INV, OTHERS, 0, 0, 0},
    {INVALL, 0, 0, 0, CPUS},
    {INVALL, 0, 0, 0, 0xffff},
    {0, OWN, 0, LPI_FIRST, 0},
    {2, OWN, 0, LPI_FIRST, 0},
    {0xff, OWN, 0, LPI_FIRST, 0},
};

/* It changes nothing. */
static void test_what_is_not_its_own(void **state)
{
    struct vits before;
    uint8_t mapped[sizeof(events)], counts[sizeof(event_count)];

    (void)state;
    map(0, LPI_FIRST, 0);
    *config_of(LPI_FIRST) = 0; /* who looks at it again would see */
    for (uint32_t i = 0; i < ARRAY_SIZE(not_its_own); i++) {
        before = part->vits;
        memcpy(mapped, events, sizeof(mapped));
        memcpy(counts, event_count, sizeof(counts));
        command(not_its_own[i].code, not_its_own[i].device, not_its_own[i].event,
                not_its_own[i].lpi, not_its_own[i].word2);
        before.creadr = before.cwriter = written;
        assert_memory_equal(&part->vits, &before, sizeof(before));
        assert_memory_equal(events, mapped, sizeof(mapped));
        assert_memory_equal(event_count, counts, sizeof(counts));
        assert_silent();
    }
    send_message(0, 0);
    assert_int_equal(take_and_end(0), LPI_FIRST);
}

/* So many at an access, and so many looks at its memory; on at each read of GITS_CREADR. */
static void test_bounded_at_each_access(void **state)
{
    uint64_t at = written;

    (void)state;
    for (uint32_t i = 0; i < 3 * VITS_BATCH; i++) {
        put(SYNC, 0, 0, 0, 0);
    }
    reads = 0;
    wr64(0, ITS + 0x88, written);
    assert_int_equal(part->vits.creadr, at + VITS_BATCH * 32);
    assert_int_equal(reads, 2);
    assert_int_equal(rd64(1, ITS + 0x90), at + VITS_BATCH * 64);
    assert_int_equal(reads, 4);
    assert_int_equal(rd(2, ITS + 0x90), written);
    assert_int_equal(reads, 6);
    assert_int_equal(rd64(0, ITS + 0x90), written);
    assert_int_equal(reads, 6); /* nothing to do, nothing looked at */
}

/* Round and round, each command with the writer as far ahead as it gets. */
static void test_it_wraps(void **state)
{
    (void)state;
    map(0, LPI_FIRST, 0);
    for (uint32_t i = 0; i < 5 * QUEUE_SIZE / 32; i++) {
        command(INT, OWN, 0, 0, 0);
        assert_int_equal(take_and_end(0), LPI_FIRST);
    }
}

/* A writer that is never reached: only what the guest's own accesses ask for. */
static void test_it_never_ends(void **state)
{
    uint64_t before;

    (void)state;
    map(0, LPI_FIRST, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        before = part->vits.creadr;
        reads = 0;
        wr64(0, ITS + 0x88, (before + QUEUE_SIZE - 32) % QUEUE_SIZE);
        assert_true((part->vits.creadr + QUEUE_SIZE - before) % QUEUE_SIZE <= VITS_BATCH * 32);
        assert_true(reads <= 2);
    }
}

static void test_a_writer_outside(void **state)
{
    (void)state;
    wr64(0, ITS + 0x88, QUEUE_SIZE);
    wr64(0, ITS + 0x88, 0xfffe0);
    assert_int_equal(rd64(0, ITS + 0x88), written);
    assert_int_equal(rd64(0, ITS + 0x90), written);
    wr64(0, ITS + 0x88, UINT64_MAX << 20 | 0x1f | written); /* bits that are none of it */
    assert_int_equal(rd64(0, ITS + 0x88), written);
}

/* Nothing but its own RAM is read; what is elsewhere is zeros, and done with. */
static void test_tables_outside(void **state)
{
    static const uint64_t bases[] = {0,
                                     RAM - PAGE_SIZE,
                                     RAM + sizeof(ram),
                                     UINT64_C(0xffffffff) << 12,
                                     ITS,
                                     RAM + sizeof(ram) - PAGE_SIZE};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(bases); i++) {
        wr(0, ITS, 0);
        wr64(0, ITS + 0x80, valid(bases[i] | (PAGES - 1)));
        wr(0, ITS, 1);
        for (uint32_t n = 0; n < 2; n++) {
            written = (n == 0) * (QUEUE_SIZE - 32);
            tell();
        }
    }
    wr(0, ITS, 0);
    wr64(0, ITS + 0x80, QUEUE); /* not valid */
    wr(0, ITS, 1);
    reads = 0;
    wr64(0, ITS + 0x88, 32);
    assert_int_equal(rd64(0, ITS + 0x90), 0);
    assert_int_equal(reads, 0);
}

static void test_a_table_of_lpis_outside(void **state)
{
    static const uint64_t bases[] = {RAM + sizeof(ram) + 13, UINT64_C(0xffffffff) << 12 | 13,
                                     CONFIG | 12}; /* too small */

    for (uint32_t i = 0; i < ARRAY_SIZE(bases); i++) {
        (void)fresh_its(state);
        wr64(0, rd_base(0) + 0x70, bases[i]);
        wr(0, rd_base(0), 1);
        wr64(0, ITS + 0x80, valid(QUEUE | (PAGES - 1)));
        wr(0, ITS, 1);
        command(MAPC, 0, 0, 0, valid(0));
        command(MAPD, OWN, 4, 0, valid(0));
        map(0, LPI_FIRST, 0);
        send_message(0, 0);
        assert_silent();
    }
}

/* ---- random commands beside a model ---- */

static struct {
    uint32_t lpi[4][PLAN_EVENTS]; /* of functions; 0: not mapped */
    uint32_t count[4];
    int target[CPUS];          /* of collections; -1 */
    int collection[PLAN_LPIS]; /* of LPIs; -1 */
    uint8_t config[PLAN_LPIS];
    bool pending[PLAN_LPIS];
} m;

static void m_unmap(uint32_t function, uint64_t event)
{
    const uint32_t lpi = m.lpi[function][event] - LPI_FIRST;

    m.lpi[function][event] = 0;
    m.collection[lpi] = -1;
    m.pending[lpi] = false;
}

static void m_command(uint64_t code, uint64_t device, uint64_t event, uint64_t lpi, uint64_t word2)
{
    const int function = device == OWN ? 0 : device == SECOND ? 2 : -1;
    const uint64_t collection = word2 & 0xffff;
    const bool mapped = function >= 0 && event < m.count[function] && m.lpi[function][event] != 0;
    const uint32_t at = mapped ? m.lpi[function][event] - LPI_FIRST : 0;

    if (code == MAPD && function >= 0) {
        for (uint32_t n = 0; n < PLAN_EVENTS; n++) {
            if (m.lpi[function][n] != 0) {
                m_unmap((uint32_t)function, n);
            }
        }
        m.count[function] = word2 >> 63 == 0 ? 0 : (event & 31) >= 4 ? 32 : 2u << (event & 31);
    } else if (code == MAPC && collection < CPUS) {
        if (word2 >> 63 == 0) {
            m.target[collection] = -1;
        } else if ((word2 >> 16 & 0x7ffffffff) < CPUS) {
            m.target[collection] = (int)(word2 >> 16 & 3);
        }
    } else if (code == MAPTI && function >= 0 && event < m.count[function] && !mapped &&
               collection < CPUS && lpi - LPI_FIRST < PLAN_LPIS) {
        m.lpi[function][event] = (uint32_t)lpi;
        m.collection[lpi - LPI_FIRST] = (int)collection;
        m.config[lpi - LPI_FIRST] = *config_of((uint32_t)lpi);
    } else if (code == MOVI && mapped && collection < CPUS) {
        m.collection[at] = (int)collection;
    } else if (code == INT && mapped) {
        m.pending[at] = true;
    } else if (code == CLEAR && mapped) {
        m.pending[at] = false;
    } else if (code == DISCARD && mapped) {
        m_unmap((uint32_t)function, event);
    } else if (code == INV && mapped) {
        m.config[at] = *config_of(LPI_FIRST + at);
    } else if (code == INVALL && collection < CPUS) {
        for (uint32_t n = 0; n < PLAN_LPIS; n++) {
            if (m.collection[n] == (int)collection) {
                m.config[n] = *config_of(LPI_FIRST + n);
            }
        }
    }
}

/* The guest takes all that it is given: so much as the model says, and where. */
static void compare(void)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        bool want[PLAN_LPIS], got[PLAN_LPIS] = {false};
        uint32_t lpi;

        for (uint32_t n = 0; n < PLAN_LPIS; n++) {
            want[n] = m.pending[n] && (m.config[n] & 1) != 0 && m.collection[n] >= 0 &&
                      m.target[m.collection[n]] == (int)cpu;
        }
        while ((lpi = take_and_end(cpu)) != SPURIOUS) {
            assert_true(lpi >= LPI_FIRST && lpi < LPI_FIRST + PLAN_LPIS);
            got[lpi - LPI_FIRST] = true;
            m.pending[lpi - LPI_FIRST] = false;
        }
        assert_memory_equal(got, want, sizeof(want));
    }
}

static uint64_t random_of(uint64_t *seed, uint64_t limit)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (*seed >> 33) % limit;
}

static void test_random_commands(void **state)
{
    static const uint64_t devices[] = {OWN, OWN, SECOND, SECOND, OTHERS, SILENT, 0};
    uint64_t seed = 20261126;

    (void)state;
    memset(&m, 0, sizeof(m));
    memset(m.collection, 0xff, sizeof(m.collection));
    m.count[0] = 32;
    for (int cpu = 0; cpu < (int)CPUS; cpu++) {
        m.target[cpu] = cpu;
    }
    for (uint32_t i = 0; i < 60000; i++) {
        uint64_t code = random_of(&seed, 17);
        uint64_t device = devices[random_of(&seed, ARRAY_SIZE(devices))];
        uint64_t event = random_of(&seed, random_of(&seed, 2) == 0 ? 8 : 40);
        uint64_t lpi = LPI_FIRST - 2 + random_of(&seed, PLAN_LPIS + 4);
        uint64_t word2 = random_of(&seed, CPUS + 1) << 16 | random_of(&seed, CPUS + 1);

        code = random_of(&seed, 4) == 0 ? MAPTI : code;
        if (code == MAPTI && lpi - LPI_FIRST < PLAN_LPIS && m.collection[lpi - LPI_FIRST] >= 0) {
            continue; /* two events to one LPI: UNPREDICTABLE, and test_nonsense's */
        }
        word2 |= random_of(&seed, 4) != 0 ? UINT64_C(1) << 63 : 0;
        *config_of((uint32_t)(LPI_FIRST + random_of(&seed, PLAN_LPIS))) =
            (uint8_t)random_of(&seed, 256);
        model.active_lpis = i % 2 == 0;
        m_command(code, device, event, lpi, word2);
        command(code, device, event, lpi, word2);
        if (random_of(&seed, 3) == 0) {
            uint32_t function = (uint32_t)random_of(&seed, 3);
            uint32_t message_event = (uint32_t)random_of(&seed, PLAN_EVENTS);

            if (m.lpi[function][message_event] != 0) {
                m.pending[m.lpi[function][message_event] - LPI_FIRST] = true;
            }
            send_message(function, message_event);
        }
        compare();
    }
}

/* Any bits, at any offsets, by any vCPU: it goes on, and afterwards it works. */
static void test_nonsense(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (uint32_t i = 0; i < 30000; i++) {
        uint64_t *word = (uint64_t *)(uintptr_t)ram + random_of(&seed, sizeof(ram) / 8);
        uint32_t cpu = (uint32_t)random_of(&seed, CPUS);

        *word = seed ^ random_of(&seed, UINT32_MAX);
        if (random_of(&seed, 2) == 0) {
            *word = random_of(&seed, 16) | (uint64_t)(seed & 64 ? OWN : SECOND) << 32;
        }
        switch (random_of(&seed, 5)) {
        case 0:
            wr64(cpu, ITS + random_of(&seed, 0x13) * 8, seed);
            break;
        case 1:
            wr64(cpu, ITS + 0x88, random_of(&seed, QUEUE_SIZE / 32) * 32);
            break;
        case 2:
            (void)rd64(cpu, ITS + random_of(&seed, 0x4000) * 8);
            break;
        case 3:
            send_message((uint32_t)random_of(&seed, 4), (uint32_t)random_of(&seed, PLAN_EVENTS));
            break;
        default:
            wr64(cpu, rd_base(cpu) + random_of(&seed, 0x10) * 8, seed);
            (void)take_and_end(cpu);
            break;
        }
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        while (take_and_end(cpu) != SPURIOUS) {
        }
    }
    wr(0, ITS, 0);
    wr64(0, ITS + 0x80, valid(QUEUE | (PAGES - 1)));
    wr(0, ITS, 1);
    written = 0;
    command(MAPC, 0, 0, 0, valid(1 << 16 | 1));
    command(MAPD, SECOND, 0, 0, 0);
    command(MAPD, OWN, 4, 0, valid(0));
    map(9, LPI_FIRST + 3, 1);
    send_message(0, 9);
    assert_int_equal(take_and_end(1), LPI_FIRST + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_not_its_own, booted_its),
        cmocka_unit_test_setup(test_bounded_at_each_access, booted_its),
        cmocka_unit_test_setup(test_it_wraps, booted_its),
        cmocka_unit_test_setup(test_it_never_ends, booted_its),
        cmocka_unit_test_setup(test_a_writer_outside, booted_its),
        cmocka_unit_test_setup(test_tables_outside, booted_its),
        cmocka_unit_test_setup(test_a_table_of_lpis_outside, booted_its),
        cmocka_unit_test_setup(test_random_commands, booted_its),
        cmocka_unit_test_setup(test_nonsense, booted_its),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
