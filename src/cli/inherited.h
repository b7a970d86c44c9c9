/* inherited.h - what the caller hands over besides arguments: file descriptors
 * that stay open, and those of sd_listen_fds(3).
 */
#pragma once

struct err;
struct plan_options;

/* options->preserve_fds is what --preserve-fds said; fills in the rest from
 * the environment.  Early, before much is open: an error that names the first
 * file descriptor that the caller has not opened. */
int inherited_read(struct plan_options *options, struct err *e);
