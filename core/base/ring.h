/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of bytes between one producer and one consumer on different CPUs, without a lock. */
#ifndef CORE_BASE_RING_H
#define CORE_BASE_RING_H

#include <stdbool.h>
#include <stdint.h>

#define RING_SIZE ((uint32_t)CONFIG_CONSOLE_RING)
_Static_assert((CONFIG_CONSOLE_RING & (CONFIG_CONSOLE_RING - 1)) == 0,
               "CONFIG_CONSOLE_RING is a power of two");

/* `head` and `tail` count bytes ever put and taken; class: atomic, each written by one side. */
struct ring {
    uint32_t head, tail;
    uint8_t *data; /* RING_SIZE bytes; NULL: nobody puts anything */
};

/* Bytes in it. Either side; the other may change it meanwhile, in its own direction only. */
static inline uint32_t ring_used(const struct ring *r)
{
    uint32_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);

    return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - tail;
}

static inline uint32_t ring_room(const struct ring *r)
{
    return RING_SIZE - ring_used(r);
}

/* Producer; there is room. */
static inline void ring_put(struct ring *r, uint8_t byte)
{
    uint32_t head = r->head;

    r->data[head % RING_SIZE] = byte;
    __atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
}

/* Consumer; it is not empty. */
static inline uint8_t ring_peek(const struct ring *r)
{
    return r->data[r->tail % RING_SIZE];
}

/* Consumer; there are `count` bytes. */
static inline void ring_drop(struct ring *r, uint32_t count)
{
    __atomic_store_n(&r->tail, r->tail + count, __ATOMIC_RELEASE);
}

#endif
