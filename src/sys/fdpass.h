/* fdpass.h - a message with at most one file descriptor. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* fd -1: none.  MSG_NOSIGNAL.  0 or -errno. */
int fdpass_send(int sock, const void *data, size_t len, int fd);
/* The same on a stream socket, which may take a long message in parts; len is
 * at least 1, for a stream carries no fd without a byte. */
int fdpass_send_all(int sock, const void *data, size_t len, int fd);
/* Bytes received, 0 at the end; *ret_fd is -1 or an fd with O_CLOEXEC.
 * ret_fd NULL: an fd that comes is closed. */
ssize_t fdpass_recv(int sock, void *data, size_t len, int *ret_fd);
