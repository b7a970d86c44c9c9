/* seccomp_cache.c - compiled filters, kept in files.
 *
 * Theory of operation: one file per profile, named by a hash of its key:
 *
 *	struct head | key | program
 *
 * The hash only finds the file.  What decides is the key, which holds all that
 * the program was made of and is compared whole.  A file that is damaged, cut,
 * or not its directory owner's alone is as good as none: the filter is made
 * again.  The directory itself must be writable by its owner only; whose it
 * is, is for the caller to know, who made it.
 *
 * Nothing is locked: a file appears by rename and is never written again.
 */
#include "proc/seccomp_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/seccomp.h"

#define PREFIX	  "seccomp-"
#define FILES_MAX 64
#define KEY_MAX	  ((size_t)1 << 20)
#define FILE_MAX                         \
	(sizeof(struct head) + KEY_MAX + \
	 BPF_MAXINSNS * sizeof(struct sock_filter))

struct head {
	char magic[8];
	uint64_t sum; /* of everything behind it */
	uint32_t key_len; /* bytes */
	uint32_t n; /* instructions */
};
static const char magic[8] = "RLseccf1";

/* FNV-1a, eight bytes at a time: against damage, not against malice. */
static uint64_t hash(uint64_t h, const char *data, size_t len)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	uint64_t word;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		h = (h ^ word) * prime;
		h ^= h >> 29;
	}
	for (; len > 0; data++, len--)
		h = (h ^ (unsigned char)*data) * prime;
	return h ^ h >> 32;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

static void file_name(const char *key, size_t key_len, char name[32])
{
	(void)snprintf(name, 32, PREFIX "%016llx",
		       (unsigned long long)hash(HASH_START, key, key_len));
}

static uint64_t sum_of(const struct head *head, const char *rest, size_t len)
{
	const uint64_t sizes = (uint64_t)head->key_len << 32 | head->n;

	return hash(HASH_START ^ sizes, rest, len);
}

bool seccomp_cache_parse(const void *data, size_t len, const char *key,
			 size_t key_len, struct seccomp_filter *f)
{
	const char *rest = (const char *)data + sizeof(struct head);
	struct head head;
	size_t size;

	if (len < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 ||
	    head.key_len != key_len || head.n == 0 || head.n > BPF_MAXINSNS)
		return false;
	size = head.n * sizeof(struct sock_filter);
	if (len - sizeof(head) != key_len + size ||
	    memcmp(rest, key, key_len) != 0 ||
	    sum_of(&head, rest, key_len + size) != head.sum)
		return false;
	f->program = mem_dup(rest + key_len, size);
	f->n = head.n;
	return true;
}

/* Nobody but the owner of the directory can have written the file. */
static bool is_trusted(int cache_fd, int fd, struct stat *ret)
{
	struct stat dir;

	return fstat(cache_fd, &dir) == 0 && fstat(fd, ret) == 0 &&
	       S_ISDIR(dir.st_mode) && (dir.st_mode & 022) == 0 &&
	       S_ISREG(ret->st_mode) && (ret->st_mode & 022) == 0 &&
	       ret->st_uid == dir.st_uid && ret->st_size >= 0 &&
	       (size_t)ret->st_size <= FILE_MAX;
}

bool seccomp_cache_get(int cache_fd, const char *key, size_t key_len,
		       struct seccomp_filter *f)
{
	autofree char *data = NULL;
	autoclose int fd = -1;
	struct stat st;
	char name[32];
	ssize_t n;

	if (cache_fd < 0 || key_len > KEY_MAX)
		return false;
	file_name(key, key_len, name);
	fd = openat(cache_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || !is_trusted(cache_fd, fd, &st))
		return false;
	data = mem_resize(NULL, (size_t)st.st_size, 1);
	n = read(fd, data, (size_t)st.st_size);
	return n == st.st_size &&
	       seccomp_cache_parse(data, (size_t)n, key, key_len, f);
}

static bool is_older(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* Takes away the oldest file when there are too many; each call of put adds
 * one at most, so one at a time is enough. */
static void forget_oldest(int cache_fd)
{
	autodir DIR *dir = NULL;
	autoclose int fd = openat(cache_fd, ".",
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat oldest = { 0 };
	const struct dirent *entry;
	char name[32] = "";
	size_t n = 0;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return;
	(void)take_fd(&fd);
	/* One thread, and a stream of our own. */
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		if (!str_after(entry->d_name, PREFIX) ||
		    strlen(entry->d_name) >= sizeof(name) ||
		    fstatat(cache_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			    0)
			continue;
		n++;
		if (n > 1 && !is_older(&st, &oldest))
			continue;
		oldest = st;
		memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
	}
	if (n >= FILES_MAX)
		(void)unlinkat(cache_fd, name, 0);
}

void seccomp_cache_put(int cache_fd, const char *key, size_t key_len,
		       const struct seccomp_filter *f)
{
	struct strbuf b = { 0 };
	struct head head = { .key_len = (uint32_t)key_len,
			     .n = (uint32_t)f->n };
	struct err ignored = { 0 };
	char name[32];

	if (cache_fd < 0 || key_len > KEY_MAX || f->n == 0 ||
	    f->n > BPF_MAXINSNS)
		return;
	forget_oldest(cache_fd);
	memcpy(head.magic, magic, sizeof(magic));
	strbuf_add(&b, &head, sizeof(head));
	strbuf_add(&b, key, key_len);
	strbuf_add(&b, f->program, f->n * sizeof(struct sock_filter));
	head.sum = sum_of(&head, b.text + sizeof(head), b.len - sizeof(head));
	memcpy(b.text, &head, sizeof(head));
	file_name(key, key_len, name);
	/* A full or read-only disk only makes the next start slower. */
	(void)file_replace_at(cache_fd, name, b.text, b.len, 0600, &ignored);
	strbuf_done(&b);
}
