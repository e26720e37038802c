/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the emulated PL011 register by register, through its window. */
#include "core/guest/vuart_model_test.h"

/* ---- registers ---- */

static void test_as_firmware_left_it(void **state)
{
    static const uint8_t id[8] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    (void)state;
    assert_int_equal(rd(UARTCR), 0x301);
    assert_int_equal(rd(UARTLCR_H), 0x70);
    assert_int_equal(rd(UARTIBRD), 13);
    assert_int_equal(rd(UARTFBRD), 1);
    assert_int_equal(rd(UARTIFLS), 0x12);
    assert_int_equal(rd(UARTIMSC) | rd(UARTRIS) | rd(UARTMIS) | rd(UARTDMACR) | rd(UARTRSR), 0);
    assert_int_equal(rd(UARTFR), 0x97); /* both FIFOs empty, modem lines ready */
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(rd(UARTPeriphID0 + 4 * i), id[i]);
        assert_int_equal(read_sized(UARTPeriphID0 + 4 * i, 1), id[i]);
    }
    assert_false(line);
}

/* Any offset, any width, any value: only eight bytes are refused, nothing breaks. */
static void test_hostile_accesses(void **state)
{
    static const uint64_t values[] = {0,      1,          0xff,       0x7ff,
                                      0xffff, 0x55555555, 0xaaaaaaaa, UINT32_MAX};

    (void)state;
    for (uint32_t offset = 0; offset < 0x1000; offset++) {
        for (uint8_t size = 1; size <= 8; size = (uint8_t)(size * 2)) {
            for (size_t v = 0; offset % size == 0 && v < ARRAY_SIZE(values); v++) {
                uint64_t mask = UINT64_MAX >> (64 - 8 * size);
                struct mmio_access access = {
                    .ipa = {BASE + offset}, .size = size, .write = true, .value = values[v] & mask};

                assert_int_equal(mmio_handle(&vcpu, &access), size == 8 ? TRAP_ABORT : TRAP_SKIP);
                access.write = false;
                assert_int_equal(mmio_handle(&vcpu, &access), size == 8 ? TRAP_ABORT : TRAP_SKIP);
                assert_true(size == 8 || (access.value & ~mask) == 0);
            }
        }
        settle();
    }
    assert_int_equal(rd(UARTPeriphID0), 0x11);
}

static void test_fields_and_widths(void **state)
{
    static const struct {
        uint16_t offset;
        uint32_t bits;
    } regs[] = {{UARTILPR, 0xff}, {UARTIBRD, 0xffff}, {UARTFBRD, 0x3f},  {UARTLCR_H, 0xff},
                {UARTCR, 0xff87}, {UARTIFLS, 0x3f},   {UARTIMSC, 0x7ff}, {UARTDMACR, 7}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
        uint16_t at = regs[i].offset;

        wr(at, UINT32_MAX);
        assert_int_equal(rd(at), regs[i].bits);
        assert_int_equal(read_sized(at, 2), regs[i].bits);
        assert_int_equal(read_sized(at, 1), regs[i].bits & 0xff);
        assert_int_equal(read_sized(at + 1u, 1), regs[i].bits >> 8);
        assert_int_equal(read_sized(at + 2u, 2), 0);
        write_sized(at + 1u, 1, 0);
        write_sized(at + 2u, 2, 0);
        assert_int_equal(rd(at), regs[i].bits);
        write_sized(at, 1, 0);
        assert_int_equal(rd(at), 0);
        write_sized(at, 2, 0xffff);
        assert_int_equal(rd(at), regs[i].bits & 0xffff);
    }
}

static void test_read_only(void **state)
{
    (void)state;
    wr(UARTFR, UINT32_MAX);
    wr(UARTRIS, UINT32_MAX);
    wr(UARTMIS, UINT32_MAX);
    assert_int_equal(rd(UARTFR), 0x97);
    assert_int_equal(rd(UARTRIS) | rd(UARTMIS), 0);
    assert_int_equal(rd(0x00c) | rd(0x01c) | rd(0x04c) | rd(0x080) | rd(0xfdc) | rd(UARTICR), 0);
}

/* ---- transmitting ---- */

/* U-Boot, earlycon: look at TXFF, write; at the end wait for BUSY. */
static void polled_put(uint8_t byte)
{
    for (uint32_t i = 0; (rd(UARTFR) & UARTFR_TXFF) != 0; i++) {
        assert_true(i < 100);
        settle();
    }
    write_sized(UARTDR, byte % 2 == 0 ? 1 : 4, byte);
}

static void test_polled_output(void **state)
{
    (void)state;
    for (const char *c = "=> "; *c != '\0'; c++) {
        polled_put((uint8_t)*c);
    }
    for (uint32_t i = 0; (rd(UARTFR) & UARTFR_BUSY) != 0; i++) {
        assert_true(i < 100);
    }
    assert_string_equal(uart.text, "=> ");
}

/* A polling driver's prompt is shown though its line has no end, also out of focus. */
static void test_prompt_is_shown_tagged(void **state)
{
    (void)state;
    type("\x1d"
         "0");
    uart.length = 0;
    polled_put('=');
    polled_put('>');
    assert_int_equal(uart.length, 0);
    assert_int_equal(rd(UARTFR) & UARTFR_BUSY, UARTFR_BUSY);
    assert_int_equal(rd(UARTFR) & UARTFR_BUSY, UARTFR_BUSY);
    assert_int_equal(rd(UARTFR) & (UARTFR_BUSY | UARTFR_TXFE), UARTFR_TXFE);
    assert_string_equal(uart.text, "[guest] =>");
    /* The same where an interrupt-driven one masks its interrupt, as it may be already. */
    for (uint32_t before = 0; before <= TX; before += TX) {
        polled_put('\n');
        wr(UARTIMSC, before);
        uart.length = 0;
        polled_put('#');
        assert_int_equal(uart.length, 0);
        wr(UARTIMSC, 0);
        assert_string_equal(uart.text, "[guest] #");
    }
}

static void test_full_fifo(void **state)
{
    uint32_t room = 0;
    uint64_t waits;

    (void)state;
    uart.blocked = true;
    wr(UARTIMSC, TX);
    while ((rd(UARTFR) & UARTFR_TXFF) == 0) {
        assert_true(room++ < 100000);
        wr(UARTDR, 'x');
    }
    assert_int_equal(room, CONFIG_CONSOLE_RING);
    assert_int_equal(rd(UARTFR) & (UARTFR_TXFE | UARTFR_BUSY), UARTFR_BUSY);
    assert_int_equal(rd(UARTRIS) & TX, 0);
    assert_false(line);
    waits = host.waits;
    wr(UARTDR, 'y'); /* overrun: lost, as on the real one, and EL2 does not wait for room */
    assert_int_equal(host.waits, waits);
    uart.blocked = false;
    uart.tx_raised = true;
    settle();
    assert_true(line);
    assert_int_equal(rd(UARTMIS), TX);
    assert_int_equal(rd(UARTFR) & (UARTFR_TXFE | UARTFR_TXFF | UARTFR_BUSY), UARTFR_TXFE);
    assert_int_equal(uart.length, room);
    wr(UARTICR, TX);
    assert_false(line);
}

static void test_disabled_transmitter(void **state)
{
    (void)state;
    wr(UARTCR, UARTCR_TXE | UARTCR_RXE);
    wr(UARTDR, 'x');
    wr(UARTCR, UARTCR_UARTEN | UARTCR_RXE);
    wr(UARTDR, 'y');
    assert_int_equal(uart.length, 0);
    assert_int_equal(rd(UARTRIS), 0);
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE);
    wr(UARTDR, 'z');
    assert_string_equal(uart.text, "z");
    assert_int_equal(rd(UARTRIS), TX);
}

/* ---- receiving ---- */

static void test_polled_input(void **state)
{
    (void)state;
    assert_int_equal(rd(UARTDR), 0);
    type("ab");
    assert_int_equal(rd(UARTFR) & (UARTFR_RXFE | UARTFR_RXFF), 0);
    assert_int_equal(read_sized(UARTDR, 1), 'a');
    assert_int_equal(rd(UARTDR), 'b');
    assert_int_equal(rd(UARTFR) & UARTFR_RXFE, UARTFR_RXFE);
    assert_false(line);
}

static void test_receive_interrupts(void **state)
{
    (void)state;
    wr(UARTIMSC, RX | RT);
    type("a");
    assert_int_equal(rd(UARTMIS), RT); /* fewer than the trigger: its timeout is over at once */
    assert_true(line);
    type("bcdefghijklmno");
    assert_int_equal(rd(UARTRIS), RT);
    type("p");
    assert_int_equal(rd(UARTRIS), RX | RT);
    assert_int_equal(rd(UARTDR), 'a');
    assert_int_equal(rd(UARTRIS), RT);
    for (int c = 'b'; c < 'p'; c++) {
        assert_int_equal(rd(UARTDR), c);
        assert_true(line);
    }
    assert_int_equal(rd(UARTDR), 'p');
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
}

static void test_triggers(void **state)
{
    static const uint8_t fifo_on[8] = {4, 8, 16, 24, 28, 28, 28, 28};

    (void)state;
    for (uint32_t ifls = 0; ifls < 8; ifls++) {
        for (uint32_t fen = 0; fen < 2; fen++) {
            uint32_t trigger = fen == 0 ? 1 : fifo_on[ifls];

            wr(UARTIFLS, ifls << 3);
            wr(UARTLCR_H, fen == 0 ? 0x60 : 0x70);
            for (uint32_t i = 0; i < 32; i++) {
                assert_int_equal((rd(UARTRIS) & RX) != 0, i >= trigger);
                assert_int_equal((rd(UARTFR) & UARTFR_RXFF) != 0, fen == 0 && i > 0);
                type("x");
            }
            assert_int_equal(rd(UARTFR) & UARTFR_RXFF, UARTFR_RXFF);
            for (uint32_t i = 0; i < 32; i++) {
                assert_int_equal(rd(UARTDR), 'x');
            }
            assert_int_equal(rd(UARTRIS), 0);
        }
    }
}

static void test_interrupt_clear(void **state)
{
    (void)state;
    wr(UARTIMSC, RX | RT | TX);
    type("abc");
    wr(UARTDR, 'x');
    assert_int_equal(rd(UARTRIS), RT | TX);
    wr(UARTICR, TX);
    assert_int_equal(rd(UARTRIS), RT);
    wr(UARTICR, RT);
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
    /* It comes back with what is left, or with the next byte. */
    assert_int_equal(rd(UARTDR), 'a');
    assert_int_equal(rd(UARTRIS), RT);
    assert_true(line);
    wr(UARTICR, UINT32_MAX);
    assert_false(line);
    type("d");
    assert_true(line);
}

static void test_disabled_receiver(void **state)
{
    (void)state;
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE);
    wr(UARTIMSC, RX | RT);
    type("abc");
    assert_int_equal(rd(UARTFR) & UARTFR_RXFE, UARTFR_RXFE);
    assert_int_equal(rd(UARTDR), 0);
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
    assert_true(line);
    assert_int_equal(rd(UARTDR), 'a');
}

/* Switching the FIFOs off and on, as Linux does when it opens the port, loses nothing. */
static void test_fifos_off_and_on(void **state)
{
    (void)state;
    type("abc");
    wr(UARTLCR_H, 0x60);
    assert_int_equal(rd(UARTDR), 'a');
    wr(UARTLCR_H, 0x70);
    assert_int_equal(rd(UARTDR), 'b');
    assert_int_equal(rd(UARTDR), 'c');
}

/* The line is told only when it changes. */
static void test_line_changes(void **state)
{
    uint32_t before = line_changes;

    (void)state;
    wr(UARTIMSC, RX | RT);
    type("abcdef");
    assert_int_equal(line_changes, before + 1);
    while ((rd(UARTFR) & UARTFR_RXFE) == 0) {
        (void)rd(UARTDR);
    }
    assert_int_equal(line_changes, before + 2);
    type("x");
    wr(UARTIMSC, 0);
    wr(UARTIMSC, RX | RT);
    assert_int_equal(line_changes, before + 5);
}

/* A megabyte pasted to a driver that reads at most a few bytes per interrupt, and seldom. */
static void test_megabyte_of_input(void **state)
{
    uint32_t sent = 0;
    uint32_t taken = 0;
    uint32_t waits = 0;

    (void)state;
    wr(UARTIMSC, RX | RT);
    for (uint32_t round = 0; taken < MEGABYTE; round++) {
        assert_true(round < 100 * MEGABYTE);
        while (sent < MEGABYTE && sender_sends((uint8_t)((sent * 2654435761u >> 24) | 0x20))) {
            sent++;
        }
        if (uart.rx_on && uart.rx_count > 0) {
            interrupt();
        }
        waits += !uart.rx_on;
        for (uint32_t i = 0; line && i < round % 16; i++) {
            if ((rd(UARTFR) & UARTFR_RXFE) != 0) {
                break;
            }
            assert_int_equal(rd(UARTDR), (uint8_t)((taken * 2654435761u >> 24) | 0x20));
            taken++;
        }
    }
    assert_true(waits > 1000);
    assert_false(line);
}

/* ---- making it ---- */

static void test_init_reports(void **state)
{
    (void)state;
    assert_int_equal(vuart_init(part, &plan_used), E_OVERLAP);
    memset(part, 0, sizeof(*part));
    part->plan = &plan_part;
    plan_used.board.console.clock = 0;
    assert_int_equal(vuart_init(part, &plan_used), OK);
    assert_int_equal(part->vuart.ibrd, 13);
    memset(part, 0, sizeof(*part));
    part->plan = &plan_part;
    plan_used.board.console.clock = UINT64_MAX;
    assert_int_equal(vuart_init(part, &plan_used), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_as_firmware_left_it, set_up),
        cmocka_unit_test_setup(test_hostile_accesses, set_up),
        cmocka_unit_test_setup(test_fields_and_widths, set_up),
        cmocka_unit_test_setup(test_read_only, set_up),
        cmocka_unit_test_setup(test_polled_output, set_up),
        cmocka_unit_test_setup(test_prompt_is_shown_tagged, set_up),
        cmocka_unit_test_setup(test_full_fifo, set_up),
        cmocka_unit_test_setup(test_disabled_transmitter, set_up),
        cmocka_unit_test_setup(test_polled_input, set_up),
        cmocka_unit_test_setup(test_receive_interrupts, set_up),
        cmocka_unit_test_setup(test_triggers, set_up),
        cmocka_unit_test_setup(test_interrupt_clear, set_up),
        cmocka_unit_test_setup(test_disabled_receiver, set_up),
        cmocka_unit_test_setup(test_fifos_off_and_on, set_up),
        cmocka_unit_test_setup(test_line_changes, set_up),
        cmocka_unit_test_setup(test_megabyte_of_input, set_up),
        cmocka_unit_test_setup(test_init_reports, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
