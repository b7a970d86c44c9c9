/* devices.c - the device filter of a container's cgroup.
 *
 * Theory of operation: our program is attached beside others that a cgroup may
 * have (a systemd unit with DeviceAllow=, a tool for GPUs); a device is for
 * those whom all of them let.  It is known by its name, and new rules take its
 * place in one step, so that there is no moment without a filter.  It goes
 * with the cgroup.
 */
#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_program.h"
#include "sys/bpf.h"

#define NAME "rootlet_device"

/* The fd of the program that is ours, or -ENOENT. */
static int open_ours(int dir_fd)
{
	uint32_t ids[SYS_BPF_PROGRAMS];
	char name[BPF_OBJ_NAME_LEN];
	int n = sys_bpf_list_device(dir_fd, ids);

	for (int i = 0; i < n; i++) {
		autoclose int fd = sys_bpf_open(ids[i]);

		if (fd >= 0 && sys_bpf_name(fd, name) == 0 &&
		    str_eq(name, NAME))
			return take_fd(&fd);
	}
	return n < 0 ? n : -ENOENT;
}

static int fail_to_load(int r, struct err *e)
{
	(void)err_errno(e, r, "load the device filter");
	if (r == -EPERM)
		return err_hint(e, "a sandbox around rootlet refuses bpf(2); "
				   "allow it there, or start rootlet with "
				   "--rootless=true");
	if (r == -EINVAL || r == -ENOSYS)
		return err_hint(e, "start a kernel that is built with "
				   "CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF");
	return r;
}

int cgroup_filter_devices(int dir_fd, const struct plan_device_rule *rules,
			  size_t n, struct err *e)
{
	struct device_program program;
	autoclose int program_fd = -1, old_fd = -1;
	int r;

	device_program_make(rules, n, &program);
	program_fd = sys_bpf_load_device(NAME, program.code, program.n);
	device_program_done(&program);
	if (program_fd < 0)
		return fail_to_load(program_fd, e);
	old_fd = open_ours(dir_fd);
	if (old_fd < 0 && old_fd != -ENOENT)
		return err_errno(e, old_fd, "look for the device filter");
	r = sys_bpf_attach_device(dir_fd, program_fd, old_fd);
	if (r == 0)
		return 0;
	(void)err_errno(e, r, "attach the device filter to the cgroup");
	if (r == -EPERM)
		return err_hint(e, "a cgroup above it has a filter that "
				   "allows no other below");
	return r;
}
