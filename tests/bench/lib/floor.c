/* floor.c - the least that a container costs here: what the bundle "true" asks for,
 * as root, by a program that reads no config, asks nothing and remembers nothing.
 *
 *	floor ROOTFS CGROUP
 *
 * It makes a cgroup below CGROUP, the namespaces, the mounts, the devices, masked
 * and read-only paths, drops capabilities and executes /bin/true.  What no runtime
 * does without is there, but for a filter of devices; nothing is checked that a
 * runtime would have to check.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call) must((call), #call)

static void must(long result, const char *call)
{
	if (result >= 0)
		return;
	(void)fprintf(stderr, "floor: %s: %m\n", call);
	_exit(1);
}

static void make_mounts(void)
{
	MUST(mount("proc", "proc", "proc", 0, NULL));
	MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME,
		   "mode=755,size=65536k"));
	MUST(mkdir("dev/pts", 0755));
	MUST(mkdir("dev/shm", 0755));
	MUST(mkdir("dev/mqueue", 0755));
	MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=0620,gid=5"));
	MUST(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV,
		   "mode=1777,size=65536k"));
	MUST(mount("mqueue", "dev/mqueue", "mqueue",
		   MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	MUST(mount("sysfs", "sys", "sysfs",
		   MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL));
	MUST(mount("cgroup", "sys/fs/cgroup", "cgroup2",
		   MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL));
}

static void make_devices(void)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} devices[] = {
		{ "dev/null", 1, 3 },	 { "dev/zero", 1, 5 },
		{ "dev/full", 1, 7 },	 { "dev/random", 1, 8 },
		{ "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" },
		{ "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" },
		{ "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		MUST(mknod(devices[i].path, S_IFCHR | 0666,
			   makedev(devices[i].major, devices[i].minor)));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		MUST(symlink(links[i][0], links[i][1]));
}

static void hide_paths(void)
{
	static const char *const files[] = {
		"/proc/kcore", "/proc/latency_stats", "/proc/timer_list",
		"/proc/timer_stats", "/proc/sched_debug"
	};
	static const char *const dirs[] = { "/sys/firmware", "/proc/scsi" };
	static const char *const fixed[] = {
		"/proc/asound", "/proc/bus", "/proc/fs",
		"/proc/irq",	"/proc/sys", "/proc/sysrq-trigger"
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)mount("/dev/null", files[i], NULL, MS_BIND, NULL);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		(void)mount("tmpfs", dirs[i], "tmpfs", MS_RDONLY, "size=4k");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (mount(fixed[i], fixed[i], NULL, MS_BIND | MS_REC, NULL) ==
		    0)
			MUST(mount(NULL, fixed[i], NULL,
				   MS_BIND | MS_REMOUNT | MS_RDONLY |
					   MS_NOSUID | MS_NOEXEC | MS_NODEV,
				   NULL));
}

static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(fd);
	MUST(ioctl(fd, SIOCSIFFLAGS, &lo));
	(void)close(fd);
}

static void become_container(const char *rootfs)
{
	static char *const argv[] = { (char *)"/bin/true", NULL };
	static char *const env[] = { NULL };

	(void)umask(0);
	MUST(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	MUST(mount(rootfs, rootfs, NULL, MS_BIND, NULL));
	MUST(chdir(rootfs));
	make_mounts();
	make_devices();
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	hide_paths();
	MUST(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	MUST(sethostname("floor", 5));
	raise_loopback();
	MUST(setsid());
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		MUST(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(execve(argv[0], argv, env));
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS |
			 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	char cgroup[4096];
	int fd, status;
	pid_t pid;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: floor ROOTFS CGROUP\n");
		return 2;
	}
	(void)snprintf(cgroup, sizeof(cgroup), "%s/floor.%d", argv[2],
		       (int)getpid());
	MUST(mkdir(cgroup, 0755));
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(fd);
	args.cgroup = (uint64_t)fd;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	MUST(pid);
	if (pid == 0)
		become_container(argv[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	MUST(rmdir(cgroup));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
