/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for QEMU's TCG that writes the address of every instruction executed, in windows that
 * open at one address and close at others. Arguments: out=FILE, from=ADDRESS (without: from reset),
 * to=ADDRESS (one or more; the instruction there is the window's last). A record is 64 bits: the
 * virtual address in bits 55:0, above them the CPU's index; or, with count=on, how many
 * instructions a window had. What is executed at not=ADDRESS is left out.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT    __attribute__((visibility("default")))
#define TO_MAX    4
#define CPU_SHIFT 56

/* QEMU's plugin interface, version 2 and later; Debian does not package its header. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

extern EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
                               char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*call)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*call)(unsigned, void *),
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*call)(qemu_plugin_id_t, void *),
                                    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

int qemu_plugin_version = 2;

static FILE *out;
static uint64_t from;
static uint64_t not_at = UINT64_MAX;
static uint64_t to[TO_MAX];
static unsigned to_count;
static bool open;
static bool counting;
static uint64_t count; /* in this window */

/* With -icount one thread runs all CPUs. */
static void executed(unsigned cpu, void *data)
{
    uint64_t address = (uintptr_t)data;
    uint64_t record = address | (uint64_t)cpu << CPU_SHIFT;

    open |= address == from;
    if (!open) {
        return;
    }
    count++;
    for (unsigned i = 0; i < to_count; i++) {
        open &= address != to[i];
    }
    if (!counting) {
        fwrite(&record, sizeof(record), 1, out);
    } else if (!open) {
        fwrite(&count, sizeof(count), 1, out);
        count = 0;
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

        if (qemu_plugin_insn_vaddr(insn) != not_at) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
        }
    }
}

static void ended(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (fclose(out) != 0) {
        perror("trace");
    }
}

static bool argument(const char *text)
{
    if (strncmp(text, "out=", 4) == 0) {
        out = fopen(text + 4, "wb");
    } else if (strncmp(text, "from=", 5) == 0) {
        from = strtoull(text + 5, NULL, 0);
    } else if (strncmp(text, "not=", 4) == 0) {
        not_at = strtoull(text + 4, NULL, 0);
    } else if (strncmp(text, "to=", 3) == 0 && to_count < TO_MAX) {
        to[to_count++] = strtoull(text + 3, NULL, 0);
    } else if (strcmp(text, "count=on") == 0) {
        counting = true;
    } else {
        return false;
    }
    return true;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!argument(argv[i])) {
            fprintf(stderr, "trace: what is %s?\n", argv[i]);
            return 1;
        }
    }
    if (out == NULL) {
        fprintf(stderr, "trace: out= names no file that can be written\n");
        return 1;
    }
    open = from == 0;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
