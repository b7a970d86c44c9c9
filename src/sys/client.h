/* client.h - sockets on which an engine waits for a file descriptor of ours:
 * --console-socket, --pidfd-socket, the receiver of a seccomp listener.
 *
 * HOST, as the caller and in the caller's working directory, before anything
 * is made: then a bad path is an error that leaves nothing behind.
 */
#pragma once

#include <stddef.h>

struct err;

/* Connects to a stream socket; a path of any length.  The sentence names the
 * path; say before it whose socket that is: err_wrap(e, "--console-socket").
 * Nothing waits longer than ten seconds, here and in client_send().
 * Returns an fd with O_CLOEXEC. */
int client_connect(const char *path, struct err *e);
/* The same without a sentence, for a socket of `type` (SOCK_DGRAM, …):
 * -ENOTSOCK, -EPROTOTYPE, -ECONNREFUSED, … */
int client_connect_type(const char *path, int type);

/* Sends all `len` bytes, at least one, the first of them with fd; -EPIPE and
 * -ECONNRESET: the reader has gone.  0 or -errno with a sentence. */
int client_send(int sock, const void *data, size_t len, int fd, struct err *e);
