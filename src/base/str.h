/* str.h - strings: formatting, comparing, growing buffers, numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

char *str_dup(const char *s); /* NULL gives NULL; free() */
char *str_format(const char *fmt, ...) /* free() */
	__attribute__((format(printf, 1, 2)));

static inline bool str_eq(const char *a, const char *b)
{
	/* Most that are compared differ at once, without a call. */
	return *a == *b && strcmp(a, b) == 0;
}

/* "" and NULL are both empty. */
static inline bool str_empty(const char *s)
{
	return !s || *s == '\0';
}

/* What follows the prefix, or NULL when s does not start with it. */
const char *str_after(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Whole strings of decimal digits only: no sign (but '-' for str_int64), no
 * blanks.  Return 0, or -EINVAL or -ERANGE with *ret untouched. */
int str_uint64(const char *s, uint64_t *ret);
int str_uint32(const char *s, uint32_t *ret);
int str_int64(const char *s, int64_t *ret);

/* A buffer that grows; text is always '\0'-terminated, and never NULL after
 * the first call.  { 0 } is empty. */
struct strbuf {
	char *text; /* owned */
	size_t len;
	size_t room;
};

void strbuf_add(struct strbuf *b, const void *data, size_t len);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_done(struct strbuf *b);
