/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is the same on both Arm architectures: the image's sections, and the machine's end. */
#include "arch/arm/image.h"

#include "arch/arm/vexpress.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/plan/plan.h"

#define PSCI_SYSTEM_OFF 0x84000008

bool arch_image_section(uint32_t index, struct el2_section *out)
{
    static const struct {
        const uint8_t *start, *end;
        enum lpae_attr attr;
        bool planner;
    } sections[] = {
        {image_start, image_planner_rodata, LPAE_CODE, true},
        {image_planner_rodata, image_text, LPAE_RODATA, true},
        {image_text, image_rodata, LPAE_CODE, false},
        {image_rodata, image_data, LPAE_RODATA, false},
        {image_data, image_plan, LPAE_DATA, false},
        {image_plan, image_pool, LPAE_DATA, false},
        {image_pool, image_planner_data, LPAE_DATA, false},
        {image_planner_data, image_end, LPAE_DATA, true},
    };

    if (index >= ARRAY_SIZE(sections)) {
        return false;
    }
    *out = (struct el2_section){
        .what = {(uintptr_t)sections[index].start,
                 (uint64_t)(sections[index].end - sections[index].start)},
        .attr = sections[index].attr,
        .planner = sections[index].planner,
    };
    return true;
}

/* Where the planner's data was: linker.ld gives it as many pages. */
struct range arch_windows(void)
{
    return (struct range){(uintptr_t)image_planner_data, CONFIG_MAX_PARTITIONS * PAGE_SIZE};
}

void arch_machine_off(void)
{
    if (plan.board.psci) {
        (void)arch_smc(PSCI_SYSTEM_OFF, 0, 0, 0);
    } else if (plan.board.sysreg.mmio.size != 0) {
        arch_write32(plan.board.sysreg.mmio.base + SYS_CFGDATA, 0);
        arch_write32(plan.board.sysreg.mmio.base + SYS_CFGCTRL, SYS_CFG_SHUTDOWN);
    }
    for (;;) {
        arch_wfi();
    }
}
