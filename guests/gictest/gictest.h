/* SPDX-License-Identifier: Apache-2.0 */
/* How the GIC's tests report, and how they wait for an interrupt without taking an exception. */
#ifndef GICTEST_H
#define GICTEST_H

#include <stdbool.h>
#include <stdint.h>

/* One line each: "gictest: ok - <name>", or FAIL with the values. */
void check(const char *name, bool ok);
void check_equal(const char *name, uint64_t got, uint64_t want);
/* An error of one implementation that we know: with the boot argument known=<where> no failure. */
void check_known(const char *name, uint64_t got, uint64_t want, const char *where);
void check_skip(const char *name, const char *why);

/* GIC, timers and handlers as at the start; each test begins with it. Interrupts stay masked. */
void test_begin(void);

/* Acknowledges the next interrupt: its IAR, or GIC_SPURIOUS if none is signalled within 5 s. */
uint32_t take(void);

/* Acknowledges and ends it: its INTID. */
unsigned take_and_end(void);

/* Whether no interrupt is signalled for 1 ms; one that is, is ended. */
bool nothing_comes(void);

/* How long another CPU may take, at most: the machine may be a busy PC. */
#define PEER_US 30000000u

/* Polls until *value is at least `want`, for PEER_US at most; false then. */
bool wait_until(const volatile unsigned *value, unsigned want);

/* The Distributor's enable bit for our interrupts. */
void distributor_enable(bool enable);

/* The least BPR that there is, and one that joins priorities 0x80 and 0xa0. */
void binary_point_set(bool coarse);

uint8_t mask_read(void);

/* CPU `cpu` as GICv2's CPU interfaces are numbered: as an SGI's source. GICv3: 0. */
unsigned interface_number(unsigned cpu);

/* An SPI of a device of ours; 0 if there is none. */
#define TEST_SPI (guest.uart_intid)

void test_registers(void);
void test_spi(void);
void test_sgi(void);
void test_order(void);
void test_end_modes(void);
void test_timers(void);
void test_wait(void);
void test_peers(void);

#endif
