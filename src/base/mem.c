/* mem.c - memory; running out of it ends the program with a message. */
#include "base/mem.h"

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data, in bytes */
	size_t used;
	max_align_t data[];
};

/* With its own header and the one of base/heap.h a page. */
#define ARENA_BLOCK (4096 - sizeof(struct arena_block) - 16)

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

static struct arena_block *take_block(size_t room)
{
	struct arena_block *b;

	if (room < ARENA_BLOCK)
		room = ARENA_BLOCK;
	b = mem_zero(sizeof(*b) + room);
	b->size = room;
	return b;
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

		free(a->blocks);
		a->blocks = next;
	}
}
