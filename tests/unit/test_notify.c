/* test_notify.c - unit tests of proc/notify.c. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "proc/notify.h"

static char dir[] = "/tmp/rootlet-notify-XXXXXX";

static int dgram(const char *path, bool listen_there)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un,
						   sun_path) +
					  strlen(path) + (*path != '@'));
	int r;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	r = listen_there ? bind(fd, (struct sockaddr *)&addr, len)
			 : connect(fd, (struct sockaddr *)&addr, len);
	if (fd < 0 || r < 0)
		abort();
	return fd;
}

/* What has come, or "". */
static const char *heard(int fd)
{
	static char text[8192];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void nobody(int dir_fd)
{
	ok(!notify_begin(NULL, dir_fd), "nobody waits");
	ok(!notify_begin("/nowhere/notify", dir_fd), "no place was made");
	if (mkdirat(dir_fd, PLAN_NOTIFY_DIR, 0755) < 0)
		abort();
	ok(!notify_begin("/nowhere/notify", dir_fd), "nobody listens");
	ok(!notify_begin("@rootlet-nobody", dir_fd), "nobody, abstract");
}

static void passes_on(int dir_fd, const char *upstream)
{
	autoclose int service = dgram(upstream, true);
	struct notify *n = notify_begin(upstream, dir_fd);
	autoclose int program = -1;
	autofree char *big = str_format("STATUS=%04200d", 0);

	if (!n)
		abort();
	program = dgram(PLAN_NOTIFY_DIR "/" PLAN_NOTIFY_SOCKET, false);
	is_int(notify_forward(n, 0), 0, "nothing was said");
	(void)send(program, "STATUS=a b\nFDSTORE=1\n\nMAINPID=7\nREADYX=1", 38,
		   0);
	is_int(notify_forward(n, 9), 0, "not ready yet");
	is_str(heard(service), "STATUS=a b\n", "only what is about us");
	(void)send(program, "MAINPID=7", 9, 0);
	(void)notify_forward(n, 9);
	is_str(heard(service), "", "nothing is left of it");
	(void)send(program, "READY=1", 7, 0);
	is_int(notify_forward(n, 9), 1, "ready");
	is_str(heard(service), "READY=1\nMAINPID=9\n", "we name the process");
	(void)send(program, "READY=1\n", 8, 0);
	is_int(notify_forward(n, 0), 1, "ready, and we stay");
	is_str(heard(service), "READY=1\n", "then we don't");
	(void)send(program, big, strlen(big), 0);
	(void)send(program, "STOPPING=1", 10, 0);
	(void)notify_forward(n, 0);
	is_str(heard(service), "STOPPING=1\n", "a long one is left out");
	own_close(&service);
	(void)send(program, "STATUS=x", 8, 0);
	(void)notify_forward(n, 0);
	ok(true, "a service that has gone does no harm");
	notify_free(n);
	(void)unlink(upstream);
}

/* A program that says much must not keep us from everything else, however slow
 * the supervisor is. */
static void waits_once(int dir_fd, const char *upstream)
{
	autoclose int service = dgram(upstream, true);
	autoclose int filler = dgram(upstream, false);
	struct notify *n = notify_begin(upstream, dir_fd);
	autoclose int program = -1;
	struct timespec begin, end;

	if (!n)
		abort();
	while (send(filler, "STATUS=", 7, 0) > 0)
		continue;
	program = dgram(PLAN_NOTIFY_DIR "/" PLAN_NOTIFY_SOCKET, false);
	for (int i = 0; i < 5; i++)
		(void)send(program, "STATUS=x", 8, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	(void)notify_forward(n, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	ok(end.tv_sec - begin.tv_sec <= 3, "one is waited for, not each");
	notify_free(n);
	(void)unlink(upstream);
}

int main(void)
{
	autofree char *abstract = NULL;
	autofree char *path = NULL;
	autoclose int dir_fd = -1;

	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
	path = str_format("%s/upstream", dir);
	abstract = str_format("@%s", dir);
	log_silence();
	dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	nobody(dir_fd);
	passes_on(dir_fd, path);
	passes_on(dir_fd, abstract);
	waits_once(dir_fd, path);
	(void)unlink(PLAN_NOTIFY_DIR "/" PLAN_NOTIFY_SOCKET);
	(void)rmdir(PLAN_NOTIFY_DIR);
	(void)rmdir(dir);
	return done();
}
