/* SPDX-License-Identifier: Apache-2.0 */
/* System registers by their AArch64 names; see host_sysreg() in arch/host.h. */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

#include <stdint.h>

uint64_t host_sysreg_read(const char *name);
void host_sysreg_write(const char *name, uint64_t v);

#define sysreg_read(name)       host_sysreg_read(#name)
#define sysreg_write(name, v)   host_sysreg_write(#name, (v))
#define sysreg_write64(name, v) host_sysreg_write(#name, (v))
#define sysreg_read_lr(i)       sysreg_read(ICH_LR##i##_EL2)
#define sysreg_write_lr(i, v)   sysreg_write(ICH_LR##i##_EL2, v)

#endif
