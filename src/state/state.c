/* state.c - the record of one container: written, read, told to others. */
#include "state/state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "state/internal.h"
#include "state/store.h"

#define OCI_VERSION "1.3.0"
/* Raised when an older rootlet would misunderstand what is written. */
#define STATE_VERSION 1
/* As much as json_parse() takes. */
#define STATE_MAX (4 << 20)
#define USUAL_MAX 4096

const struct field_name status_names[] = {
	{ "creating", STATUS_CREATING }, { "created", STATUS_CREATED },
	{ "running", STATUS_RUNNING },	 { "stopped", STATUS_STOPPED },
	{ "paused", STATUS_PAUSED },	 { NULL, 0 },
};

static bool is_absolute(const char *text)
{
	return text[0] == '/';
}

static const struct field_check absolute = {
	.good = is_absolute,
	.expected = "an absolute path",
};
static const struct field_range pids = { 0, INT_MAX };

#define AT(member) offsetof(struct state, member)
static const struct field state_fields[] = {
	{ "id", FIELD_STRING, AT(id), FIELD_REQUIRED, NULL, 0 },
	{ "pid", FIELD_UINT32, AT(pid), FIELD_REQUIRED, &pids, 0 },
	{ "start_time", FIELD_UINT64, AT(start_time), FIELD_REQUIRED, NULL, 0 },
	{ "pidfd_inode", FIELD_UINT64, AT(pidfd_inode), 0, NULL, 0 },
	{ "boot_id", FIELD_STRING, AT(boot_id), FIELD_REQUIRED, NULL, 0 },
	{ "status", FIELD_ENUM, AT(status), FIELD_REQUIRED, status_names, 0 },
	{ "bundle", FIELD_STRING, AT(bundle), FIELD_REQUIRED, &absolute, 0 },
	{ "rootfs", FIELD_STRING, AT(rootfs), 0, &absolute, 0 },
	{ "created", FIELD_STRING, AT(created), FIELD_REQUIRED, NULL, 0 },
	{ "owner", FIELD_UINT32, AT(owner), FIELD_REQUIRED, NULL, 0 },
	{ "cgroup", FIELD_STRING, AT(cgroup), 0, &absolute, 0 },
	{ "cgroup_inode", FIELD_UINT64, AT(cgroup_inode), 0, NULL, 0 },
	{ "cgroup_manager", FIELD_ENUM, AT(cgroup_manager), 0,
	  cgroup_manager_names, 0 },
	{ "cgroup_unit", FIELD_STRING, AT(cgroup_unit), 0, NULL, 0 },
	{ "cgroup_bus", FIELD_STRING, AT(cgroup_bus), 0, NULL, 0 },
	{ "own_pidns", FIELD_BOOL, AT(own_pidns), 0, NULL, 0 },
	{ "systemd_cgroup", FIELD_BOOL, AT(systemd_cgroup), 0, NULL, 0 },
	{ "no_new_keyring", FIELD_BOOL, AT(no_new_keyring), 0, NULL, 0 },
	{ "was_paused", FIELD_BOOL, AT(was_paused), 0, NULL, 0 },
	{ "outer_uid", FIELD_OPT_UINT32, AT(outer_uid), 0, NULL, 0 },
	{ "outer_gid", FIELD_OPT_UINT32, AT(outer_gid), 0, NULL, 0 },
	{ "seccomp_listener", FIELD_STRING, AT(seccomp_listener), 0, &absolute,
	  0 },
	{ "seccomp_metadata", FIELD_STRING, AT(seccomp_metadata), 0, NULL, 0 },
	{ "exit_code", FIELD_OPT_UINT32, AT(exit_code), 0, NULL, 0 },
	{ "exit_signal", FIELD_STRING, AT(exit_signal), 0, NULL, 0 },
	{ "annotations", FIELD_MAP, AT(annotations), 0, NULL, 0 },
	{ "degraded", FIELD_JSON, AT(degraded_json), 0, NULL, 0 },
	{ 0 }
};
#undef AT

struct version {
	uint32_t version;
};
static const struct field version_fields[] = {
	{ "version", FIELD_UINT32, offsetof(struct version, version),
	  FIELD_REQUIRED, NULL, 0 },
	{ 0 }
};

void state_done(struct state *s)
{
	json_done(&s->doc);
	*s = (struct state){ 0 };
}

void state_timestamp(char ret[40])
{
	log_timestamp(9, ret);
}

static void put_annotations(struct json_out *o, const struct state *s)
{
	if (s->annotations.n == 0)
		return;
	json_object(o, "annotations");
	for (size_t i = 0; i < s->annotations.n; i++)
		json_string(o, s->annotations.v[i].key,
			    s->annotations.v[i].value);
	json_end(o);
}

static void put_cgroup(struct json_out *o, const struct state *s)
{
	if (!s->cgroup && !s->cgroup_unit)
		return;
	if (s->cgroup)
		json_string(o, "cgroup", s->cgroup);
	json_uint(o, "cgroup_inode", s->cgroup_inode);
	json_string(o, "cgroup_manager",
		    field_name(cgroup_manager_names, s->cgroup_manager));
	if (s->cgroup_unit)
		json_string(o, "cgroup_unit", s->cgroup_unit);
	if (s->cgroup_bus)
		json_string(o, "cgroup_bus", s->cgroup_bus);
}

static void put_record(struct json_out *o, const struct state *s)
{
	json_object(o, NULL);
	json_uint(o, "version", STATE_VERSION);
	json_string(o, "ociVersion", OCI_VERSION);
	json_string(o, "id", s->id);
	json_uint(o, "pid", s->pid);
	json_uint(o, "start_time", s->start_time);
	json_uint(o, "pidfd_inode", s->pidfd_inode);
	json_string(o, "boot_id", s->boot_id);
	json_string(o, "status", field_name(status_names, s->status));
	json_string(o, "bundle", s->bundle);
	json_string(o, "rootfs", s->rootfs);
	json_string(o, "created", s->created);
	json_uint(o, "owner", s->owner);
	put_cgroup(o, s);
	json_bool(o, "own_pidns", s->own_pidns);
	json_bool(o, "systemd_cgroup", s->systemd_cgroup);
	json_bool(o, "no_new_keyring", s->no_new_keyring);
	if (s->was_paused)
		json_bool(o, "was_paused", true);
	if (s->outer_uid.set && s->outer_gid.set) {
		json_uint(o, "outer_uid", s->outer_uid.value);
		json_uint(o, "outer_gid", s->outer_gid.value);
	}
	if (s->seccomp_listener)
		json_string(o, "seccomp_listener", s->seccomp_listener);
	if (s->seccomp_metadata)
		json_string(o, "seccomp_metadata", s->seccomp_metadata);
	if (s->exit_code.set)
		json_uint(o, "exit_code", s->exit_code.value);
	if (s->exit_signal)
		json_string(o, "exit_signal", s->exit_signal);
	put_annotations(o, s);
	if (s->n_degraded > 0)
		degraded_print(s->degraded, s->n_degraded, o);
	else if (s->degraded_json)
		json_tree(o, "degraded", s->degraded_json);
	json_end(o);
}

int state_write(int dir_fd, const struct state *s, struct err *e)
{
	struct json_out *o = json_out_new(false);
	const char *text;
	size_t len;
	int r;

	put_record(o, s);
	text = json_out_text(o, &len);
	if (len > STATE_MAX) {
		(void)err_set(e, EFBIG,
			      "the record of container %s has more than %d MiB",
			      s->id, STATE_MAX >> 20);
		r = err_hint(e, "Give the bundle fewer or shorter annotations");
	} else {
		r = file_replace_at(dir_fd, STORE_STATE, text, len, 0600, e);
		if (r < 0)
			(void)err_wrap(e, "record the container %s", s->id);
	}
	json_out_free(o);
	return r;
}

int state_parse(const char *text, size_t len, const char *id, struct state *ret,
		struct err *e)
{
	struct version v = { 0 };
	int r;

	r = json_parse(text, len, &ret->doc, e);
	if (r == 0 && ret->doc.root->type == JSON_OBJECT &&
	    !json_get(ret->doc.root, "version")) {
		(void)err_set(e, ENOTSUP, "it is another program's");
		return err_hint(e, "Name another --root; rootlet leaves what "
				   "is not its own alone");
	}
	if (r == 0)
		r = fields_read(version_fields, ret->doc.root, "",
				&ret->doc.arena, &v, e);
	if (r == 0 && v.version != STATE_VERSION)
		r = err_set(e, EBADMSG,
			    "version %u, and this rootlet knows version %d",
			    v.version, STATE_VERSION);
	if (r == 0)
		r = fields_read(state_fields, ret->doc.root, "",
				&ret->doc.arena, ret, e);
	if (r == 0 && strcmp(ret->id, id) != 0)
		r = err_set(e, EBADMSG, "it is of another container");
	return r;
}

/* The usual record comes with one read(2) into `usual`; of a larger one *ret_large
 * is all of it, to be freed. */
static int read_record(int dir_fd, const char *path, char usual[USUAL_MAX],
		       char **ret_large, size_t *ret_len)
{
	autoclose int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, usual, USUAL_MAX, 0);
	if (n < 0)
		return -errno;
	if (n == USUAL_MAX)
		return file_read_fd(fd, STATE_MAX, ret_large, ret_len);
	*ret_len = (size_t)n;
	return 0;
}

static int read_at(int dir_fd, const char *path, const char *id,
		   struct state *ret, struct err *e)
{
	auto(state) struct state s = { 0 };
	autofree char *large = NULL;
	char usual[USUAL_MAX];
	size_t len = 0;
	int r;

	r = read_record(dir_fd, path, usual, &large, &len);
	if (r == -ENOENT || r == -ENOTDIR)
		return err_set(e, ENOENT, "container does not exist: %s", id);
	if (r < 0 && r != -EFBIG)
		return err_errno(e, r, "read " STORE_STATE " of container %s",
				 id);
	r = r < 0 ? err_set(e, EFBIG, "it has more than %d MiB",
			    STATE_MAX >> 20)
		  : state_parse(large ? large : usual, len, id, &s, e);
	if (r < 0) {
		(void)err_wrap(e, STORE_STATE " of container %s", id);
		if (r == -ENOTSUP)
			return r;
		e->code = EBADMSG;
		e->hint[0] = '\0';
		return err_hint(e,
				"The record is damaged or of another "
				"version: rootlet delete --force %s forgets "
				"the container",
				id);
	}
	*ret = s;
	s = (struct state){ 0 };
	return 0;
}

int state_read(int dir_fd, const char *id, struct state *ret, struct err *e)
{
	return read_at(dir_fd, STORE_STATE, id, ret, e);
}

int state_read_in(const struct store *store, const char *id, struct state *ret,
		  struct err *e)
{
	autofree char *path = str_format("%s/" STORE_STATE, id);

	return read_at(store->root_fd, path, id, ret, e);
}

static void put_oci(struct json_out *o, const char *key, const struct state *s,
		    enum status status)
{
	json_object(o, key);
	json_string(o, "ociVersion", OCI_VERSION);
	json_string(o, "id", s->id);
	json_string(o, "status", field_name(status_names, (int)status));
	if (status != STATUS_STOPPED)
		json_uint(o, "pid", s->pid);
	json_string(o, "bundle", s->bundle);
	put_annotations(o, s);
	json_end(o);
}

static char *take_text(struct json_out *o)
{
	char *text = str_dup(json_out_text(o, NULL));

	json_out_free(o);
	return text;
}

char *state_oci_json(const struct state *s, enum status status)
{
	struct json_out *o = json_out_new(false);

	put_oci(o, NULL, s, status);
	return take_text(o);
}

char *state_process_json(const struct state *s, pid_t pid, enum status status)
{
	struct json_out *o = json_out_new(false);

	json_object(o, NULL);
	json_string(o, "ociVersion", OCI_VERSION);
	json_array(o, "fds");
	json_string(o, NULL, "seccompFd");
	json_end(o);
	json_int(o, "pid", pid);
	if (s->seccomp_metadata)
		json_string(o, "metadata", s->seccomp_metadata);
	put_oci(o, "state", s, status);
	json_end(o);
	return take_text(o);
}
