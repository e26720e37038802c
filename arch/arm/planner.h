/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For linker.ld: the objects of the planner, which lie in pages of their own and are gone once the
 * plan is made. GNU ld refuses to link what stays with a reference to them; lld cannot, for which
 * tests/builds links clang's objects by GNU ld.
 */
#ifndef ARCH_ARM_PLANNER_H
#define ARCH_ARM_PLANNER_H

/* clang-format off */
#define PLANNER_OBJECTS(EACH, ...)              \
    EACH(*core/boot.o, __VA_ARGS__)             \
    EACH(*core/guest/msi_probe.o, __VA_ARGS__)  \
    EACH(*core/plan/check*.o, __VA_ARGS__)      \
    EACH(*core/plan/claims.o, __VA_ARGS__)      \
    EACH(*core/plan/filtered.o, __VA_ARGS__)    \
    EACH(*core/plan/fit.o, __VA_ARGS__)         \
    EACH(*core/plan/neighbours.o, __VA_ARGS__)  \
    EACH(*core/plan/parse*.o, __VA_ARGS__)      \
    EACH(*core/plan/place*.o, __VA_ARGS__)      \
    EACH(*core/plan/show.o, __VA_ARGS__)        \
    EACH(*drivers/pci/bars.o, __VA_ARGS__)      \
    EACH(*drivers/pci/isolation.o, __VA_ARGS__) \
    EACH(*drivers/pci/probe.o, __VA_ARGS__)

#define SECTIONS_OF(object, ...) object(__VA_ARGS__)
#define NAME_OF(object, ...) object

#define PLANNER(...) PLANNER_OBJECTS(SECTIONS_OF, __VA_ARGS__)
#define BUT_PLANNER  EXCLUDE_FILE(PLANNER_OBJECTS(NAME_OF, _))

#ifndef LLD /* 14 knows no such thing */
#define PLANNER_STANDS_ALONE                                          \
    NOCROSSREFS_TO(.planner .text .rodata .data.rel.ro .data)         \
    NOCROSSREFS_TO(.planner_rodata .text .rodata .data.rel.ro .data)  \
    NOCROSSREFS_TO(.planner_data .text .rodata .data.rel.ro .data)
#else
#define PLANNER_STANDS_ALONE
#endif
/* clang-format on */

#endif
