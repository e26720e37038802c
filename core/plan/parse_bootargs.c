/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Linux's command line: whether the consoles that it names are the partition's, as one that is
 * not leaves it silent. Linux, Documentation/admin-guide/kernel-parameters.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/parse.h"

/* A piece of a string; not terminated. */
struct piece {
    const char *at;
    size_t length;
};

static bool is(struct piece piece, const char *word)
{
    return piece.length == strlen(word) && strncmp(piece.at, word, piece.length) == 0;
}

/* Take what is before the next of `end` off `rest`; blanks in quotes are no end. */
static struct piece take(struct piece *rest, char end)
{
    struct piece piece = {rest->at, 0};
    bool quoted = false;

    while (piece.length < rest->length && (quoted || piece.at[piece.length] != end)) {
        if (piece.at[piece.length] == '"') {
            quoted = !quoted;
        }
        piece.length++;
    }
    rest->at += piece.length;
    rest->length -= piece.length;
    if (rest->length > 0) {
        rest->at++;
        rest->length--;
    }
    return piece;
}

/* The value of "NAME=VALUE", where the parameter is that; else nothing, at NULL. */
static struct piece value_of(struct piece parameter, const char *name)
{
    size_t length = strlen(name);
    struct piece value;

    if (parameter.length <= length || strncmp(parameter.at, name, length) != 0 ||
        parameter.at[length] != '=') {
        return (struct piece){NULL, 0};
    }
    value = (struct piece){parameter.at + length + 1, parameter.length - length - 1};
    if (value.length > 1 && value.at[0] == '"' && value.at[value.length - 1] == '"') {
        value = (struct piece){value.at + 1, value.length - 2};
    }
    return value;
}

static bool is_address(struct piece number, uint64_t address)
{
    uint64_t value = 0;

    if (number.length <= 2 || strncmp(number.at, "0x", 2) != 0) {
        return false;
    }
    for (size_t i = 2; i < number.length; i++) {
        const uint32_t digit = config_digit(number.at[i]);

        if (digit > 15 || value >> 60 != 0) {
            return false;
        }
        value = value << 4 | digit;
    }
    return value == address;
}

/* "pl011,0x9000000", or "pl011,mmio32,0x9000000": the one that is emulated. */
static bool is_our_pl011(const struct config *c, struct piece value)
{
    bool pl011 = is(take(&value, ','), "pl011");
    struct piece address = take(&value, ',');

    if (is(address, "mmio") || is(address, "mmio32")) {
        address = take(&value, ',');
    }
    return pl011 && is_address(address, c->p->board.console.window.base);
}

/* The UART, or what is meant to be silent. */
static bool is_our_console(const struct config *c, struct piece value)
{
    static const char *const names[] = {"ttyAMA0", "ttyAMA", "ttynull", "null", ""};
    struct piece options = value;
    struct piece name = take(&options, ',');
    bool known = is_our_pl011(c, value);

    for (uint32_t i = 0; i < ARRAY_SIZE(names) && !known; i++) {
        known = is(name, names[i]);
    }
    return known;
}

/*
 * True where the emulated PL011 is all that can be a console: a granted device may be one, and a
 * tree of its own may name it otherwise.
 */
static bool has_our_console_only(const struct config *c)
{
    const struct plan_partition *part = c->part;

    for (uint32_t i = 0; i < c->p->device_count; i++) {
        if (c->p->devices[i].partition == c->index) {
            return false;
        }
    }
    return part->console == PLAN_CONSOLE_SHARED && part->fdt.node == 0 &&
           plan_is_linux(part->kernel_kind);
}

void config_bootargs(const struct config *c)
{
    struct piece rest = {c->part->bootargs, strlen(c->part->bootargs)};
    struct piece odd = {NULL, 0};
    bool heard = false;

    if (!has_our_console_only(c)) {
        return;
    }
    while (rest.length > 0) {
        struct piece parameter = take(&rest, ' ');
        struct piece console = value_of(parameter, "console");
        struct piece early = value_of(parameter, "earlycon");

        if (is(parameter, "--")) {
            break; /* what follows is init's */
        }
        if (early.at != NULL && !is_our_pl011(c, early)) {
            plan_warning(c->p, c->index, c->path,
                         "bootargs: %.*s: its UART is an emulated PL011 at 0x%" PRIx64
                         ": say earlycon alone",
                         (int)parameter.length, parameter.at, c->p->board.console.window.base);
        }
        if (console.at != NULL) {
            heard = heard || is_our_console(c, console);
            odd = parameter;
        }
    }
    if (odd.at != NULL && !heard) {
        plan_warning(c->p, c->index, c->path,
                     "bootargs: %.*s: its UART is an emulated PL011: say console=ttyAMA0, or "
                     "nothing is heard of it",
                     (int)odd.length, odd.at);
    }
}
