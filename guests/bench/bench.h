/* SPDX-License-Identifier: Apache-2.0 */
/* The measured sequences of ARCH/measure.S. Each returns ticks of CNTVCT, as docs/benchmarks.md. */
#ifndef BENCH_H
#define BENCH_H

#define WORK_INSTRUCTIONS 10000 /* even */

#ifndef __ASSEMBLER__

#include <stdint.h>

/* What the two CPUs share; measure.S knows the layout. */
struct bench_peer {
    uintptr_t stamp;  /* when the peer's vector was reached; 0: not yet */
    uintptr_t answer; /* what it sends then: a value for ICC_SGI1R or GICD_SGIR; 0: nothing */
};

uintptr_t measure_nothing(void);
uintptr_t measure_hvc(uintptr_t function);
uintptr_t measure_smc(uintptr_t function);
uintptr_t measure_read(uintptr_t address);
uintptr_t measure_write(uintptr_t address, uintptr_t value);
uintptr_t measure_write_byte(uintptr_t address, uintptr_t value);

/* More than its own instructions: what was stolen. */
uintptr_t measure_work(void);
uintptr_t measure_timer_stolen(uintptr_t delay, uintptr_t gicc);

/* From the time of expiry, `delay` ticks ahead, to the vector. */
uintptr_t measure_timer(uintptr_t delay, uintptr_t gicc);
uintptr_t measure_timer_wfi(uintptr_t delay, uintptr_t gicc);

/* From before the write of 1 to `raise`, by which a device interrupts, to the vector. */
uintptr_t measure_device(uintptr_t raise, uintptr_t gicc);

/* From before the write that sends to the vector: this CPU's, the peer's, or this one's again. */
typedef uintptr_t measure_sgi(uintptr_t value, uintptr_t gicc, uintptr_t gicd_sgir,
                              struct bench_peer *peer);
measure_sgi measure_sgi_self_v2, measure_sgi_self_v3;
measure_sgi measure_sgi_other_v2, measure_sgi_other_v3;
measure_sgi measure_sgi_round_trip_v2, measure_sgi_round_trip_v3;

_Noreturn void bench_peer_run(struct bench_peer *peer, uintptr_t gicc, uintptr_t gicd_sgir);

/* VBAR while measuring. */
extern char bench_vectors[];

#endif
#endif
