/* SPDX-License-Identifier: Apache-2.0 */
/* What vectors.S calls: finds an interrupt's handler, ends the partition at other exceptions. */
#include "guest.h"

/* The vectors' numbers, in their order: of this EL with SP_ELx, of EL0 in AArch64, in AArch32. */
#define VECTOR_SYNC       4
#define VECTOR_IRQ        5
#define VECTOR_SERROR     7
#define VECTOR_EL0_SYNC   8
#define VECTOR_EL0_IRQ    9
#define VECTOR_EL0_SERROR 11
#define VECTOR_A32_SYNC   12

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
    for (unsigned i = 0; i < 31; i++) {
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
    bool is_programs = vector == VECTOR_SYNC || vector == VECTOR_SERROR ||
                       vector == VECTOR_EL0_SYNC || vector == VECTOR_EL0_SERROR ||
                       vector == VECTOR_A32_SYNC;

    frame->vector = vector;
    if (vector == VECTOR_IRQ || vector == VECTOR_EL0_IRQ) {
        irq_dispatch();
    } else if (!is_programs || program_handler == NULL || !program_handler(frame)) {
        exception_unexpected(frame, vector);
    }
}
