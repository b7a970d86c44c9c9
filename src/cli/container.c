/* container.c - what the commands on containers that are there share. */
#include "cli/container.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/passwd.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/container_cgroup.h"
#include "plan/caller.h"

int container_store(const struct globals *g, struct store *ret, struct err *e)
{
	bool privileged;
	uint32_t uid;

	caller_identity(&uid, &privileged);
	return store_open(g->root, uid, privileged, false, ret, e);
}

/* The kernel is asked in every case but one: it takes a third of the time that
 * `list` needs for a container, and what waits for `start` is our own init. */
static bool may_be_frozen(const struct container *c, bool at_a_glance)
{
	return c->status == STATUS_RUNNING ||
	       (c->status == STATUS_CREATED &&
		(!at_a_glance || c->state.was_paused));
}

/* The record and what is true of the container.  A creator that is done between
 * the two looks like one that died, so a record that it left unfinished is read
 * again. */
static int look(struct store *store, const char *id, int *ret_pidfd,
		struct container *ret, struct err *e)
{
	for (bool again = false;; again = true) {
		struct state *s = &ret->state;
		int r;

		r = ret->dir_fd >= 0 ? state_read(ret->dir_fd, id, s, e)
				     : state_read_in(store, id, s, e);
		if (r < 0)
			return r;
		r = state_status(store, ret->dir_fd, s, &ret->status, ret_pidfd,
				 e);
		if (r < 0)
			return r;
		if (may_be_frozen(ret, !ret_pidfd) &&
		    container_cgroup_frozen(s))
			ret->status = STATUS_PAUSED;
		if (again || ret->status != STATUS_STOPPED ||
		    (s->pid != 0 && s->status != STATUS_CREATING))
			return 0;
		state_done(s);
		if (ret_pidfd)
			own_close(ret_pidfd);
	}
}

int container_load(struct store *store, const char *id, int wait_ms,
		   struct container *ret, struct err *e)
{
	int r;

	r = store_open_container(store, id, wait_ms, e);
	if (r < 0)
		return r;
	ret->dir_fd = r;
	return look(store, id, &ret->pidfd, ret, e);
}

int container_peek(struct store *store, const char *id, struct container *ret,
		   struct err *e)
{
	return look(store, id, NULL, ret, e);
}

bool container_is_own(const struct store *store, int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && st.st_uid == store->uid;
}

void container_done(struct container *c)
{
	own_close(&c->dir_fd);
	own_close(&c->pidfd);
	state_done(&c->state);
}

int container_one(const struct globals *g, const char *id,
		  int (*run)(struct store *store, const struct container *c,
			     struct err *e),
		  struct err *e)
{
	struct container c = CONTAINER_INIT;
	struct store store = STORE_INIT;
	int r;

	r = container_store(g, &store, e);
	if (r == 0)
		r = container_load(&store, id, -1, &c, e);
	if (r == 0)
		r = run(&store, &c, e);
	container_done(&c);
	store_done(&store);
	return r;
}

int container_check_up(const struct container *c, struct err *e)
{
	if (c->status == STATUS_CREATING)
		return err_set(e, EBUSY, "container %s is just being created",
			       c->state.id);
	if (c->status == STATUS_STOPPED)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	return 0;
}

const char *container_owner(uint32_t uid)
{
	static char name[64];
	static uint32_t of;

	if (name[0] != '\0' && of == uid)
		return name;
	of = uid;
	if (!passwd_name("/etc/passwd", uid, name, sizeof(name), NULL))
		(void)snprintf(name, sizeof(name), "#%u", uid);
	return name;
}

void container_print(const struct container *c, struct json_out *out)
{
	const struct state *s = &c->state;

	json_string(out, "ociVersion", "1.3.0");
	json_string(out, "id", s->id);
	json_uint(out, "pid", c->status == STATUS_STOPPED ? 0 : s->pid);
	json_string(out, "status", field_name(status_names, (int)c->status));
	json_string(out, "bundle", s->bundle);
	json_string(out, "rootfs", s->rootfs ? s->rootfs : "");
	json_string(out, "created", s->created);
	if (s->annotations.n > 0) {
		json_object(out, "annotations");
		for (size_t i = 0; i < s->annotations.n; i++)
			json_string(out, s->annotations.v[i].key,
				    s->annotations.v[i].value);
		json_end(out);
	}
	json_string(out, "owner", container_owner(s->owner));
}

/* Keeps the first of several errors. */
static void run_one(const struct container_each *each, const char *id,
		    int *first, struct err *e)
{
	struct err why;
	int r = each->run(each->store, id, each->data, *first < 0 ? &why : e);

	if (r < 0 && *first == 0)
		*first = r;
}

static int run_matching(const struct container_each *each, const char *pattern,
			char **ids, struct err *e)
{
	regex_t regex;
	char why[128];
	int first = 0;
	int r;

	r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (r != 0) {
		(void)regerror(r, &regex, why, sizeof(why));
		(void)err_set(e, EINVAL, "\"%s\" is no regular expression: %s",
			      pattern, why);
		return err_hint(e, "They are written as in regex(7)");
	}
	for (size_t i = 0; ids[i]; i++)
		if (regexec(&regex, ids[i], 0, NULL, 0) == 0)
			run_one(each, ids[i], &first, e);
	regfree(&regex);
	return first;
}

int container_each(const struct container_each *each, struct err *e)
{
	char **ids = NULL;
	int first = 0;
	int r;

	for (int i = 0; !each->regex && i < each->n_args; i++)
		run_one(each, each->args[i], &first, e);
	if (!each->regex)
		return first;
	r = store_list(each->store, &ids, e);
	for (int i = 0; r == 0 && i < each->n_args; i++)
		r = run_matching(each, each->args[i], ids, e);
	store_free_ids(ids);
	return r;
}

int output_write(const char *text, size_t len, struct err *e)
{
	int r = file_write_all(STDOUT_FILENO, text, len);

	return r < 0 ? err_errno(e, r, "write to the standard output") : 0;
}

int output_json(struct json_out *out, struct err *e)
{
	struct strbuf line = { 0 };
	int r;

	strbuf_puts(&line, json_out_text(out, NULL));
	strbuf_putc(&line, '\n');
	r = output_write(line.text, line.len, e);
	strbuf_done(&line);
	json_out_free(out);
	return r;
}
