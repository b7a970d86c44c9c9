/* memfd.c - files that exist in memory only; memfd_create(2). */
#include "sys/memfd.h"

#include <errno.h>
#include <sys/mman.h>

/* Linux 6.3; older kernels say EINVAL. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int make(const char *name, unsigned flags, unsigned newer_flags)
{
	int fd = memfd_create(name, flags | newer_flags);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

int sys_memfd_data(const char *name)
{
	return make(name, MFD_CLOEXEC, MFD_NOEXEC_SEAL);
}

int sys_memfd_exec(const char *name)
{
	return make(name, MFD_CLOEXEC | MFD_ALLOW_SEALING, MFD_EXEC);
}
