/* mem.h - memory; running out of it ends the program with a message.
 *
 * struct arena hands out zeroed memory that is all freed at once.  It is for
 * things that live and die together, such as a parsed document.
 */
#pragma once

#include <stddef.h>

/* For what can't be: ends this process as abort(3) would, which in some libc
 * signals a thread by its number, and keeps the number that a process made by
 * clone3(2) itself had before. */
__attribute__((noreturn)) void mem_abort(void);

/* Zeroed; never NULL; freed with free(). */
void *mem_zero(size_t size);
void *mem_zero_n(size_t n, size_t size); /* checks n * size */
void *mem_resize(void *p, size_t n, size_t size); /* not zeroed */
char *mem_dup(const void *data, size_t len); /* adds a '\0' */

struct arena_block;
struct arena {
	struct arena_block *blocks; /* owned */
};

/* Zeroed and aligned for any type; never NULL. */
void *arena_zero(struct arena *a, size_t size);
void *arena_zero_n(struct arena *a, size_t n, size_t size);
/* A copy with a '\0' added. */
char *arena_dup(struct arena *a, const char *text, size_t len);
char *arena_str(struct arena *a, const char *text); /* NULL gives NULL */
char *arena_format(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_done(struct arena *a);
