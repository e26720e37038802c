/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is the same on both Arm architectures: the image's sections, and the machine's end. */
#include "arch/arm/image.h"

#include "arch/arm/vexpress.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/plan/plan.h"

#define PSCI_SYSTEM_OFF 0x84000008

bool arch_image_section(uint32_t index, struct range *what, enum lpae_attr *attr)
{
    static const struct {
        const uint8_t *start, *end;
        enum lpae_attr attr;
    } sections[] = {
        {image_start, image_planner_rodata, LPAE_CODE},
        {image_planner_rodata, image_text, LPAE_RODATA},
        {image_text, image_rodata, LPAE_CODE},
        {image_rodata, image_data, LPAE_RODATA},
        {image_data, image_plan, LPAE_DATA},
        {image_plan, image_window, LPAE_DATA},
        {image_window, image_pool, LPAE_DATA},
        {image_pool, image_end, LPAE_DATA},
    };

    if (index >= ARRAY_SIZE(sections)) {
        return false;
    }
    *what = (struct range){(uintptr_t)sections[index].start,
                           (uint64_t)(sections[index].end - sections[index].start)};
    *attr = sections[index].attr;
    return true;
}

struct range arch_image_planner(void)
{
    return (struct range){(uintptr_t)image_start, (uint64_t)(image_text - image_start)};
}

struct range arch_image_boot(void)
{
    return (struct range){(uintptr_t)image_window, (uint64_t)(image_pool - image_window)};
}

uint64_t arch_window(uint32_t partition, uint64_t page)
{
    (void)page;
    return (uintptr_t)image_window + partition * PAGE_SIZE;
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
