/* test_client.c - unit tests of sys/client.c and sys/fdpass.c. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "sys/client.h"
#include "sys/fdpass.h"

#define LONG_NAME 200

static char dir[] = "/tmp/rootlet-client-XXXXXX";

/* Bound by a relative name, so that its absolute path may be long. */
static int listen_at(const char *name, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		abort();
	if (type == SOCK_STREAM && listen(fd, 1) < 0)
		abort();
	return fd;
}

static void refused(const char *path, int code, const char *name)
{
	struct err e = { 0 };

	is_int(client_connect(path, &e), -code, name);
	ok(strstr(e.text, path) != NULL && e.hint[0] != '\0',
	   "the path and a remedy are told");
}

static void bad_paths(void)
{
	autoclose int dgram = listen_at("dgram", SOCK_DGRAM);
	int closed = listen_at("closed", SOCK_STREAM);

	(void)close(closed);
	(void)close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	refused("missing", ENOENT, "nothing there");
	refused("file/socket", ENOTDIR, "below a file");
	refused("file", ENOTSOCK, "a file");
	refused(".", ENOTSOCK, "a directory");
	refused("closed", ECONNREFUSED, "nobody listens any more");
	refused("dgram", EPROTOTYPE, "a datagram socket");
	(void)unlink("dgram");
	(void)unlink("closed");
	(void)unlink("file");
}

static bool arrives(int listener, const char *path)
{
	struct err e = { 0 };
	autoclose int sock = client_connect(path, &e);
	autoclose int conn = -1;
	autoclose int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	autoclose int got = -1;
	char text[16] = "";
	struct stat a, b;

	if (sock < 0 || fcntl(sock, F_GETFD) != FD_CLOEXEC)
		return false;
	/* As engines do it: the message may be there before the accept. */
	if (client_send(sock, "name", 4, null_fd, &e) < 0)
		return false;
	conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fdpass_recv(conn, text, sizeof(text), &got) != 4 || got < 0)
		return false;
	if (fstat(got, &a) < 0 || fstat(null_fd, &b) < 0)
		return false;
	return a.st_rdev == b.st_rdev && str_eq(text, "name");
}

static void good_paths(void)
{
	autoclose int listener = listen_at("s", SOCK_STREAM);
	autofree char *absolute = str_format("%s/s", dir);
	autofree char *deep = NULL;
	char name[LONG_NAME + 1];

	ok(arrives(listener, "s"), "a relative path");
	ok(arrives(listener, absolute), "an absolute one");
	memset(name, 'd', LONG_NAME);
	name[LONG_NAME] = '\0';
	deep = str_format("%s/%s/s", dir, name);
	(void)mkdir(name, 0700);
	if (rename("s", deep) < 0)
		abort();
	ok(arrives(listener, deep), "one longer than an address");
	if (symlink(deep, "link") < 0)
		abort();
	ok(arrives(listener, "link"), "a symlink to it");
	(void)unlink("link");
	(void)unlink(deep);
	(void)rmdir(name);
}

static void reader_goes(void)
{
	int listener = listen_at("s", SOCK_STREAM);
	struct err e = { 0 };
	autoclose int sock = client_connect("s", &e);
	int r;

	(void)close(listener);
	r = client_send(sock, "x", 1, STDIN_FILENO, &e);
	ok(r == -EPIPE || r == -ECONNRESET, "the reader has gone");
	ok(e.hint[0] != '\0', "a remedy is told");
	(void)unlink("s");
}

/* More than the socket holds: it is taken in parts, the fd once. */
static void long_message(void)
{
	const size_t len = (size_t)1 << 20;
	autofree char *text = mem_zero(len);
	int fds[2];
	int status = -1;
	struct err e = { 0 };
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	memset(text, 'x', len);
	pid = fork();
	if (pid == 0) {
		size_t sum = 0;
		int n_fds = 0;
		int fd = -1;
		ssize_t n;

		(void)close(fds[0]);
		while ((n = fdpass_recv(fds[1], text, len, &fd)) > 0) {
			sum += (size_t)n;
			n_fds += fd >= 0;
		}
		_exit(sum == len && n_fds == 1 ? 0 : 1);
	}
	(void)close(fds[1]);
	is_int(client_send(fds[0], text, len, STDIN_FILENO, &e), 0,
	       "a long message");
	(void)close(fds[0]);
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "arrives whole, with one fd");
}

int main(void)
{
	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
	bad_paths();
	good_paths();
	reader_goes();
	long_message();
	(void)rmdir(dir);
	return done();
}
