/* notify.c - sd_notify(3) of a container's program, passed on.
 *
 * Theory of operation: systemd takes notifications of a service's own
 * processes, and looks at the pid that the kernel says has sent them; of
 * NotifyAccess=main, the default, only at those of the main one.  A process of
 * the container is neither.  So it gets a socket of ours, and what it says
 * there we say again as ourselves.
 *
 * Not every line: a program may say how it goes, but not which pid is the main
 * one (it knows only pids of its namespace), store file descriptors with our
 * supervisor, or change whom that believes.  In the foreground we stay the
 * main process: systemd can wait for us and sees our exit status.  Who ends
 * when the program is ready (`run -d`, `start`) names init as the main one.
 *
 * A supervisor finds a sender's service by its pid.  Before we end, BARRIER=1
 * with a pipe tells that all of ours was read: the other end is closed then.
 * A barrier of the program's needs no help: file descriptors that come with a
 * datagram are closed as it is read, and all before it was passed on.
 */
#include "proc/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "sys/client.h"
#include "sys/fdpass.h"

/* systemd reads no longer ones. */
#define MESSAGE_MAX 4096
/* At a time: signals and the terminal want their turn. */
#define DATAGRAMS_MAX 16
#define BARRIER_MS    5000
#define NAME	      PLAN_NOTIFY_DIR "/" PLAN_NOTIFY_SOCKET

struct notify {
	int sock; /* the program speaks to it */
	int upstream_sock;
	bool stuck; /* the supervisor did not read the last one in time */
};

static const char *const passed_on[] = {
	"READY=", "RELOADING=", "MONOTONIC_USEC=",	"STOPPING=", "STATUS=",
	"ERRNO=", "BUSERROR=",	"EXTEND_TIMEOUT_USEC=", "WATCHDOG=",
};

/* --- the two ends --------------------------------------------------------- */

/* Of the abstract namespace, which belongs to the network namespace. */
static int connect_abstract(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const size_t len = strlen(name);
	autoclose int sock = -1;

	if (len > sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path + 1, name + 1, len - 1);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 ||
	    connect(sock, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) <
		    0)
		return -errno;
	return take_fd(&sock);
}

static int connect_upstream(const char *upstream)
{
	/* A supervisor that is busy for long misses some; we don't. */
	const struct timeval patience = { .tv_sec = 1 };
	int sock = *upstream == '@' ? connect_abstract(upstream)
				    : client_connect_type(upstream, SOCK_DGRAM);

	if (sock >= 0)
		(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience,
				 sizeof(patience));
	return sock;
}

/* Every user of the container may speak; on the host nobody else gets there. */
static int listen_here(int dir_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	autoclose int sock = socket(
		AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (sock < 0)
		return -errno;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path),
		       "/proc/self/fd/%d/" NAME, dir_fd);
	(void)unlinkat(dir_fd, NAME, 0); /* of a start that was killed */
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fchmodat(dir_fd, NAME, 0777, 0) < 0)
		return -errno;
	return take_fd(&sock);
}

struct notify *notify_begin(const char *upstream, int dir_fd)
{
	autoclose int upstream_sock = -1;
	autoclose int sock = -1;
	struct notify *n;

	if (!upstream || faccessat(dir_fd, PLAN_NOTIFY_DIR, F_OK, 0) < 0)
		return NULL;
	upstream_sock = connect_upstream(upstream);
	sock = upstream_sock < 0 ? upstream_sock : listen_here(dir_fd);
	if (sock < 0) {
		log_write(LOG_WARNING,
			  "NOTIFY_SOCKET %s: what the program says can't be "
			  "passed on (%s), ignoring",
			  upstream, err_name(sock));
		return NULL;
	}
	n = mem_zero(sizeof(*n));
	n->sock = take_fd(&sock);
	n->upstream_sock = take_fd(&upstream_sock);
	return n;
}

int notify_fd(const struct notify *n)
{
	return n->sock;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	own_close(&n->sock);
	own_close(&n->upstream_sock);
	free(n);
}

/* --- what is said --------------------------------------------------------- */

static bool is_passed_on(const char *line)
{
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		if (str_after(line, passed_on[i]))
			return true;
	return false;
}

/* 1: it says READY=1. */
static int say_again(struct notify *n, char *message, pid_t main_pid)
{
	struct strbuf out = { 0 };
	char *save = NULL;
	int ready = 0;

	for (char *line = strtok_r(message, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!is_passed_on(line))
			continue;
		strbuf_printf(&out, "%s\n", line);
		ready |= str_eq(line, "READY=1");
	}
	if (ready && main_pid > 0)
		strbuf_printf(&out, "MAINPID=%d\n", (int)main_pid);
	/* Nobody there any more: the program runs all the same, ignoring. */
	if (out.len > 0)
		n->stuck = fdpass_send(n->upstream_sock, out.text, out.len,
				       -1) == -EAGAIN;
	strbuf_done(&out);
	return ready;
}

int notify_forward(struct notify *n, pid_t main_pid)
{
	char message[MESSAGE_MAX + 1];
	int ready = 0;

	n->stuck = false;
	for (int i = 0; i < DATAGRAMS_MAX && !n->stuck; i++) {
		/* With MSG_TRUNC the whole length, be it too long. */
		ssize_t len = recv(n->sock, message, MESSAGE_MAX, MSG_TRUNC);

		if (len < 0)
			break;
		if (len > MESSAGE_MAX)
			continue;
		message[len] = '\0';
		ready |= say_again(n, message, main_pid);
	}
	return ready;
}

static void barrier(const struct notify *n)
{
	static const char text[] = "BARRIER=1";
	struct pollfd p = { .events = 0 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	p.fd = ends[0];
	if (fdpass_send(n->upstream_sock, text, sizeof(text) - 1, ends[1]) ==
	    0) {
		(void)close(ends[1]);
		(void)poll(&p, 1, BARRIER_MS);
	} else {
		(void)close(ends[1]);
	}
	(void)close(ends[0]);
}

void notify_wait(struct notify *n, int pidfd, pid_t pid)
{
	struct pollfd fds[2] = {
		{ .fd = n->sock, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
	};
	int ready = 0;

	while (!ready) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		/* What it said at its end comes first. */
		if (fds[0].revents)
			ready = notify_forward(n, pid);
		else if (fds[1].revents)
			return;
	}
	barrier(n);
}
