/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a partition's fatal fault is told. */
#include "core/guest/trap.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/guest/partition.h"

#define PATH_MAX_SHOWN 128

enum trap_outcome trap_fatal(struct vcpu *vcpu, const struct arch_regs *regs, uint64_t ipa,
                             const char *why)
{
    const char *name = vcpu->partition->plan->name;
    char path[PATH_MAX_SHOWN];

    console_printf("bulkhead: %s: vCPU %u cannot go on: %s\n", name, vcpu->index, why);
    if (ipa != UINT64_MAX) {
        plan_node_at(&plan, ipa, path, sizeof(path));
        console_printf("bulkhead: %s: IPA 0x%" PRIx64 ": the board has %s there\n", name, ipa,
                       path);
    }
    arch_vcpu_print(vcpu, regs);
    partition_end(vcpu->partition, why);
    return TRAP_STOP;
}
