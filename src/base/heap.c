/* heap.c - memory for a program that starts, does one thing and ends.
 *
 * Theory of operation: a block is a header and what the caller gets.  Its size
 * is a power of two, and those that were given back wait in one list for each
 * size; no block is ever split or joined.  New ones are cut from the pool, which
 * is zero and untouched memory, so that a block that was never used needs no
 * zeroing and costs a page only where it is written.  When the pool is used up
 * the next is mapped.  What is larger than the largest size is a mapping of its
 * own, which ends when it is given back.
 */
#include "base/heap.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/mem.h"

#define SMALLEST 32UL
#define SIZES	 11 /* 32 bytes to 32 KiB, header included */
#define LARGEST	 (SMALLEST << (SIZES - 1))
#define FIRST	 (192UL << 10)
#define NEXT	 (256UL << 10)
#define PAGE	 65536UL /* the largest page there is, for any machine */

enum state { IN_USE = 0x75736564, GIVEN = 0x66726565 };

struct block {
	size_t size; /* in bytes, of all of it */
	size_t state; /* enum state; anything else is no header */
	union {
		struct block *next; /* when it waits in a list */
		max_align_t data;
	} u;
};
#define HEADER offsetof(struct block, u)

static _Alignas(max_align_t) char first[FIRST];
static char *pool = first;
static size_t pool_left = FIRST;
static struct block *waiting[SIZES];
static bool threads;
static atomic_flag taken = ATOMIC_FLAG_INIT;

void heap_expect_threads(void)
{
	threads = true;
}

static void lock(void)
{
	const struct timespec moment = { .tv_nsec = 1000 };

	while (threads &&
	       atomic_flag_test_and_set_explicit(&taken, memory_order_acquire))
		(void)nanosleep(&moment, NULL);
}

static void unlock(void)
{
	if (threads)
		atomic_flag_clear_explicit(&taken, memory_order_release);
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static struct block *header_of(void *p)
{
	struct block *b = (struct block *)(void *)((char *)p - HEADER);

	if (b->state != IN_USE)
		mem_abort();
	return b;
}

/* Whose list: that of the smallest size with so much room. */
static unsigned kind_of(size_t room)
{
	unsigned k = 0;

	while (SMALLEST << k < room)
		k++;
	return k;
}

static struct block *cut(size_t size)
{
	struct block *b;

	if (pool_left < size) {
		char *more = map(NEXT);

		if (!more)
			return NULL;
		/* Whoever is killed in between leaves less, never more. */
		pool = more;
		atomic_signal_fence(memory_order_seq_cst);
		pool_left = NEXT;
	}
	b = (struct block *)(void *)pool;
	pool_left -= size;
	atomic_signal_fence(memory_order_seq_cst);
	pool += size;
	b->size = size;
	return b;
}

static struct block *take_small(size_t room, bool *ret_fresh)
{
	const unsigned k = kind_of(room);
	struct block *b;

	lock();
	b = waiting[k];
	*ret_fresh = !b;
	if (b)
		waiting[k] = b->u.next;
	else
		b = cut(SMALLEST << k);
	unlock();
	return b;
}

static struct block *take_large(size_t room)
{
	const size_t size = (room + PAGE - 1) / PAGE * PAGE;
	struct block *b = map(size);

	if (b)
		b->size = size;
	return b;
}

/* *ret_fresh: it is zero, as nobody has had it before. */
static void *take(size_t size, bool *ret_fresh)
{
	struct block *b = NULL;

	*ret_fresh = true;
	if (size <= LARGEST - HEADER)
		b = take_small(size + HEADER, ret_fresh);
	else if (size <= PTRDIFF_MAX - PAGE)
		b = take_large(size + HEADER);
	if (!b) {
		errno = ENOMEM;
		return NULL;
	}
	b->state = IN_USE;
	return (char *)b + HEADER;
}

void *heap_take(size_t size)
{
	bool fresh;

	return take(size, &fresh);
}

void *heap_take_zeroed(size_t n, size_t size)
{
	size_t all;
	bool fresh;
	void *p;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	p = take(all, &fresh);
	if (p && !fresh)
		memset(p, 0, all);
	return p;
}

static void give_small(struct block *b)
{
	const unsigned k = kind_of(b->size);

	lock();
	b->u.next = waiting[k];
	waiting[k] = b;
	unlock();
}

void heap_give(void *p)
{
	const int keep = errno; /* free(3) leaves it alone (POSIX.1-2024) */
	struct block *b;

	if (!p)
		return;
	b = header_of(p);
	b->state = GIVEN;
	if (b->size <= LARGEST)
		give_small(b);
	else
		(void)munmap(b, b->size);
	errno = keep;
}

void *heap_resize(void *p, size_t size)
{
	struct block *b;
	void *q;

	if (!p)
		return heap_take(size);
	b = header_of(p);
	if (size <= b->size - HEADER)
		return p;
	q = heap_take(size);
	if (!q)
		return NULL;
	memcpy(q, p, b->size - HEADER);
	heap_give(p);
	return q;
}

#ifndef __GLIBC__
void *malloc(size_t size)
{
	return heap_take(size);
}

void *calloc(size_t n, size_t size)
{
	return heap_take_zeroed(n, size);
}

void *realloc(void *p, size_t size)
{
	return heap_resize(p, size);
}

void free(void *p)
{
	heap_give(p);
}

/* Nobody here asks for more than any type needs; and musl's own must not be
 * given blocks of ours. */
void *aligned_alloc(size_t align, size_t size)
{
	if (align <= _Alignof(max_align_t))
		return heap_take(size);
	errno = ENOMEM;
	return NULL;
}
#endif
