/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three guests' emulated UARTs on one real console: any accesses, any pauses of the UART, keys.
 * Each guest writes letters of its own, in order: all that was taken comes out once and in order,
 * whoever else writes; what is typed reaches the guest in focus, and nobody else; the interrupt
 * line is what the registers say.
 */
#include <stdbool.h>
#include <string.h>

#include <arch/host.h>

/* The console itself: its state is set back between inputs. */
#include "core/base/console.c"       /* NOLINT */
#include "core/base/console_input.c" /* NOLINT */

#include "bytes.h"
#include "core/base/pl011.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/memory/pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GUESTS 3u
#define BASE   0x9000000u
#define CYCLE  8u
#define MOST   65536u

/* The letters of each guest: no name, tag or message of Bulkhead has one of them. */
static const char letters[] = "DFGHJKMNOPQRSUVWXYZ!#$%&";

static struct plan plan_used;
static struct plan_partition plan_part[GUESTS] = {{.name = "0"}, {.name = "1"}, {.name = "2"}};
static struct vcpu vcpu[GUESTS];

/* What must be: bytes taken of each guest and seen of it; keys typed and got. */
static struct {
    uint32_t taken[GUESTS], seen[GUESTS];
    uint32_t typed, got;
    uint32_t cr[GUESTS];
    bool line[GUESTS];
} model;

static struct {
    uint8_t rx[32];
    uint32_t rx_count;
    uint32_t room; /* bytes that the UART takes before it is full */
    bool rx_on, tx_on, tx_raised;
    bool kicked;           /* the console's CPU is, */
    uint32_t guest_kicked; /* and guests' are: bit n */
} uart;

/* The `n`-th byte that a guest writes. */
static uint8_t letter(uint32_t guest, uint32_t n)
{
    return (uint8_t)letters[guest * CYCLE + n % CYCLE];
}

void vgic_set_level(struct partition *partition, uint32_t intid, bool level)
{
    require(intid == 33 && partition->index < GUESTS, "interrupt %u", intid);
    require(model.line[partition->index] != level, "the line is told again");
    model.line[partition->index] = level;
}

/* ---- the UART ---- */

static void uart_init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    (void)base;
}

static bool uart_tx_full(uint64_t base)
{
    (void)base;
    return uart.room == 0;
}

static bool uart_tx_idle(uint64_t base)
{
    (void)base;
    return true;
}

/* Who wrote this? Nobody else has these letters. */
static void uart_put(uint64_t base, uint8_t byte)
{
    const char *which = byte != 0 ? strchr(letters, byte) : NULL;
    uint32_t guest = which != NULL ? (uint32_t)(which - letters) / CYCLE : GUESTS;

    (void)base;
    require(uart.room > 0, "a byte for a UART that is full");
    uart.room--;
    uart.tx_raised = true;
    if (guest < GUESTS) {
        require(model.seen[guest] < model.taken[guest], "guest %u wrote no '%c'", guest, byte);
        require(byte == letter(guest, model.seen[guest]), "guest %u: '%c' out of order", guest,
                byte);
        model.seen[guest]++;
    }
}

static int uart_get(uint64_t base)
{
    int byte = uart.rx_count > 0 ? uart.rx[0] : -1;

    (void)base;
    if (byte >= 0) {
        memmove(uart.rx, uart.rx + 1, --uart.rx_count);
    }
    return byte;
}

static void uart_irq_set(uint64_t base, bool rx, bool tx)
{
    (void)base;
    uart.rx_on = rx;
    uart.tx_on = tx;
}

static void uart_irq_clear(uint64_t base)
{
    (void)base;
    uart.tx_raised = false;
}

static const struct uart_ops ops = {
    .init = uart_init,
    .tx_full = uart_tx_full,
    .tx_idle = uart_tx_idle,
    .put = uart_put,
    .get = uart_get,
    .irq_enable = uart_irq_set,
    .irq_clear = uart_irq_clear,
};

static void kick_console(void)
{
    uart.kicked = true;
}

static void kick_guest(const struct cpu *cpu)
{
    uart.guest_kicked |= 1u << (cpu - cpus);
}

static const struct gic_ops gic_model = {.kick = kick_guest};

/* The alarm that ends a pause, and not the one that looks after a guest that does not read. */
static bool pause_ends(void)
{
    return host.alarm != 0 && host.alarm < host.counter + 1000000;
}

static bool is_pending(void)
{
    return uart.kicked || pause_ends() || (uart.tx_on && (uart.tx_raised || uart.room > 0)) ||
           (uart.rx_on && uart.rx_count > 0);
}

static void interrupt(void)
{
    uart.kicked = false;
    host.counter = pause_ends() ? host.alarm : host.counter;
    console_irq();
    for (uint32_t i = 0; i < GUESTS; i++) {
        if ((uart.guest_kicked >> i & 1) != 0) {
            vuart_sync(&partitions[i].vuart);
        }
    }
    uart.guest_kicked = 0;
}

/* The UART sends so many bytes, and interrupts for as long as it has to. */
static void time_goes_on(uint32_t bytes)
{
    uart.room = bytes;
    for (uint32_t i = 0; i < 4 * MOST; i++) {
        if (!is_pending()) {
            return;
        }
        uart.tx_raised = true;
        interrupt();
        if (uart.room == 0 && !uart.kicked && !pause_ends() && !(uart.rx_on && uart.rx_count > 0)) {
            return;
        }
    }
    require(false, "its interrupt does not end");
}

/* ---- what guests do ---- */

static uint64_t access_register(uint32_t guest, uint64_t offset, uint8_t width, bool write,
                                uint64_t value)
{
    struct mmio_access access = {
        .ipa = {BASE + offset}, .size = width, .write = write, .value = value};
    enum trap_outcome outcome = mmio_handle(&vcpu[guest], &access);

    require(outcome == (width > 4 ? TRAP_ABORT : TRAP_SKIP), "offset 0x%lx: outcome %d", offset,
            outcome);
    require(write || width > 4 || access.value >> (8 * width) == 0, "0x%lx of %u bytes",
            access.value, width);
    return access.value;
}

static void guest_writes(uint32_t guest, uint32_t count)
{
    for (; count > 0; count--) {
        bool on = (model.cr[guest] & 0x101) == 0x101; /* UARTEN, TXE */
        bool full = (access_register(guest, UARTFR, 4, false, 0) & UARTFR_TXFF) != 0;

        access_register(guest, UARTDR, 1, true, letter(guest, model.taken[guest]));
        model.taken[guest] += on && !full;
    }
}

/* Letters are typed; who is in focus does not change here, and is the first guest. */
static void guest_reads(uint32_t guest)
{
    uint64_t flags = access_register(guest, UARTFR, 4, false, 0);
    uint64_t byte = access_register(guest, UARTDR, 4, false, 0);

    if ((flags & UARTFR_RXFE) == 0) {
        require(guest == 0, "guest %u gets '%c'", guest, (char)byte);
        require(model.got < model.typed && byte == 'a' + model.got % 26, "'%c' is not next",
                (char)byte);
        model.got++;
    }
}

static void anything(uint32_t guest, struct bytes *b)
{
    static const uint8_t registers[] = {0x04, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x34, 0x38, 0x3c, 0x44};
    uint8_t width = (uint8_t)(1u << pick(b, 4));
    uint64_t offset = rarely(b, 2) ? registers[pick(b, sizeof(registers))]
                                   : ((uint64_t)take(b) << 8 | take(b)) & 0xfff;
    bool write = rarely(b, 2) != 0;
    uint64_t value = (uint64_t)take(b) << 8 | take(b);

    offset &= ~(uint64_t)(width - 1);
    if ((offset & ~UINT64_C(3)) == UARTDR) {
        return; /* a letter: guest_writes(), guest_reads() */
    }
    access_register(guest, offset, width, write, value);
    if (write && offset == UARTCR && width <= 4) {
        model.cr[guest] = (uint32_t)value;
    }
}

static void hold_line(uint32_t guest)
{
    uint64_t ris = access_register(guest, UARTRIS, 4, false, 0);
    uint64_t mis = access_register(guest, UARTMIS, 4, false, 0);
    uint64_t imsc = access_register(guest, UARTIMSC, 4, false, 0);

    require(mis == (ris & imsc), "MIS 0x%lx, RIS 0x%lx, IMSC 0x%lx", mis, ris, imsc);
    require(model.line[guest] == (mis != 0), "guest %u: the line is %d, MIS 0x%lx", guest,
            model.line[guest], mis);
}

/* Instead of core/memory/pool.c's: each guest's rings, anew for each input. */
static uint32_t rings_taken;

void *pool_take(uint32_t pages)
{
    static uint8_t rings[GUESTS][CONSOLE_RINGS];

    require(pages == CONSOLE_RING_PAGES && rings_taken < GUESTS, "%u pages", pages);
    return rings[rings_taken++];
}

static void set_up(void)
{
    host_reset();
    rings_taken = 0;
    memset(&console, 0, sizeof(console));
    console.mux.focus = MUX_NONE;
    console.mux.open = MUX_NONE;
    memset(&input, 0, sizeof(input));
    input.target = NO_STREAM;
    memset(&uart, 0, sizeof(uart));
    memset(&model, 0, sizeof(model));
    plan_used.board.console =
        (struct plan_uart){.window = {BASE, 0x1000}, .irq = {33, false}, .clock = 24000000};
    uart.room = MOST;
    gic = &gic_model;
    console_use(&ops, BASE, 0, 1);
    for (uint32_t i = 0; i < GUESTS; i++) {
        struct partition *part = &partitions[i];

        memset(part, 0, sizeof(*part));
        part->index = i;
        part->plan = &plan_part[i];
        vcpu[i].partition = part;
        vcpu[i].cpu = &cpus[i];
        part->vcpu = &vcpu[i];
        model.cr[i] = 0x301;
        require(vuart_init(part, &plan_used) == OK, "a UART");
    }
    console_start(kick_console, 1000000000);
    time_goes_on(MOST);
}

static void step(struct bytes *b)
{
    uint32_t guest = pick(b, GUESTS);

    switch (pick(b, 6)) {
    case 0:
        guest_writes(guest, 1 + pick(b, 16));
        break;
    case 1:
        guest_writes(guest, take(b));
        break;
    case 2:
        guest_reads(guest);
        break;
    case 3:
        time_goes_on(take(b));
        break;
    case 4:
        if (uart.rx_count < sizeof(uart.rx) && (model.typed < 26 || model.got != 0)) {
            uart.rx[uart.rx_count++] = (uint8_t)('a' + model.typed++ % 26);
        }
        break;
    default:
        anything(guest, b);
        break;
    }
    hold_line(guest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, data + size};

    set_up();
    while (b.at < b.end) {
        step(&b);
    }
    for (uint32_t i = 0; i < GUESTS; i++) {
        console_stream_close(i);
    }
    time_goes_on(MOST);
    for (uint32_t i = 0; i < GUESTS; i++) {
        require(model.seen[i] == model.taken[i], "guest %u: %u bytes of %u came out", i,
                model.seen[i], model.taken[i]);
    }
    return 0;
}
