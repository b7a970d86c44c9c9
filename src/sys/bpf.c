/* bpf.c - the device filters of cgroups. */
#include "sys/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel wants zeros in what a command does not use, beyond the first
 * member of the union too. */
static void begin(union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
}

static int call(int command, union bpf_attr *attr)
{
	int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

int sys_bpf_load_device(const char *name, const struct bpf_insn *code, size_t n)
{
	union bpf_attr attr;
	int r;

	begin(&attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = (uint32_t)n;
	/* Matters to programs that call functions of the kernel only. */
	attr.license = (uintptr_t) "Apache-2.0";
	(void)snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	/* The verifier gives up like this when a signal is pending. */
	do {
		r = call(BPF_PROG_LOAD, &attr);
	} while (r == -EAGAIN);
	return r;
}

int sys_bpf_attach_device(int cgroup_fd, int program_fd, int replace_fd)
{
	union bpf_attr attr;

	begin(&attr);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replace_fd >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replace_fd;
	}
	return call(BPF_PROG_ATTACH, &attr);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the kernel writes there */
int sys_bpf_list_device(int cgroup_fd, uint32_t ret[SYS_BPF_PROGRAMS])
{
	union bpf_attr attr;
	int r;

	begin(&attr);
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ret;
	attr.query.prog_cnt = SYS_BPF_PROGRAMS;
	r = call(BPF_PROG_QUERY, &attr);
	return r < 0 ? r : (int)attr.query.prog_cnt;
}

int sys_bpf_open(uint32_t id)
{
	union bpf_attr attr;

	begin(&attr);
	attr.prog_id = id;
	return call(BPF_PROG_GET_FD_BY_ID, &attr);
}

int sys_bpf_name(int program_fd, char ret[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr;
	int r;

	begin(&attr);
	attr.info.bpf_fd = (uint32_t)program_fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	r = call(BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (r < 0)
		return r;
	memcpy(ret, info.name, BPF_OBJ_NAME_LEN);
	ret[BPF_OBJ_NAME_LEN - 1] = '\0';
	return 0;
}
