/* inherited.h - what the caller hands over besides arguments: file descriptors
 * that stay open, those of sd_listen_fds(3), and the socket of sd_notify(3).
 */
#pragma once

struct err;
struct plan_options;

/* options->preserve_fds is what --preserve-fds said; fills in the rest from
 * the environment.  Early, before much is open: an error that names the first
 * file descriptor that the caller has not opened. */
int inherited_read(struct plan_options *options, struct err *e);

/* Where sd_notify(3) goes, NOTIFY_SOCKET: a path or "@name"; NULL when nobody
 * waits for it, or in a way that we do not know. */
const char *inherited_notify_socket(void);
