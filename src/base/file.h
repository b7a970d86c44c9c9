/* file.h - small files, read and written whole. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct err;

/* Reads up to `max` bytes to the end of the file; *ret_text is owned by the
 * caller, '\0'-terminated.  A longer file is -EFBIG.  Returns 0; *ret_len
 * may be NULL.  These three return -errno without a sentence. */
int file_read_fd(int fd, size_t max, char **ret_text, size_t *ret_len);
int file_read_at(int dir_fd, const char *name, size_t max, char **ret_text,
		 size_t *ret_len);
/* One write(2) of an existing file, as /proc and /sys want it. */
int file_write_at(int dir_fd, const char *name, const char *text, size_t len);

/* Makes or replaces `name` atomically: a temporary file, then rename.  No
 * fsync: what we keep does not outlive a boot. */
int file_replace_at(int dir_fd, const char *name, const void *data, size_t len,
		    mode_t mode, struct err *e);

/* Writes all of it, EINTR and short writes included; 0 or -errno. */
int file_write_all(int fd, const void *data, size_t len);
