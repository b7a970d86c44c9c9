/* effective.c - our own effective capabilities, less for a while. */
#include "sys/effective.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static int get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &head, data) < 0 ? -errno : 0;
}

int sys_caps_show(uint64_t had)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };
	int r = get(data);

	if (r < 0)
		return r;
	data[0].effective = (uint32_t)had;
	data[1].effective = (uint32_t)(had >> 32);
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int sys_caps_hide(uint64_t caps, uint64_t *ret_had)
{
	struct __user_cap_data_struct data[2] = { 0 };
	int r = get(data);

	if (r < 0)
		return r;
	*ret_had = data[0].effective | (uint64_t)data[1].effective << 32;
	return sys_caps_show(*ret_had & ~caps);
}
