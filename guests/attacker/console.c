/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile console: control characters, escape sequences, false tags, a flood of lines. */
#include <inttypes.h>
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

#define FLOOD_LINES 400u

/* Between two marks, so that who reads the log finds them. */
static const char *const hostile[] = {
    "\033[2J\033[H",    /* clears the screen */
    "\033]0;title\007", /* sets a title */
    "\033c\033[6n",     /* resets the terminal; asks it to answer */
    "\302\233"
    "2J", /* CSI as a C1 control in UTF-8 */
    "\233"
    "2J\220q\234", /* C1 controls as bytes */
    "\b\b\b\b\b\b\b\b[control] control: 1 ticks",
    "\r[control] forged",
    "\n[control] forged\n",
    "\v\f\016\017\177\001\035"
    "1",
    "\357\277\276\300\200\377\376", /* what no UTF-8 has */
};

void attack_console(void)
{
    for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        printf("attacker: console <%s>\n", hostile[i]);
    }
    printf("attacker: console bytes <");
    for (unsigned c = 0; c < 256; c++) {
        uart_put((char)c);
    }
    printf(">\n");
    for (unsigned i = 1; i <= FLOOD_LINES; i++) {
        printf("attacker: flood %u of %u\n", i, FLOOD_LINES);
    }
}
