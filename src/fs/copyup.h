/* copyup.h - a tmpfs that begins with what it covers (option tmpcopyup). */
#pragma once

struct err;
struct plan_mount;

/* Copies what is in the directory behind below_fd (O_PATH does) to the root of
 * m's new filesystem, mount_fd, which is mounted nowhere yet.  0; 1 when not
 * all of it could be had, see DEGRADE_COPY_UP; or -errno. */
int copyup(const struct plan_mount *m, int below_fd, int mount_fd,
	   struct err *e);
