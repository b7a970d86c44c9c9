/* mem.c - memory; running out of it ends the program with a message. */
#include "base/mem.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BLOCK 16384

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data, in bytes */
	size_t used;
	max_align_t data[];
};

void mem_abort(void)
{
	(void)kill(getpid(), SIGABRT);
	/* The first process of a pid namespace survives that, its own signal. */
	__builtin_trap();
}

__attribute__((noreturn)) static void out_of_memory(void)
{
	static const char text[] = "rootlet: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	mem_abort();
}

void *mem_zero(size_t size)
{
	return mem_zero_n(1, size);
}

void *mem_zero_n(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_resize(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size ? size : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *mem_dup(const void *data, size_t len)
{
	char *p = mem_zero(len + 1);

	if (len > 0)
		memcpy(p, data, len);
	return p;
}

/* Blocks that were given back, for the next arenas: commands that look at many
 * containers make one for each, and some libc asks the kernel for the memory of
 * each anew, and gives it back.  The first few are not asked for at all. */
#define POOL 6
/* Where use of what was given back is looked for, it is given back. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS false
#endif
#endif
#ifndef KEEPS
#define KEEPS true
#endif
static max_align_t pool[POOL][(sizeof(struct arena_block) + ARENA_BLOCK) /
			      sizeof(max_align_t)];
static size_t pool_used;
static struct arena_block *spare;

static struct arena_block *take_block(size_t room)
{
	struct arena_block *b;

	if (room > ARENA_BLOCK) {
		b = mem_zero(sizeof(*b) + room);
		b->size = room;
		return b;
	}
	if (spare) {
		b = spare;
		spare = b->next;
		memset(b->data, 0, b->used);
		b->used = 0;
		return b;
	}
	b = KEEPS && pool_used < POOL ? (void *)pool[pool_used++]
				      : mem_zero(sizeof(*b) + ARENA_BLOCK);
	b->size = ARENA_BLOCK;
	return b;
}

static void give_block(struct arena_block *b)
{
	if (!KEEPS || b->size != ARENA_BLOCK) {
		free(b);
		return;
	}
	b->next = spare;
	spare = b;
}

void *arena_zero(struct arena *a, size_t size)
{
	const size_t align = sizeof(max_align_t);
	struct arena_block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + align - 1) / align * align;
	if (!b || b->size - b->used < size) {
		b = take_block(size);
		b->next = a->blocks;
		a->blocks = b;
	}
	p = (char *)b->data + b->used;
	b->used += size;
	return p;
}

void *arena_zero_n(struct arena *a, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		out_of_memory();
	return arena_zero(a, n * size);
}

char *arena_dup(struct arena *a, const char *text, size_t len)
{
	char *p = arena_zero(a, len + 1);

	if (len > 0)
		memcpy(p, text, len);
	return p;
}

char *arena_str(struct arena *a, const char *text)
{
	return text ? arena_dup(a, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	p = arena_zero(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		give_block(a->blocks);
		a->blocks = next;
	}
}
