/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of a Versatile Express, "arm,vexpress-sysreg": DUI 0447J 4.4. */
#ifndef ARCH_ARM_VEXPRESS_H
#define ARCH_ARM_VEXPRESS_H

/* Where firmware keeps CPUs until it is not 0. */
#define SYS_FLAGSSET 0x30
#define SYS_FLAGSCLR 0x34

/* Start a write to the motherboard's shutdown function. */
#define SYS_CFGDATA      0xa0
#define SYS_CFGCTRL      0xa4
#define SYS_CFG_SHUTDOWN (BIT(31) | BIT(30) | 8u << 20)

#endif
