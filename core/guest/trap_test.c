/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of how a partition's fatal fault is told, and what comes of it. */
#include "core/guest/trap.h"

#include <arch/host.h>

#include "core/guest/partition.h"
#include "core/plan/testing_board.h"

static struct plan_partition plan_part;
static struct partition part;
static struct vcpu vcpus[2];
static const struct arch_regs regs = {{0x1122334455667788}};
static const char *ended;

/* Instead of the library's. The report is whole before the others are stopped. */
void partition_end(struct partition *partition, const char *why)
{
    assert_ptr_equal(partition, &part);
    assert_null(ended);
    ended = why;
    log_clear();
    console_printf("-");
}

static char report[sizeof(log_text)];

void arch_vcpu_print(const struct vcpu *vcpu, const struct arch_regs *r)
{
    assert_ptr_equal(vcpu, &vcpus[1]);
    assert_ptr_equal(r, &regs);
    console_printf("bulkhead:   registers\n");
    memcpy(report, log_text, sizeof(report));
}

static int start_over(void **state)
{
    (void)state;
    host_reset();
    log_clear();
    memset(&plan, 0, sizeof(plan));
    plan_parse_board(&plan, board.data, board.size, BOARD_FDT_PA, 0, test_image);
    plan_part = (struct plan_partition){.name = "wild"};
    part = (struct partition){.plan = &plan_part, .vcpu = vcpus};
    for (uint32_t i = 0; i < 2; i++) {
        vcpus[i] = (struct vcpu){.partition = &part, .index = i};
    }
    ended = NULL;
    report[0] = '\0';
    return 0;
}

static void fails(uint64_t ipa, const char *expected)
{
    static const char why[] = "it jumped to nowhere";

    ended = NULL;
    log_clear();
    assert_int_equal(trap_fatal(&vcpus[1], &regs, ipa, why), TRAP_STOP);
    assert_string_equal(report, expected);
    assert_string_equal(log_text, "-"); /* nothing after its end */
    assert_ptr_equal(ended, why);
}

static void a_fault_without_an_address(void **state)
{
    (void)state;
    fails(UINT64_MAX, "bulkhead: wild: vCPU 1 cannot go on: it jumped to nowhere\n"
                      "bulkhead:   registers\n");
}

#define AT(address, node)                                                                          \
    fails(address, "bulkhead: wild: vCPU 1 cannot go on: it jumped to nowhere\n"                   \
                   "bulkhead: wild: IPA " #address ": the board has " node " there\n"              \
                   "bulkhead:   registers\n")

static void an_address_is_told_with_its_node(void **state)
{
    (void)state;
    AT(0x9010ffc, "/rtc@9010000");
    AT(0xa001000, "/bus@a000000/rtc@1000");
    AT(0x40000000, "/memory@40000000");
    AT(0x9200200, "/next@9200200");
    AT(0x92001ff, "/near@9200000");
    AT(0x9600000, "/role@9600000");
    AT(0x0, "nothing");
    AT(0x9020000, "nothing");
    AT(0xfffffffffffffffe, "nothing");
}

/* That of a node as deep as a hostile tree may have it; nothing is written past the line's room. */
static void a_path_too_long_is_not_told(void **state)
{
    static char text[4096];
    size_t used = 0;
    struct tree deep;

    (void)state;
    used += (size_t)snprintf(text, sizeof(text), "/ { #address-cells = <1>; #size-cells = <1>;");
    for (uint32_t i = 0; i < 8; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "a-name-of-31-characters-as-is-%u { compatible = \"simple-bus\";"
                                 " #address-cells = <1>; #size-cells = <1>; ranges;",
                                 i);
    }
    (void)snprintf(text + used, sizeof(text) - used, "end@5000 { reg = <0x5000 0x1000>; };%s",
                   "}; }; }; }; }; }; }; }; };");
    deep = tree_compile(text);
    plan.board.fdt = deep.data;
    (void)trap_fatal(&vcpus[1], &regs, 0x5000, "why");
    assert_string_equal(report, "bulkhead: wild: vCPU 1 cannot go on: why\n"
                                "bulkhead: wild: IPA 0x5000: the board has ? there\n"
                                "bulkhead:   registers\n");
    tree_free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_fault_without_an_address, start_over),
        cmocka_unit_test_setup(an_address_is_told_with_its_node, start_over),
        cmocka_unit_test_setup(a_path_too_long_is_not_told, start_over),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
