/* SPDX-License-Identifier: Apache-2.0 */
/* What vectors.S calls: finds an interrupt's handler, ends the partition at other exceptions. */
#include "guest.h"

#define INTIDS 1020u

void exception_dispatch(struct exception_frame *frame, unsigned vector);

static irq_handler irq_handlers[INTIDS];
static exception_handler program_handler;

void exception_set_handler(exception_handler handler)
{
    program_handler = handler;
}

void irq_set_handler(unsigned intid, irq_handler handler)
{
    if (intid < INTIDS) {
        irq_handlers[intid] = handler;
    }
}

static void irq_dispatch(void)
{
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);

    if (intid >= INTIDS) {
        return; /* spurious */
    }
    if (irq_handlers[intid] != NULL) {
        irq_handlers[intid](intid, gic_source(iar));
    } else {
        gic_disable(intid); /* or a level-sensitive one would be back for ever */
    }
    gic_end(iar);
}

static void print_register(const char *name, uint64_t value)
{
    uart_print(name);
    uart_print_hex(value);
}

/* No printf: it may be the one that failed. */
static _Noreturn void exception_unexpected(const struct exception_frame *frame, unsigned vector)
{
    print_register("\nguest: unexpected exception, vector ", vector);
    print_register(", CPU ", cpu_index());
    print_register("\nguest: ESR ", frame->esr);
    print_register(", ELR ", frame->elr);
    print_register(", FAR ", frame->far);
    print_register(", SPSR ", frame->spsr);
    for (unsigned i = 0; i < sizeof(frame->x) / sizeof(frame->x[0]); i++) {
        uart_print(i % 4 == 0 ? "\nguest: x" : "  x");
        if (i >= 10) {
            uart_put((char)('0' + i / 10));
        }
        uart_put((char)('0' + i % 10));
        print_register(" ", frame->x[i]);
    }
    uart_print("\nguest: power off\n");
    psci_system_off();
}

void exception_dispatch(struct exception_frame *frame, unsigned vector)
{
    frame->vector = vector;
    if (1u << vector & VECTORS_OF_IRQ) {
        irq_dispatch();
    } else if (!(1u << vector & VECTORS_OF_PROGRAMS) || program_handler == NULL ||
               !program_handler(frame)) {
        exception_unexpected(frame, vector);
    }
}
