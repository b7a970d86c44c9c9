/* exe.c - the running process goes on from another file.
 *
 * Theory of operation: the kernel lets a process name another executable once
 * no mapping of it is of the old one, that is: of the same file reached through
 * the same mount.  So each segment that is never written is mapped again, from
 * the new file, in the place where it is; what is written (data, relocated
 * pointers) is copied to anonymous memory, which is then moved there.  Either
 * is one system call, so the code that runs meanwhile is never missing.
 *
 * The copying is the kernel's work (process_vm_readv(2) on ourselves), because
 * a sanitizer would not let memcpy() see the gaps between its variables.
 * Nothing may write to a variable between a copy and its move; what is on the
 * stack or allocated may change.
 */
#include "sys/exe.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys/process.h"

/* Where the linker has put the first byte of our file. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct image {
	const char *base; /* what a p_vaddr of 0 would be */
	const ElfW(Phdr) * headers;
	size_t n;
	uintptr_t page;
};

/* The pages of a segment that come from the file. */
struct pages {
	char *start;
	size_t len;
};

static struct pages pages_of(const struct image *image, const ElfW(Phdr) * ph,
			     size_t size)
{
	const uintptr_t from = ph->p_vaddr & ~(image->page - 1);
	const uintptr_t to = (ph->p_vaddr + size + image->page - 1) &
			     ~(image->page - 1);

	return (struct pages){
		/* The segments are ours to write where they are mapped so. */
		.start = (char *)(uintptr_t)image->base + from,
		.len = to - from,
	};
}

static int find_image(struct image *ret)
{
	const char *file = (const char *)&__ehdr_start;

	ret->headers = (const ElfW(Phdr) *)(const void *)(file +
							  __ehdr_start.e_phoff);
	ret->n = __ehdr_start.e_phnum;
	ret->page = getauxval(AT_PAGESZ);
	for (size_t i = 0; i < ret->n; i++) {
		const ElfW(Phdr) *ph = &ret->headers[i];

		if (ph->p_type == PT_LOAD && ph->p_offset == 0) {
			ret->base = file - ph->p_vaddr;
			return 0;
		}
	}
	return -ENOEXEC;
}

static int protection(const ElfW(Phdr) * ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) |
	       (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_again(const struct image *image, const ElfW(Phdr) * ph, int fd)
{
	const struct pages p = pages_of(image, ph, ph->p_filesz);
	const off_t offset = (off_t)(ph->p_offset & ~(image->page - 1));

	if (mmap(p.start, p.len, protection(ph), MAP_PRIVATE | MAP_FIXED, fd,
		 offset) == MAP_FAILED)
		return -errno;
	return 0;
}

static int make_anonymous(const struct image *image, const ElfW(Phdr) * ph)
{
	const struct pages p = pages_of(image, ph, ph->p_filesz);
	void *copy = mmap(NULL, p.len, protection(ph),
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	const struct iovec from = { .iov_base = p.start, .iov_len = p.len };
	const struct iovec to = { .iov_base = copy, .iov_len = p.len };
	int r = 0;

	if (copy == MAP_FAILED)
		return -errno;
	if (syscall(SYS_process_vm_readv, getpid(), &to, 1UL, &from, 1UL,
		    0UL) != (long)p.len)
		r = -EFAULT;
	else if (mremap(copy, p.len, p.len, MREMAP_MAYMOVE | MREMAP_FIXED,
			p.start) == MAP_FAILED)
		r = -errno;
	if (r < 0)
		(void)munmap(copy, p.len);
	return r;
}

/* What the dynamic linker had made read-only after it was relocated. */
static int protect_again(const struct image *image, const ElfW(Phdr) * ph)
{
	const uintptr_t from = ph->p_vaddr & ~(image->page - 1);
	const uintptr_t to = (ph->p_vaddr + ph->p_memsz) & ~(image->page - 1);
	char *start = (char *)(uintptr_t)image->base + from;

	return mprotect(start, to - from, PROT_READ) < 0 ? -errno : 0;
}

static int change_mappings(int fd)
{
	struct image image = { 0 };
	int r = find_image(&image);

	for (size_t i = 0; r == 0 && i < image.n; i++) {
		const ElfW(Phdr) *ph = &image.headers[i];

		if (ph->p_type == PT_LOAD && ph->p_filesz > 0)
			r = ph->p_flags & PF_W ? make_anonymous(&image, ph)
					       : map_again(&image, ph, fd);
		/* It lies within a segment that came before it: the linker
		 * sorts them so. */
		else if (ph->p_type == PT_GNU_RELRO)
			r = protect_again(&image, ph);
	}
	return r;
}

/* The executable alone, which takes CAP_SYS_RESOURCE; without that all is set at
 * once, and what we do not mean to change is what the kernel itself says. */
static int name_exe(int fd)
{
	enum {
		START_CODE,
		END_CODE,
		START_STACK,
		START_DATA,
		END_DATA,
		START_BRK,
		ARG_START,
		ARG_END,
		ENV_START,
		ENV_END,
		FIELDS
	};
	static const int numbers[FIELDS] = { 26, 27, 28, 45, 46,
					     47, 48, 49, 50, 51 };
	uint64_t v[FIELDS];
	struct prctl_mm_map map = { .exe_fd = (uint32_t)fd };
	int r;

	if (prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0) == 0)
		return 0;
	r = sys_stat_fields(getpid(), numbers, v, FIELDS);
	if (r < 0)
		return r;
	map.start_code = v[START_CODE];
	map.end_code = v[END_CODE];
	map.start_stack = v[START_STACK];
	map.start_data = v[START_DATA];
	map.end_data = v[END_DATA];
	map.start_brk = v[START_BRK];
	map.brk = (uint64_t)(uintptr_t)sbrk(0);
	map.arg_start = v[ARG_START];
	map.arg_end = v[ARG_END];
	map.env_start = v[ENV_START];
	map.env_end = v[ENV_END];
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0
		       ? -errno
		       : 0;
}

int sys_change_exe(int fd)
{
	int r = change_mappings(fd);

	return r < 0 ? r : name_exe(fd);
}

int sys_protect_relocated(void)
{
	struct image image = { 0 };
	int r = find_image(&image);

	for (size_t i = 0; r == 0 && i < image.n; i++)
		if (image.headers[i].p_type == PT_GNU_RELRO)
			r = protect_again(&image, &image.headers[i]);
	return r;
}
