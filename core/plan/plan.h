/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: everything that Bulkhead will do, decided before it does anything.
 *
 * Data's path: parse.c (through dt.c, fit.c) fills the plan from the board's tree and the system
 * file; check.c and claims.c hold the rules, before and after place.c gives every partition
 * physical memory and puts its images; show.c prints it. main.c then seals it: its pages become
 * read-only and every CPU reads it without a lock. The same code runs at boot, in bulkhead-check,
 * in unit tests and under the fuzzers.
 *
 * Class of everything here: sealed. Before the seal only the boot CPU touches it.
 */
#ifndef CORE_PLAN_PLAN_H
#define CORE_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/cpu_enable.h"
#include "core/base/status.h"

#define PLAN_NONE   (-1) /* no partition: a CPU that is left over */
#define PLAN_SHARED (-1) /* as the culprit of a fault: what all share; it stops the boot */

#define PLAN_MAX_RAM_BANKS 8
#define PLAN_MAX_RESERVED  64
#define PLAN_OWN           2 /* reservations that are Bulkhead's own from the beginning */
#define PLAN_MAX_REDISTS   8
#define PLAN_MAX_RANGES    8  /* IPA ranges of one partition */
#define PLAN_MAX_EXTENTS   16 /* physical pieces of one partition's memory */
#define PLAN_MAX_DEVICES   32 /* granted devices of all partitions */
#define PLAN_MAX_WINDOWS   10 /* register windows of one device */
#define PLAN_MAX_FILTERED  8  /* pages, or runs of them, that a partition shares with others */
#define PLAN_MAX_IRQS      32 /* interrupts of one device */
#define PLAN_MAX_SMMUS     16
#define PLAN_SMMU_GLOBALS  4 /* interrupts of one SMMU that are no context's, at most, */
#define PLAN_MAX_SMMU_IRQS (PLAN_SMMU_GLOBALS + 1 + CONFIG_MAX_PARTITIONS) /* and all of it */
#define PLAN_MAX_ITS       4
#define PLAN_EVENTS        32  /* messages of one function */
#define PLAN_LPIS          128 /* that a partition may make of its functions' messages */
#define PLAN_MAX_STREAMS   64  /* runs of StreamIDs, of all granted devices */
#define PLAN_MAX_PCI_HOSTS 4
#define PLAN_MAX_FUNCTIONS 32   /* PCI functions that are granted, and bridges above them */
#define PLAN_MAX_CAPS      48   /* capabilities of one PCI function, extended ones counted */
#define PLAN_MAX_VCPUS     16   /* of one partition; vGIC's affinity 0 holds no more */
#define PLAN_SPI_BANKS     3    /* of 32 interrupts each, that the vGIC has room for in a page */
#define PLAN_STRINGS       4096 /* bytes for names and paths that outlive the system file */

struct plan_cpu {
    uint64_t mpidr;   /* affinity fields (Aff3 in bits 39..32), from `reg` */
    uint64_t release; /* spin-table: cpu-release-addr */
    enum cpu_enable enable;
    int node;      /* offset in the board's tree */
    int partition; /* index into partitions[], or PLAN_NONE */
    uint32_t vcpu; /* index within the partition; also its virtual MPIDR's Aff0 */
};

/* INTIDs: IHI 0048 2.2.1, IHI 0069 2.2. */
#define FIRST_PPI 16
#define FIRST_SPI 32
#define END_SPI   1020 /* those from here on are special */

/* An interrupt as the GIC knows it, a PPI or an SPI. */
struct plan_irq {
    uint16_t intid;
    bool edge; /* IHI 0048/0069 ICFGR: edge-triggered; else level-sensitive */
};

struct plan_gic {
    int node;
    const char *path;
    uint32_t version;  /* 2 or 3 (a v4 is used as v3) */
    struct range dist; /* GICD */
    struct range cpu;  /* GICv2: GICC */
    struct range hyp;  /* GICv2: GICH */
    struct range virt; /* GICv2: GICV */
    uint64_t alias;    /* GICv2: offset of a GICC, and GICV, in two adjacent pages; the driver's */
    struct range redist[PLAN_MAX_REDISTS]; /* GICv3: regions of redistributors */
    uint32_t redists;
    uint64_t redist_stride; /* 0: as GICR_TYPER says */
    uint32_t intids;        /* INTIDs that the distributor has room for; 0: not known (on a PC) */
    uint32_t maintenance;   /* INTID of the maintenance interrupt (a PPI) */
};

struct plan_uart {
    int node;
    const char *path;
    struct range mmio;
    uint32_t reg_shift, reg_width; /* as struct uart_ops takes them */
    struct range window;           /* the emulated PL011's: the page that it begins in */
    struct plan_irq irq;
    uint64_t clock; /* Hz of its reference clock; 0: not told */
};

/* "arm,vexpress-sysreg" of a board without PSCI: it starts CPUs and ends the machine. */
struct plan_sysreg {
    const char *path;
    struct range mmio; /* size 0: there is none */
};

struct smmu_ops; /* core/plan/smmu.h */

/*
 * An SMMU that a driver is compiled in for. What its ID registers say is 0 where it is not known
 * (on a PC), and written by the driver's probe() before the system file is read.
 */
struct plan_smmu {
    int node;
    const char *path;
    const struct smmu_ops *ops;
    struct range mmio;
    struct plan_irq irq[PLAN_MAX_SMMU_IRQS]; /* in the order that the driver names them */
    uint32_t irq_count;                      /* different ones */
    uint32_t context_irqs; /* SMMUv2: contexts, from the first on, whose interrupt is among them */
    bool coherent;         /* `dma-coherent`: its walks and queues see the CPUs' caches */
    bool unusable;         /* the driver gave it up: its devices are behind no SMMU */
    uint8_t stage;         /* 2; or 1, where it has no stage 2 */
    uint8_t oas_bits;      /* width of the addresses that it puts out */
    uint8_t sid_bits;      /* width of StreamIDs */
    uint32_t contexts;     /* partitions that it can serve; 0: as many as there are */
    uint32_t groups; /* SMMUv2: stream mapping register groups; 0: it needs none, or on a PC */
};

/* What turns devices' messages into interrupts, with a GICv3. */
struct plan_its {
    int node;
    const char *path;
    struct range mmio;
    bool unusable;        /* the driver gave it up: its devices send no messages */
    uint64_t devices;     /* DeviceIDs that it can tell apart, from 0 on; 0: not known (on a PC) */
    uint32_t table_pages; /* of 4 KiB, in a page of its tables; 0: not known */
    uint32_t flat_entry;  /* bytes of a DeviceID's, where its table has one level; 0: it has two */
};

/* Consecutive StreamIDs (SMMUv2: or one, with bits that do not matter) of a granted device. */
struct plan_stream {
    uint32_t smmu; /* index into board.smmus[] */
    uint32_t id;
    uint32_t count; /* at least 1 */
    uint32_t mask;  /* bits of the StreamID that are not compared: SMMUv2 only, then count is 1 */
    int device;     /* index into devices[] */
    bool pci;       /* they are those of PCI functions, */
    uint32_t rid;   /* of which the first has this bus, device and function number */
};

/* A PCI host bridge ("pci-host-ecam-generic") of which functions are granted. */
struct plan_pci_host {
    int node;
    const char *path;
    struct range ecam;    /* configuration space of its buses, 1 MiB each */
    uint32_t first, last; /* buses; `first` is at the ECAM's beginning */
};

#define PLAN_BARS 7 /* the last is the expansion ROM */
#define PLAN_ROM  (PLAN_BARS - 1)

/* A capability of a PCI function: where its header is, and its ID; from 0x100 on extended ones. */
struct plan_cap {
    uint16_t at, id;
};

/*
 * A PCI function that is granted, or a bridge between one and its host. parse.c fills host, rid and
 * device; what only the hardware knows is filled by drivers/pci before the plan is checked.
 */
struct plan_function {
    uint32_t host;                  /* index into pci_hosts[] */
    uint32_t rid;                   /* bus, device and function number: bits 15..8, 7..3, 2..0 */
    int device;                     /* index into devices[]; PLAN_NONE: a bridge */
    uint8_t secondary, subordinate; /* bridge: the first and the last bus behind it */
    struct {
        uint32_t value, sizing; /* what a read gives, and one after all ones were written */
    } bar[PLAN_BARS];
    struct plan_cap cap[PLAN_MAX_CAPS];
    uint32_t cap_count;
    bool msi;            /* it may send messages, */
    uint32_t msi_device; /* under this DeviceID */
};

struct plan_board {
    const void *fdt; /* the board's tree; stays mapped read-only for the names in reports */
    uint64_t fdt_pa; /* where it lies: reserved */
    const char *model;
    struct range ram[PLAN_MAX_RAM_BANKS]; /* whole pages, ascending; no two meet */
    uint32_t ram_banks;
    struct range reserved[PLAN_MAX_RESERVED]; /* whole pages: Bulkhead, tree, system file,
                                                 /reserved-memory, memreserve */
    const char *reserved_name[PLAN_MAX_RESERVED];
    uint32_t reserved_count; /* the first PLAN_OWN of them: Bulkhead and the board's tree */
    struct plan_cpu cpus[CONFIG_MAX_CPUS];
    uint32_t cpu_count;
    uint32_t boot_cpu; /* index of the CPU that booted */
    bool psci;         /* firmware has PSCI, by SMC */
    struct plan_sysreg sysreg;
    struct plan_gic gic;
    struct range system; /* the system file */
    struct range pool;   /* RAM set aside for EL2's tables, stacks and structures; reserved */
    int timer_node;
    uint32_t timer_phys;      /* INTID of the EL1 physical timer's PPI */
    uint32_t timer_virt;      /* INTID of the virtual timer's PPI */
    uint32_t timer_hyp;       /* INTID of the EL2 physical timer's PPI */
    uint64_t timer_hz;        /* of arch_counter(): `clock-frequency`, else CNTFRQ_EL0 */
    int pmu_node;             /* or -1 */
    uint32_t pmu;             /* INTID of the PMU's PPI; 0: none, or not a PPI */
    struct plan_uart console; /* /chosen stdout-path */
    struct plan_smmu smmus[PLAN_MAX_SMMUS];
    uint32_t smmu_count;
    struct plan_its its[PLAN_MAX_ITS];
    uint32_t its_count;
};

/* A piece of a partition's memory: contiguous in both spaces. */
struct plan_extent {
    uint64_t ipa;
    uint64_t pa;
    uint64_t size; /* bytes, whole pages */
};

enum plan_kernel { PLAN_KERNEL_RAW, PLAN_KERNEL_ARM64, PLAN_KERNEL_ZIMAGE, PLAN_KERNEL_ELF };

/* One image of the system file, where it lies and where it goes. */
struct plan_image {
    const char *name;
    const uint8_t *data; /* in the system file (mapped read-only until every partition is loaded) */
    uint64_t size;       /* bytes there */
    int node;            /* in the system file; 0, which is none's: there is no such image */
    bool gzip;
    uint64_t load;      /* IPA it is placed at (ELF: of its lowest segment). parse.c leaves the
                           image's own wish: `load` of a raw binary or a tree (UINT64_MAX: none),
                           p_paddr, or the text_offset of an arm64 Image or a zImage, which
                           place.c turns into an address */
    uint64_t load_size; /* bytes it occupies at `load`, inflated, .bss counted */
};

struct plan_device {
    const char *path; /* full path in the board's tree */
    int node;
    int partition;
    struct range mmio[PLAN_MAX_WINDOWS]; /* CPU physical addresses, through every bus's `ranges` */
    uint32_t mmio_count;
    uint32_t filtered; /* a bit each: others' registers are in its pages, so that EL2 looks at each
                          access; check.c's */
    struct plan_irq irq[PLAN_MAX_IRQS];
    uint32_t irq_count;
    bool bridge;   /* a PCI host bridge with all behind it: ECAM, `ranges`, INTx */
    bool function; /* a PCI function of the host bridge `node`: `mmio` are its BARs' pages */
    uint32_t rid;  /* function: its bus, device and function number */
    bool msi;      /* a GICv2m frame: writes of devices' DMA to it raise the SPIs */
    uint32_t msi_first,
        msi_count;      /* all that it can: msi_first and what follows, edge; 0 on a PC */
    uint32_t msi_given; /* of which so many, from the first on, are the partition's */
    bool unprotected;   /* DMA is not contained: listed in unprotected-devices, with direct-map */
};

enum plan_console { PLAN_CONSOLE_SHARED, PLAN_CONSOLE_NONE };

/* A Linux's own format: it runs anywhere, at an offset from a boundary. */
static inline bool plan_is_linux(enum plan_kernel kind)
{
    return kind == PLAN_KERNEL_ARM64 || kind == PLAN_KERNEL_ZIMAGE;
}

struct plan_partition {
    const char *name; /* the configuration's node name */
    const char *description;
    int node;                      /* configuration's offset in the system file */
    bool refused;                  /* broke a rule: not started */
    uint32_t cpus[PLAN_MAX_VCPUS]; /* vCPU -> index into board.cpus[] */
    uint32_t cpu_count;
    struct range memory[PLAN_MAX_RANGES]; /* IPA ranges, as asked for */
    uint32_t memory_count;
    struct plan_extent extent[PLAN_MAX_EXTENTS]; /* ascending IPA */
    uint32_t extent_count;
    bool direct_map; /* IPA == PA */
    bool aarch32;    /* its execution state at EL1; else AArch64 */
    enum plan_console console;
    bool block_faults; /* on-dma-fault = "block": a device that faults reaches nothing any more */
    enum plan_kernel kernel_kind;
    struct plan_image kernel;
    struct plan_image ramdisk; /* size 0: none */
    struct plan_image fdt;     /* size 0: the tree is generated */
    const char *bootargs;      /* in the system file; "" where none */
    uint32_t msi_first; /* of PLAN_LPIS SPIs that it has not, where the vGIC has LPIs; 0: none, */
    uint32_t msi_its;   /* and their ITS: index into board.its[] */
    uint64_t entry;     /* IPA where vCPU 0 starts */
    uint64_t fdt_ipa;   /* where its device tree goes (8-byte aligned), */
    uint64_t fdt_room;  /* and the bytes kept for it */
};

struct plan {
    struct plan_board board;
    const void *fit; /* the system file, mapped read-only until every partition is loaded */
    uint64_t fit_size;
    struct plan_partition partitions[CONFIG_MAX_PARTITIONS];
    uint32_t partition_count;
    uint32_t surplus; /* partitions of the system file that are too many: not in the plan */
    struct plan_device devices[PLAN_MAX_DEVICES];
    uint32_t device_count;
    struct plan_stream streams[PLAN_MAX_STREAMS];
    uint32_t stream_count;
    struct plan_pci_host pci_hosts[PLAN_MAX_PCI_HOSTS];
    uint32_t pci_host_count;
    struct plan_function functions[PLAN_MAX_FUNCTIONS];
    uint32_t function_count;
    uint32_t console_cpu; /* index into board.cpus[]: takes the UART's interrupt */
    uint32_t errors;      /* rules broken */
    uint32_t warnings;
    uint32_t most_told; /* of the errors, and of the warnings; 0: all are told */
    bool fatal;         /* a fault in what all share: nothing starts */
    char strings[PLAN_STRINGS];
    uint32_t strings_used;
};

/* The one plan; in pages of its own (section .plan), read-only once sealed. */
extern struct plan plan;

/*
 * A rule is broken. Prints "bulkhead: error: <partition>: <node>: <what and the way out>", counts
 * it, and marks the partition refused (PLAN_SHARED: the whole plan fatal). `node` names the node
 * the reader must look at, of the system file or of the board's tree; NULL: "?". An index past the
 * last partition: the error is counted, and nobody is refused. What a hostile file may have put
 * into the text is printed escaped. One beyond p->most_told is counted, but not printed.
 */
__attribute__((format(printf, 4, 5))) void plan_error(struct plan *p, int partition,
                                                      const char *node, const char *format, ...);

/* As plan_error(), of what is odd but harmless: printed and counted only. */
__attribute__((format(printf, 4, 5))) void plan_warning(struct plan *p, int partition,
                                                        const char *node, const char *format, ...);

/* True where the next error, or warning, will be printed: what is in it is worth looking for. */
bool plan_tells(const struct plan *p);
bool plan_warns(const struct plan *p);

/*
 * The configuration of partition `index` as messages name it, "/configurations/NAME"; in a buffer
 * that the next call overwrites. Boot CPU, before the seal.
 */
const char *plan_where(const struct plan *p, uint32_t index);

/* The partition's name; "?" where it has none. */
const char *plan_name(const struct plan *p, uint32_t index);

/* True where the node of the board's tree is a granted device. */
bool plan_is_granted(const struct plan *p, int node);

/*
 * The path of the node of the board's tree whose registers or memory hold physical address
 * `address` into `path` (at most `size` bytes, always terminated); "nothing" where none does.
 */
void plan_node_at(const struct plan *p, uint64_t address, char *path, size_t size);

/* plan_error() of a granted device's partition, at the device. */
#define device_error(p, d, ...) plan_error(p, (d)->partition, (d)->path, __VA_ARGS__)

/* plan_error() of partition `index`, at its configuration. */
#define plan_refuse(p, index, ...) plan_error(p, (int)(index), plan_where(p, index), __VA_ARGS__)

/* "", for what is read when the planner's own strings are gone. */
extern const char plan_no_text[1];

/* Copy a string into the plan, so that it outlives the system file; NULL where it is full. */
const char *plan_string(struct plan *p, const char *s);

/* ---- parse.c: the board's tree and the system file into the plan ---- */

/*
 * Read the board's tree: RAM, reservations, CPUs, GIC, timer, PMU, console. `fdt` is mapped and its
 * header's totalsize is at most `room`; `fdt_pa` its address. `boot_mpidr`: the affinity of the CPU
 * that runs. `image`: Bulkhead's own memory. Every fault here is shared: p->fatal.
 */
void plan_parse_board(struct plan *p, const void *fdt, uint64_t room, uint64_t fdt_pa,
                      uint64_t boot_mpidr, struct range image);

/*
 * The driver of the board's console, once plan_parse_board() has found it. NULL, told, and p->fatal
 * where none for it is compiled in. Boot CPU, before the seal.
 */
struct uart_ops;
const struct uart_ops *plan_console_driver(struct plan *p);

/*
 * Where the system file lies: /chosen linux,initrd-start and -end of the board's tree. E_NOT_FOUND
 * where it has none, E_INVALID where the two make no sense.
 */
enum status plan_find_system(const void *fdt, struct range *system) MUST_CHECK;

/*
 * Read the system file (a FIT, inline or external data; FIT specification) of `size` bytes at
 * `fit`, physical address `fit_pa`: every partition, its images (hashes are checked), its devices.
 * A fault of one partition refuses that one; p->fatal only where it is no FIT.
 */
void plan_parse_system(struct plan *p, const void *fit, uint64_t size, uint64_t fit_pa);

/* ---- place.c ---- */

/*
 * Give every partition that is not refused its physical memory (whole 1 GiB and 2 MiB blocks where
 * they fit, PA congruent to IPA) and put its kernel, ramdisk and tree. Deterministic.
 */
void plan_place(struct plan *p);

/*
 * After plan_place(): set RAM aside for the pages that the plan takes at EL2 beyond `pool_pages`,
 * which the pool has: p->board.pool, as large as can be where there is not so much
 * (plan_check_given() then tells who gets none). It lands in the smallest piece that is left over
 * and has room. Returns the pages that the pool has then, less those of the tables that map it.
 */
uint64_t plan_place_pool(struct plan *p, uint64_t pool_pages);

/*
 * RAM that is neither reserved nor a partition's that starts: its pieces into *list, ascending,
 * until the next call of anything here; returns how many. Boot CPU.
 */
uint32_t plan_free(const struct plan *p, const struct range **list);

/* The extent that holds all `size` bytes at `ipa`; NULL where none does. Any CPU. */
const struct plan_extent *plan_extent_at(const struct plan_partition *partition, uint64_t ipa,
                                         uint64_t size);

/* ---- check.c: the rules, independent of how the plan was made ---- */

/*
 * Hold every rule against what the board has and the partitions ask for: it is there, and no two
 * get the same. In a conflict neither side is started. After parsing, before plan_place().
 */
void plan_check(struct plan *p);

/*
 * After plan_place(): hold the rules against what it gave and where it put the images, share out
 * the `pool_pages` that EL2's pool has for tables, and tell each CPU whose it is.
 */
void plan_check_given(struct plan *p, uint64_t pool_pages);

/*
 * May the system file lie there, before anybody reads it: in RAM, in no page of Bulkhead or of the
 * board's tree? False, and told, where not. The board has been read.
 */
bool plan_check_system(struct plan *p, struct range system);

/* Page-table pages that the partition's stage 2 needs at most. */
uint64_t plan_table_pages(const struct plan *p, const struct plan_partition *part);

/*
 * The whole pages of the device's window `window`; of size 0 where an earlier window of the same
 * partition fills them too.
 */
struct range plan_window_pages(const struct plan *p, uint32_t index, uint32_t window);

/*
 * Width of the partition's IPA space: the smallest (at least 32) that holds its memory, granted
 * windows and emulated devices.
 */
uint8_t plan_ipa_bits(const struct plan *p, const struct plan_partition *part);

/* Width of the input addresses of the partition's tables for DMA: at least its memory's. */
uint8_t plan_dma_bits(const struct plan *p, uint32_t partition);

/*
 * Of the SMMUs that the partition (PLAN_SHARED: any that starts) has streams of, the one that puts
 * out the fewest address bits; NULL where there is none, or none is known to have a limit.
 */
const struct plan_smmu *plan_narrowest_smmu(const struct plan *p, int partition);

/* True where the partition has streams of that SMMU (indexes into the plan's tables). */
bool plan_has_streams(const struct plan *p, uint32_t partition, uint32_t smmu);

/* The stage of translation that the SMMU does for Bulkhead; on a PC the usual one is taken. */
static inline uint32_t plan_smmu_stage(const struct plan_smmu *smmu)
{
    return smmu->stage == 1 ? 1 : 2;
}

/* Index of the partition that the stream's device is granted to. */
static inline int plan_stream_owner(const struct plan *p, const struct plan_stream *stream)
{
    return p->devices[stream->device].partition;
}

/* ---- show.c ---- */

/* Print the plan as text: per partition its CPUs, memory, devices, interrupts and images; then what
 * is left over. */
void plan_show(const struct plan *p);

#define PLAN_SIZE_TEXT 24 /* "17179869183.9 GiB" */

/* `bytes` in the largest unit that leaves a whole number, in tenths: "512 MiB", "948.3 MiB". */
const char *plan_size_text(char text[static PLAN_SIZE_TEXT], uint64_t bytes);

#endif
