/* mount_options.h - the mount options of the OCI specification 1.3.
 *
 * Source: config.md, "Linux mount options", and mount(8).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"

struct err;

enum mount_option_kind {
	OPTION_NOTHING, /* says what is so anyway, or speaks to the log */
	OPTION_BIND,
	OPTION_REMOUNT, /* of what an earlier mount put there */
	OPTION_ATTR, /* sets an attribute of the mount */
	OPTION_NO_ATTR, /* clears it */
	OPTION_ATIME, /* one of the modes of access times */
	OPTION_PROPAGATION,
	OPTION_FS_FLAG, /* of the filesystem: can't be had for a bind */
	OPTION_FS_DEFAULT, /* its opposite, which is so unless told otherwise */
	OPTION_NO_CALL, /* nothing in the kernel sets it for a mount any more */
	OPTION_NOFAIL, /* mount(8)'s: a missing source is no error */
	OPTION_IDMAP,
	OPTION_COPY_UP, /* tmpcopyup */
};

struct mount_option {
	const char *name;
	enum mount_option_kind kind;
	bool recursive;
	uint64_t value; /* MOUNT_ATTR_* or MS_* */
};

/* Ends with a NULL name; for `features` too. */
extern const struct mount_option mount_options[];
/* NULL: an option of the filesystem. */
const struct mount_option *mount_option_find(const char *name);

/* What the options of mounts[index] come to.  `params` has room for all of
 * them and three more. */
struct mount_words {
	bool bind; /* by option or by type */
	bool remount; /* wins over bind, with which it often comes */
	bool idmap, idmap_recursive;
	const char **dropped; /* can't be had for this mount; n_dropped */
	size_t n_dropped;
};
int mount_options_read(const struct spec_mount *from, size_t index,
		       struct arena *a, struct plan_mount *ret,
		       struct mount_words *words, struct err *e);
