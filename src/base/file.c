/* file.c - small files, read and written whole. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"

/* Most files are small: those are read to the stack, and no memory is taken that
 * is given back at once. */
#define SMALL 4096

/* Reads into text[len .. room - 1] until that is full or the file ends; the new
 * length. */
static ssize_t fill(int fd, char *text, size_t len, size_t room)
{
	while (len < room) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static ssize_t read_rest(int fd, size_t max, char **text)
{
	size_t room = SMALL;
	ssize_t len = SMALL;

	while ((size_t)len == room && room <= max) {
		room *= 2;
		*text = mem_resize(*text, room + 1, 1);
		len = fill(fd, *text, (size_t)len, room);
		if (len < 0)
			return len;
	}
	return len;
}

int file_read_fd(int fd, size_t max, char **ret_text, size_t *ret_len)
{
	autofree char *text = NULL;
	char small[SMALL];
	ssize_t len = fill(fd, small, 0, SMALL);

	if (len < 0)
		return (int)len;
	text = mem_dup(small, (size_t)len);
	if (len == SMALL)
		len = read_rest(fd, max, &text);
	if (len < 0)
		return (int)len;
	if ((size_t)len > max)
		return -EFBIG;
	text[len] = '\0';
	*ret_text = take_ptr(&text);
	if (ret_len)
		*ret_len = (size_t)len;
	return 0;
}

int file_read_at(int dir_fd, const char *name, size_t max, char **ret_text,
		 size_t *ret_len)
{
	autoclose int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return file_read_fd(fd, max, ret_text, ret_len);
}

int file_write_at(int dir_fd, const char *name, const char *text, size_t len)
{
	autoclose int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* As renameat2(2), which not every libc has. */
static int exchange(int dir_fd, const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, dir_fd, a, dir_fd, b,
			    RENAME_EXCHANGE);
}

/* Readers see the old file or the new one, never half of either.  A rename
 * over an existing file makes ext4 write the new one out at once (0.2 to 0.8
 * ms); exchanging the two and removing the old one does not. */
static int put_in_place(int dir_fd, const char *temp, const char *name)
{
	if (exchange(dir_fd, temp, name) == 0) {
		int r = unlinkat(dir_fd, temp, 0) < 0 ? -errno : 0;

		/* A directory: everything as it was. */
		if (r < 0)
			(void)exchange(dir_fd, temp, name);
		return r;
	}
	/* Nothing to exchange with, or a filesystem that can't. */
	return renameat(dir_fd, temp, dir_fd, name) < 0 ? -errno : 0;
}

static int open_temp(int dir_fd, const char *temp, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, temp, flags, mode);

	/* Left by a dead process that had our pid. */
	if (fd < 0 && errno == EEXIST) {
		(void)unlinkat(dir_fd, temp, 0);
		fd = openat(dir_fd, temp, flags, mode);
	}
	return fd;
}

int file_replace_at(int dir_fd, const char *name, const void *data, size_t len,
		    mode_t mode, struct err *e)
{
	char temp[256];
	autoclose int fd = -1;
	int r;

	r = snprintf(temp, sizeof(temp), ".%s.%ld", name, (long)getpid());
	if (r < 0 || (size_t)r >= sizeof(temp))
		return err_set(e, ENAMETOOLONG, "file name %s is too long",
			       name);
	fd = open_temp(dir_fd, temp, mode);
	if (fd < 0)
		return err_sys(e, "make the file %s", name);
	r = file_write_all(fd, data, len);
	if (r < 0) {
		(void)unlinkat(dir_fd, temp, 0);
		return err_errno(e, r, "write the file %s", name);
	}
	r = put_in_place(dir_fd, temp, name);
	if (r < 0) {
		(void)unlinkat(dir_fd, temp, 0);
		return err_errno(e, r, "put the file %s in its place", name);
	}
	return 0;
}
