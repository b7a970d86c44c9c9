/* memfd.h - files that exist in memory only; memfd_create(2). */
#pragma once

/* For data; never executable where the kernel knows that (6.3; with the
 * sysctl vm.memfd_noexec=2 it makes no other).  O_CLOEXEC, or -errno. */
int sys_memfd_data(const char *name);

/* For a program, and for seals; -EACCES under vm.memfd_noexec=2. */
int sys_memfd_exec(const char *name);
