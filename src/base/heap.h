/* heap.h - memory for a program that starts, does one thing and ends.
 *
 * The first 192 KiB are part of the program, so that most commands never ask the
 * kernel for memory; a block that is freed is kept for the next of its size.
 * Where the program has its libc from musl, malloc(3) and its relatives are made
 * of these (docs/HACKING.md says why).
 *
 * Several threads may call them after heap_expect_threads().  A pointer that is
 * not one of ours, or was freed before, ends the program.
 */
#pragma once

#include <stddef.h>

/* Before a second thread is made.  Until then there is no lock, which a child that
 * shares our memory and is killed would leave locked for ever. */
void heap_expect_threads(void);

/* Aligned for any type; NULL with errno ENOMEM.  0 bytes are a block too. */
void *heap_take(size_t size); /* not zeroed */
void *heap_take_zeroed(size_t n, size_t size);
/* As realloc(3): NULL begins a new one; NULL returned leaves the old as it is. */
void *heap_resize(void *p, size_t size);
void heap_give(void *p); /* NULL is nothing */
