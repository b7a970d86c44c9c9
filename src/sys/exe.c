/* exe.c - the running process goes on from another file.
 *
 * Theory of operation: the kernel lets a process name another executable once
 * no mapping of it is of the old one, that is: of the same file reached through
 * the same mount.  So each segment that is never written is mapped again, from
 * the new file, in the place where it is; what is written (data, relocated
 * pointers) is copied to anonymous memory, which is then moved there.  Either
 * is one system call, so the code that runs meanwhile is never missing.
 *
 * The copying is done by hand, because a sanitizer would not let memcpy() see the
 * gaps between its variables; by the kernel (process_vm_readv(2) on ourselves) it
 * would take three times as long.
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
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

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

/* Whole pages.  Volatile, or the compiler would make a memcpy() of it. */
__attribute__((no_sanitize("address", "undefined"))) static void copy_pages(
	volatile uint64_t *to, const volatile uint64_t *from, size_t len)
{
	for (size_t i = 0; i < len / sizeof(*to); i++)
		to[i] = from[i];
}

static int make_anonymous(const struct image *image, const ElfW(Phdr) * ph)
{
	const struct pages p = pages_of(image, ph, ph->p_filesz);
	void *copy = mmap(NULL, p.len, protection(ph),
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int r;

	if (copy == MAP_FAILED)
		return -errno;
	copy_pages(copy, (const volatile uint64_t *)(void *)p.start, p.len);
	if (mremap(copy, p.len, p.len, MREMAP_MAYMOVE | MREMAP_FIXED,
		   p.start) != MAP_FAILED)
		return 0;
	r = -errno;
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

static int change_mappings(const struct image *image, int fd)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < image->n; i++) {
		const ElfW(Phdr) *ph = &image->headers[i];

		if (ph->p_type == PT_LOAD && ph->p_filesz > 0)
			r = ph->p_flags & PF_W ? make_anonymous(image, ph)
					       : map_again(image, ph, fd);
		/* It lies within a segment that came before it: the linker
		 * sorts them so. */
		else if (ph->p_type == PT_GNU_RELRO)
			r = protect_again(image, ph);
	}
	return r;
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Code and data as execve(2) says where they are. */
static void find_code(const struct image *image, struct prctl_mm_map *map)
{
	for (size_t i = 0; i < image->n; i++) {
		const ElfW(Phdr) *ph = &image->headers[i];
		const uint64_t start = address(image->base) + ph->p_vaddr;
		const uint64_t end = start + ph->p_filesz;

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_flags & PF_X) {
			map->start_code = start;
			map->end_code = end;
		}
		map->start_data = start; /* the last one's */
		map->end_data = end;
	}
}

/* The arguments, then the environment, then the file's name; execve(2) has laid
 * them so, and the table of the arguments at the top of the stack. */
static void find_strings(char *const *argv, struct prctl_mm_map *map)
{
	const char *end = argv[0];
	uint64_t name = getauxval(AT_EXECFN);

	for (size_t i = 0; argv[i]; i++)
		end = argv[i] + strlen(argv[i]) + 1;
	map->start_stack = address(argv) - sizeof(long);
	map->arg_start = address(argv[0]);
	map->arg_end = address(end);
	map->env_start = map->arg_end;
	map->env_end = name > map->env_start ? name : map->env_start;
}

/* The executable alone, which takes CAP_SYS_RESOURCE; without that all is set at
 * once.  /proc/self/stat tells what there was before, but takes 20 us. */
static int name_exe(const struct image *image, int fd, char *const *argv)
{
	struct prctl_mm_map map = { .exe_fd = (uint32_t)fd };

	if (prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0) == 0)
		return 0;
	find_code(image, &map);
	find_strings(argv, &map);
	map.brk = address(sbrk(0));
	map.start_brk = map.brk;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0
		       ? -errno
		       : 0;
}

int sys_change_exe(int fd, char *const *argv)
{
	struct image image = { 0 };
	int r = find_image(&image);

	if (r == 0)
		r = change_mappings(&image, fd);
	return r < 0 ? r : name_exe(&image, fd, argv);
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
