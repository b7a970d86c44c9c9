/* fuzz_seccomp_cache.c - libFuzzer target of proc/seccomp_cache.c: any bytes
 * as a file of the cache.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proc/seccomp.h"
#include "proc/seccomp_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of the size of the header; a sum that fits is hard to guess, so the
	 * reader is told what the file says its key is. */
	const size_t head = 24;
	struct seccomp_filter f = { 0 };
	uint32_t key_len = 0;
	const char *key = "";

	if (size >= head) {
		memcpy(&key_len, data + 16, sizeof(key_len));
		key = (const char *)data + head;
		if (key_len > size - head)
			key_len = (uint32_t)(size - head);
	}
	if (seccomp_cache_parse(data, size, key, key_len, &f) &&
	    (f.n == 0 || f.n > BPF_MAXINSNS ||
	     f.n * sizeof(struct sock_filter) + key_len + head != size))
		abort();
	seccomp_filter_done(&f);
	return 0;
}
