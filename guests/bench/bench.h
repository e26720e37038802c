/* SPDX-License-Identifier: Apache-2.0 */
/* The measured sequences of measure.S. Each returns ticks of CNTVCT_EL0, as docs/benchmarks.md. */
#ifndef BENCH_H
#define BENCH_H

#define WORK_INSTRUCTIONS 10000 /* even */
#define IRQ_INSTRUCTIONS  9     /* of this guest's own vector */

#ifndef __ASSEMBLER__

#include <stdint.h>

/* What the two CPUs share; measure.S knows the layout. */
struct bench_peer {
    uint64_t stamp;  /* when the peer's vector was reached; 0: not yet */
    uint64_t answer; /* what it sends then: a value for ICC_SGI1R_EL1 or GICD_SGIR; 0: nothing */
};

uint64_t measure_nothing(void);
uint64_t measure_hvc(uint64_t function);
uint64_t measure_smc(uint64_t function);
uint64_t measure_read(uintptr_t address);
uint64_t measure_write(uintptr_t address, uint64_t value);
uint64_t measure_write_byte(uintptr_t address, uint64_t value);

/* More than its own instructions: what was stolen. */
uint64_t measure_work(void);
uint64_t measure_timer_stolen(uint64_t delay, uintptr_t gicc);

/* From the time of expiry, `delay` ticks ahead, to the vector. */
uint64_t measure_timer(uint64_t delay, uintptr_t gicc);
uint64_t measure_timer_wfi(uint64_t delay, uintptr_t gicc);

/* From before the write that sends to the vector: this CPU's, the peer's, or this one's again. */
typedef uint64_t measure_sgi(uint64_t value, uintptr_t gicc, uintptr_t gicd_sgir,
                             struct bench_peer *peer);
measure_sgi measure_sgi_self_v2, measure_sgi_self_v3;
measure_sgi measure_sgi_other_v2, measure_sgi_other_v3;
measure_sgi measure_sgi_round_trip_v2, measure_sgi_round_trip_v3;

_Noreturn void bench_peer_run(struct bench_peer *peer, uintptr_t gicc, uintptr_t gicd_sgir);

/* VBAR_EL1 while measuring. */
extern char bench_vectors[];

#endif
#endif
