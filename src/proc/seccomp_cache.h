/* seccomp_cache.h - compiled filters, kept in files.  HOST.
 *
 * For seccomp.c, its unit test and its fuzzer only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct seccomp_filter;

/* Looks for the filter of `key`.  True with f->program and f->n filled (flags
 * are not kept); false when it is not there, damaged, or not to be trusted. */
bool seccomp_cache_get(int cache_fd, const char *key, size_t key_len,
		       struct seccomp_filter *f);

/* Keeps it; when it can't, it is as if it had not been called. */
void seccomp_cache_put(int cache_fd, const char *key, size_t key_len,
		       const struct seccomp_filter *f);

/* The text of one file; true when it is whole and of this key. */
bool seccomp_cache_parse(const void *data, size_t len, const char *key,
			 size_t key_len, struct seccomp_filter *f);
