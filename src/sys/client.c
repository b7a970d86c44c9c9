/* client.c - sockets on which an engine waits for a file descriptor of ours.
 *
 * Theory of operation: a socket's address holds 107 bytes of a path and paths
 * are longer.  So the socket itself is opened with O_PATH and connected to as
 * /proc/self/fd/N: short whatever the path is, and what was looked at is what
 * is connected to.  The kernel asks for the right to write as it would for
 * the path.
 */
#include "sys/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "sys/fdpass.h"

/* Longer than a reader that is busy takes; for ever would be a hang. */
#define PATIENCE_S 10

/* The O_PATH fd of a socket; -ENOTSOCK when it is something else. */
static int pin(const char *path)
{
	autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISSOCK(st.st_mode) ? take_fd(&fd) : -ENOTSOCK;
}

int client_connect_type(const char *path, int type)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	autoclose int path_fd = pin(path);
	autoclose int sock = -1;
	int r;

	if (path_fd < 0)
		return path_fd;
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	/* Of a connect that waits for a place in the queue, too. */
	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience,
			 sizeof(patience));
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d",
		       path_fd);
	do
		r = connect(sock, (struct sockaddr *)&name, sizeof(name));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : take_fd(&sock);
}

static const char *remedy(int code)
{
	switch (code) {
	case -ENOENT:
	case -ENOTDIR:
		return "Whoever is to receive it must listen there before the "
		       "container is made; a relative path counts from the "
		       "working directory";
	case -ENOTSOCK:
		return "It is not a socket; name one that somebody listens on";
	case -ECONNREFUSED:
		return "The socket is there and nobody listens on it: start "
		       "the receiver, which may have ended";
	case -EPROTOTYPE:
		return "It must be a stream socket (SOCK_STREAM)";
	case -EAGAIN:
		return "The receiver takes no connections; its queue is full";
	case -EACCES:
		return "You need the right to write to the socket and to enter "
		       "the directories above it";
	default:
		return NULL;
	}
}

int client_connect(const char *path, struct err *e)
{
	int r = client_connect_type(path, SOCK_STREAM);

	if (r >= 0)
		return r;
	(void)err_errno(e, r, "connect to the socket %s", path);
	return remedy(r) ? err_hint(e, "%s", remedy(r)) : r;
}

int client_send(int sock, const void *data, size_t len, int fd, struct err *e)
{
	int r = fdpass_send_all(sock, data, len, fd);

	if (r >= 0)
		return 0;
	if (r == -EPIPE || r == -ECONNRESET) {
		(void)err_errno(e, r,
				"whoever was to receive it has closed "
				"the socket");
		return err_hint(e, "The receiver must stay until it has got "
				   "the file descriptor");
	}
	if (r == -EAGAIN) {
		(void)err_errno(e, r,
				"whoever is to receive it does not read "
				"from the socket");
		return err_hint(e, "The receiver has %d seconds", PATIENCE_S);
	}
	return err_errno(e, r, "send it over the socket");
}
