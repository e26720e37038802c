/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other nodes of the board's tree have, against what is granted: a page or an interrupt that
 * is a kept-back device's too is not a partition's to have.
 */
#include "core/plan/claims.h"

#include "core/plan/parse.h"

#define MAX_NEIGHBOUR 256 /* windows and interrupts of any other node that are looked at */

/*
 * Its `reg` and, of a PCI host bridge, its `ranges`. One that makes no sense hides no other. A
 * simple-bus (Devicetree Specification 4.5) has no registers: what it tells of are its children's.
 */
static void check_windows(struct plan *p, const struct dt_at *at, struct claim *c, bool *told)
{
    const void *fdt = p->board.fdt;
    const int node = at->node[at->depth];
    static const char *const buses[] = {"simple-bus", NULL};
    struct dt_window window;
    enum status status = dt_compatible(fdt, node, buses) ? E_NOT_FOUND : OK;

    for (uint32_t i = 0; i < MAX_NEIGHBOUR && status != E_NOT_FOUND; i++) {
        status = dt_reg_at(fdt, at, i, &c->r);
        if (status == OK) {
            claims_neighbour(p, c, node, told);
        }
    }
    status = dt_has_type(fdt, node, "pci") ? OK : E_NOT_FOUND;
    for (uint32_t i = 0; i < MAX_NEIGHBOUR && status != E_NOT_FOUND; i++) {
        status = dt_window_at(fdt, at, i, &window);
        if (status == OK) {
            c->r = window.cpu;
            claims_neighbour(p, c, node, told);
        }
    }
}

/* Its own interrupts and, of a PCI host bridge, those of its pins. */
static void check_interrupts(struct plan *p, const struct dt_at *at, struct claim *c, bool *told)
{
    const struct plan_board *board = &p->board;
    const int node = at->node[at->depth];
    enum status status = OK;
    struct plan_irq irq;
    struct dt_intx intx;

    for (uint32_t i = 0; i < MAX_NEIGHBOUR && status != E_NOT_FOUND; i++) {
        status = dt_irq_at(board->fdt, at, i, board->gic.node, &irq);
        if (status == OK) {
            c->r = (struct range){irq.intid, 1};
            claims_neighbour(p, c, node, told);
        }
    }
    status = dt_has_type(board->fdt, node, "pci") ? OK : E_NOT_FOUND;
    for (uint32_t i = 0; i < MAX_NEIGHBOUR && status != E_NOT_FOUND; i++) {
        status = dt_intx_at(board->fdt, node, i, board->gic.node, &intx);
        if (status == OK) {
            c->r = (struct range){intx.irq.intid, 1};
            claims_neighbour(p, c, node, told);
        }
    }
}

/* True where the node is a partition's with all that it has: not by single functions. */
static bool is_given_whole(const struct plan *p, int node)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].node == node && !p->devices[i].function) {
            return true;
        }
    }
    return false;
}

void claims_of_board(struct plan *p)
{
    const void *fdt = p->board.fdt;
    bool told[PLAN_MAX_DEVICES] = {false};
    struct dt_at at = {.depth = 0};

    while (p->device_count > 0 && dt_step(fdt, &at)) {
        const int node = at.node[at.depth];
        const bool enabled = dt_enabled(fdt, node);
        uint32_t smmu;
        struct claim c = {.kind = enabled ? CLAIM_BOARD : CLAIM_BOARD_OFF,
                          .owner = PLAN_SHARED,
                          .node = claims_node(node)};

        if (is_given_whole(p, node)) {
            continue;
        }
        check_windows(p, &at, &c, told);
        if (enabled) {
            c.kind = plan_find_smmu(p, node, &smmu) ? CLAIM_BOARD_SMMU_SPI : CLAIM_BOARD_SPI;
            check_interrupts(p, &at, &c, told);
        }
    }
}
