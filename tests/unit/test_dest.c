/* test_dest.c - tests of fs/dest.c, with this machine's own /proc as a target. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/dest.h"
#include "fs/fs.h"
#include "test.h"

static struct fs fs = FS_INIT;
static const struct plan plan = { .root = { .path = "/" } };

static void below(void)
{
	ok(dest_is_below("/dev/pts", "/dev"), "/dev/pts is below /dev");
	ok(dest_is_below("/dev", "/dev/"), "a directory is below itself");
	ok(dest_is_below("//dev/./pts", "/./dev//"), "slashes and dots");
	ok(dest_is_below("/x", "/"), "all is below /");
	ok(!dest_is_below("/device", "/dev"), "/device is not below /dev");
	ok(!dest_is_below("/dev", "/dev/pts"), "nor a parent below its child");
	ok(!dest_is_below("/dev/../etc", "/dev"), "nothing with \"..\"");
}

static void modes(void)
{
	struct mount_param mode = { "mode", "755" };
	struct plan_mount m = { .fstype = "tmpfs", .ladder = { MOUNT_FS } };

	ok(dest_gives_mode(&m), "a tmpfs takes the mode from below");
	m.params = &mode;
	m.n_params = 1;
	ok(!dest_gives_mode(&m), "unless it has its own");
	m = (struct plan_mount){ .fstype = "proc", .ladder = { MOUNT_FS } };
	ok(!dest_gives_mode(&m), "no other filesystem does");
	m = (struct plan_mount){ .ladder = { MOUNT_BIND } };
	ok(!dest_gives_mode(&m), "nor does a bind");
}

/* 0, or -errno of opening it as a mount point. */
static int target(const char *dest, bool is_proc, bool is_dir)
{
	struct plan_mount m = { .dest = dest,
				.source = "source",
				.is_proc = is_proc };
	struct err e = { 0 };
	autoclose int fd = dest_open(&fs, &plan, &m, is_dir, &e);

	if (fd < 0 && e.text[0] == '\0')
		return -EPROTO; /* an error needs its sentence */
	return fd < 0 ? fd : 0;
}

static void inside_proc(void)
{
	is_int(target("/proc/meminfo", false, false), 0,
	       "a file that lxcfs covers");
	is_int(target("/proc/self/attr", false, true), -EPERM,
	       "where labels are written");
	is_int(target("/proc/self/oom_score_adj", false, false), -EPERM,
	       "a file of a process");
	is_int(target("/proc/sys/kernel", false, true), -EPERM,
	       "where sysctls are written");
	is_int(target("/proc/../proc/meminfo", false, false), -EPERM,
	       "a listed file by another spelling");
	is_int(target("/proc", false, true), -EPERM, "a bind over /proc");
	is_int(target("/proc", true, true), 0, "a procfs over /proc");
	is_int(target("/proc/sys", true, true), -EPERM,
	       "a procfs elsewhere in it");
	is_int(target("/dev/fd", true, true), -ELOOP,
	       "a procfs where a symlink is");
}

static void kinds(void)
{
	is_int(target("/", false, true), -EINVAL, "the root itself");
	is_int(target("/./", false, true), -EINVAL, "however it is written");
	is_int(target("/usr", false, false), -EISDIR,
	       "a file over a directory");
	is_int(target("/etc/passwd", false, true), -ENOTDIR,
	       "a directory over a file");
	is_int(target("/usr", false, true), 0, "a directory over a directory");
}

int main(void)
{
	fs.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	below();
	modes();
	inside_proc();
	kinds();
	own_close(&fs.root_fd);
	return done();
}
