/* SPDX-License-Identifier: Apache-2.0 */
/* How functions tell that they failed. */
#ifndef CORE_BASE_STATUS_H
#define CORE_BASE_STATUS_H

enum status {
    OK = 0,
    E_INVALID,     /* a value that the specification or a rule forbids */
    E_NOT_FOUND,   /* a node, a property, a register or an image is not there */
    E_NO_SPACE,    /* a table, the pool or a buffer is full */
    E_OVERLAP,     /* two things want the same address, interrupt or CPU */
    E_UNSUPPORTED, /* legal, but not something Bulkhead does */
    E_TIMEOUT,     /* hardware did not answer within its bound */
};

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
