/* SPDX-License-Identifier: Apache-2.0 */
/* What newlib needs from a system: a terminal (the UART), a heap (free memory), an end (PSCI). */
#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "guest.h"

#define HEAP_ALIGNMENT 16u

int _write(int file, const char *data, int length);
int _read(int file, char *data, int length);
void *_sbrk(ptrdiff_t increment);
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
off_t _lseek(int file, off_t offset, int whence);
int _kill(int process, int signal);
int _getpid(void);
_Noreturn void _exit(int status);

extern char _end_of_image[];

int _write(int file, const char *data, int length)
{
    (void)file;
    for (int i = 0; i < length; i++) {
        uart_put(data[i]);
    }
    return length;
}

/* Waits for one character at least, as a terminal does. */
int _read(int file, char *data, int length)
{
    int count = 0;

    (void)file;
    while (count < length) {
        if (uart_get(&data[count])) {
            data[count] = data[count] == '\r' ? '\n' : data[count];
            count++;
        } else if (count > 0) {
            break;
        }
    }
    return count;
}

/* The heap: from the image's end to the device tree, or to the end of memory if that is below. */
static uintptr_t heap_end(void)
{
    uintptr_t image = (uintptr_t)_end_of_image;
    uintptr_t dtb = (uintptr_t)guest.dtb;
    uintptr_t end = image;

    for (unsigned i = 0; i < guest.memory_count; i++) {
        const struct guest_region *memory = &guest.memory[i];

        if (image >= memory->base && image - memory->base < memory->size) {
            end = (uintptr_t)(memory->base + memory->size);
        }
    }
    return dtb >= image && dtb < end ? dtb : end;
}

void *_sbrk(ptrdiff_t increment)
{
    static uintptr_t heap;
    uintptr_t old;

    if (heap == 0) {
        heap = ((uintptr_t)_end_of_image + HEAP_ALIGNMENT - 1) & ~(uintptr_t)(HEAP_ALIGNMENT - 1);
    }
    old = heap;
    if (increment > 0 && (uintptr_t)increment > heap_end() - heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += (uintptr_t)increment;
    return (void *)old;
}

int _close(int file)
{
    (void)file;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

off_t _lseek(int file, off_t offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    errno = ESPIPE;
    return -1;
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    errno = EINVAL;
    return -1;
}

int _getpid(void)
{
    return 1;
}

_Noreturn void _exit(int status)
{
    (void)status;
    psci_system_off();
}
