/* bpf.h - the device filters of cgroups: programs of eBPF; bpf(2).
 *
 * All return >= 0 or -errno.  They take CAP_BPF and CAP_NET_ADMIN in the
 * initial user namespace, the last two CAP_SYS_ADMIN.
 */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* As many as the kernel attaches to one cgroup. */
#define SYS_BPF_PROGRAMS 64

/* Lets the verifier read the program; returns its fd, CLOEXEC.  At most 15
 * letters, digits, '_' and '.' make a name. */
int sys_bpf_load_device(const char *name, const struct bpf_insn *code,
			size_t n);

/* Beside the programs that are there: a device is for those whom they all
 * let.  replace_fd: the one that it takes the place of, or -1. */
int sys_bpf_attach_device(int cgroup_fd, int program_fd, int replace_fd);

/* Ids of the cgroup's own device filters; how many. */
int sys_bpf_list_device(int cgroup_fd, uint32_t ret[SYS_BPF_PROGRAMS]);
int sys_bpf_open(uint32_t id); /* CLOEXEC */
int sys_bpf_name(int program_fd, char ret[BPF_OBJ_NAME_LEN]);
