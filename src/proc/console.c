/* console.c - the terminal of a container. */
#include "proc/console.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "sys/beneath.h"

/* Of <asm/ioctls.h>, which clashes with nothing but is not in glibc's headers
 * of 2.34 for every architecture. */
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int not_devpts(struct err *e)
{
	(void)err_set(e, ENODEV, "/dev/pts of the container is no devpts");
	return err_hint(e, "process.terminal takes a mount of type devpts at "
			   "/dev/pts in config.json");
}

/* The directory is checked before anything in it is opened: opening a device
 * may already do something, and nobody can make other devices in a devpts. */
static int open_master(int root_fd, int *ret, struct err *e)
{
	autoclose int dir_fd = -1;
	autoclose int fd = -1;
	struct statfs fs;
	struct stat st;

	dir_fd = beneath_open(root_fd, "/dev/pts",
			      O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		(void)err_errno(e, dir_fd, "open /dev/pts of the container");
		return err_hint(e,
				"process.terminal takes a mount of type devpts "
				"at /dev/pts in config.json");
	}
	if (fstatfs(dir_fd, &fs) < 0)
		return err_sys(e, "look at /dev/pts of the container");
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return not_devpts(e);
	fd = beneath_open(dir_fd, "ptmx",
			  O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		(void)err_errno(e, fd, "open /dev/pts/ptmx of the container");
		return err_hint(e,
				fd == -EACCES
					? "mount devpts with the option "
					  "ptmxmode=0666"
					: "the number of terminals may be used "
					  "up: see /proc/sys/kernel/pty/nr");
	}
	/* Something else may be mounted over the file. */
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "look at /dev/pts/ptmx of the container");
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(5, 2))
		return not_devpts(e);
	*ret = take_fd(&fd);
	return 0;
}

/* Of the bundle, else that of the caller's terminal, so that a program which
 * asks at once gets an answer. */
static struct winsize first_size(const struct plan_process *p)
{
	struct winsize size = {
		.ws_row = p->console_size.height,
		.ws_col = p->console_size.width,
	};

	if (size.ws_row == 0 || size.ws_col == 0) {
		size = (struct winsize){ 0 };
		for (int fd = 0; fd <= 2 && size.ws_row == 0; fd++)
			if (ioctl(fd, TIOCGWINSZ, &size) < 0)
				size = (struct winsize){ 0 };
	}
	return size;
}

int console_open(int root_fd, const struct plan_process *p, int *ret_master,
		 int *ret_slave, struct err *e)
{
	autoclose int master_fd = -1;
	autoclose int slave_fd = -1;
	const struct winsize size = first_size(p);
	int unlocked = 0;
	int r;

	r = open_master(root_fd, &master_fd, e);
	if (r < 0)
		return r;
	if (ioctl(master_fd, TIOCSPTLCK, &unlocked) < 0)
		return err_sys(e, "unlock the terminal");
	slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave_fd < 0)
		return err_sys(e, "open the terminal's other end");
	/* The group stays that of the devpts' gid= option.  EINVAL, EPERM: the
	 * uid does not map here (a nested user namespace holds it); it has the
	 * open fd and needs no more, ignoring. */
	if (fchown(slave_fd, p->uid, (gid_t)-1) < 0 && errno != EINVAL &&
	    errno != EPERM)
		return err_sys(e, "give the terminal to uid %u", p->uid);
	if (size.ws_row != 0 && size.ws_col != 0 &&
	    ioctl(master_fd, TIOCSWINSZ, &size) < 0)
		return err_sys(e, "set the terminal's size to %ux%u",
			       size.ws_col, size.ws_row);
	*ret_master = take_fd(&master_fd);
	*ret_slave = take_fd(&slave_fd);
	return 0;
}

void console_name(int master_fd, char ret[32])
{
	int number = 0;

	if (ioctl(master_fd, TIOCGPTN, &number) < 0)
		(void)snprintf(ret, 32, "/dev/pts/ptmx");
	else
		(void)snprintf(ret, 32, "/dev/pts/%d", number);
}

int console_take(int slave_fd, struct err *e)
{
	if (ioctl(slave_fd, TIOCSCTTY, 0) < 0)
		return err_sys(e, "make the terminal the controlling one");
	for (int fd = 0; fd <= 2; fd++) {
		if (slave_fd != fd && dup2(slave_fd, fd) < 0)
			return err_sys(e, "make the terminal fd %d", fd);
	}
	if (slave_fd > 2)
		(void)close(slave_fd);
	return 0;
}
