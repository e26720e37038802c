/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that attacks its hypervisor by all ways that there are, and logs what it got. The
 * boot argument attack=NAME,NAME… chooses; without it, all attacks run in their order.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attacker.h"
#include "guest.h"

#define LINE_LENGTH 120u

static const struct {
    const char *name;
    void (*run)(void);
} attacks[] = {
    {"memory", attack_memory}, {"access", attack_access},   {"sysreg", attack_sysreg},
    {"gic", attack_gic},       {"calls", attack_calls},     {"psci", attack_psci},
    {"storm", attack_storm},   {"console", attack_console},
};

static struct {
    char title[48];
    char text[LINE_LENGTH + 240];
    size_t used;
} line;

void log_begin(const char *title, ...)
{
    va_list arguments;

    va_start(arguments, title);
    vsnprintf(line.title, sizeof(line.title), title, arguments);
    va_end(arguments);
    line.used = 0;
}

void log_end(void)
{
    if (line.used != 0) {
        printf("attacker: %s%s\n", line.title, line.text);
    }
    line.used = 0;
}

void log_add(const char *item, ...)
{
    va_list arguments;

    if (line.used > LINE_LENGTH) {
        log_end();
    }
    line.text[line.used++] = ' ';
    va_start(arguments, item);
    line.used +=
        (size_t)vsnprintf(line.text + line.used, sizeof(line.text) - line.used, item, arguments);
    va_end(arguments);
}

void tally_add(struct tally *tally, uint64_t esr)
{
    for (unsigned i = 0; i < tally->kinds; i++) {
        if (tally->kind[i].esr == esr) {
            tally->kind[i].count++;
            return;
        }
    }
    if (tally->kinds == TALLY_KINDS) {
        tally->more++;
        return;
    }
    tally->kind[tally->kinds].esr = esr;
    tally->kind[tally->kinds++].count = 1;
}

void tally_log(const char *name, const struct tally *tally)
{
    char text[TALLY_KINDS * 28 + 40];
    size_t used = 0;

    for (unsigned i = 0; i < tally->kinds; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, ",%lx*%lu",
                                 (unsigned long)tally->kind[i].esr, tally->kind[i].count);
    }
    if (tally->more != 0) {
        snprintf(text + used, sizeof(text) - used, ",more*%lu", tally->more);
    }
    log_add("%s:%s", name, tally->kinds == 0 ? "" : text + 1);
}

void tally_print(const char *title, const struct tally *tally)
{
    log_begin("%s", title);
    tally_log("", tally);
    log_end();
}

uint64_t argument_number(const char *name, uint64_t otherwise)
{
    char text[24];

    return guest_argument(name, text, sizeof(text)) ? strtoull(text, NULL, 0) : otherwise;
}

/* xorshift64* of Vigna */
uint64_t random_next(void)
{
    static uint64_t states[GUEST_MAX_CPUS];
    uint64_t *state = &states[cpu_index()];

    if (*state == 0) {
        *state = (argument_number("seed", 1) + 16 * cpu_index()) * 0x9e3779b97f4a7c15u | 1;
    }
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static bool is_chosen(const char *chosen, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = chosen; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

int main(void)
{
    char chosen[80] = "";
    bool all = !guest_argument("attack", chosen, sizeof(chosen));

    probe_init();
    open_el0();
    printf("attacker: begins: %u CPUs, GICv%u\n", guest.cpu_count, guest.gic_version);
    for (unsigned i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (all || is_chosen(chosen, attacks[i].name)) {
            printf("attacker: %s\n", attacks[i].name);
            attacks[i].run();
        }
    }
    printf("attacker: %lu exceptions, %lu misplaced, %lu SErrors\n", probe_totals.exceptions,
           probe_totals.misplaced, probe_totals.serrors);
    puts("attacker: done");
    return EXIT_SUCCESS;
}
