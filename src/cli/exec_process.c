/* exec_process.c - what `exec` runs: a file or the container's own process,
 * and the options laid over it.
 */
#include "cli/exec_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/names.h"
#include "plan/plan.h"

#define PROCESS_MAX (4U << 20)

static int read_file(const char *path, struct json_doc *doc,
		     struct spec_process **ret, struct err *e)
{
	autofree char *text = NULL;
	size_t len;
	int r;

	r = file_read_at(AT_FDCWD, path, PROCESS_MAX, &text, &len);
	if (r == -EFBIG)
		return err_set(e, EFBIG, "--process: %s has more than %u MiB",
			       path, PROCESS_MAX >> 20);
	if (r < 0)
		return err_errno(e, r, "--process: read %s", path);
	r = spec_parse_process(text, len, doc, ret, e);
	return r < 0 ? err_wrap(e, "--process %s", path) : 0;
}

/* Adds n strings behind those that are there. */
static void append(struct arena *a, struct strings *to, const char *const *v,
		   size_t n)
{
	const char **joined = arena_zero_n(a, to->n + n + 1, sizeof(*joined));

	for (size_t i = 0; i < to->n; i++)
		joined[i] = to->v[i];
	for (size_t i = 0; i < n; i++)
		joined[to->n + i] = v[i];
	to->v = joined;
	to->n += n;
	to->present = true;
}

static int lay_user(const char *text, struct spec_user *user, struct err *e)
{
	const char *colon = strchr(text, ':');
	autofree char *uid = colon ? mem_dup(text, (size_t)(colon - text))
				   : str_dup(text);
	uint32_t gid = user->gid;
	uint32_t n;

	if (str_uint32(uid, &n) < 0 || n == UINT32_MAX ||
	    (colon && (str_uint32(colon + 1, &gid) < 0 || gid == UINT32_MAX))) {
		(void)err_set(e, EINVAL,
			      "--user %s: is not of the form "
			      "UID or UID:GID",
			      text);
		return err_hint(e, "names are not looked up; take the numbers "
				   "from the container's /etc/passwd");
	}
	user->uid = n;
	user->gid = gid;
	return 0;
}

/* Each may hold several, with commas. */
static int add_gids(struct arena *a, const char *text, struct uint32s *to,
		    struct err *e)
{
	uint32_t *v = arena_zero_n(a, to->n + strlen(text) / 2 + 2, sizeof(*v));
	const char *s = text;

	for (size_t i = 0; i < to->n; i++)
		v[i] = to->v[i];
	to->v = v;
	to->present = true;
	for (;;) {
		size_t len = strcspn(s, ",");
		autofree char *digits = mem_dup(s, len);

		if (str_uint32(digits, &v[to->n]) < 0 || v[to->n] == UINT32_MAX)
			return err_set(e, EINVAL,
				       "--additional-gids %s: is no number of "
				       "a group",
				       text);
		to->n++;
		if (s[len] == '\0')
			return 0;
		s += len + 1;
	}
}

/* "net_raw" is what capsh(1) would take, too. */
static const char *cap_spelled(struct arena *a, const char *text)
{
	char *name = arena_format(
		a, "%s%s", strncasecmp(text, "CAP_", 4) ? "CAP_" : "", text);

	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return name;
}

/* All five sets, so that it reaches a program that is not root's, too. */
static int add_caps(struct arena *a, const struct opt_strings *caps,
		    struct spec_process *p, struct err *e)
{
	struct spec_capabilities *c = arena_zero(a, sizeof(*c));
	const char **v = arena_zero_n(a, caps->n + 1, sizeof(*v));

	if (p->capabilities)
		*c = *p->capabilities;
	p->capabilities = c;
	for (size_t i = 0; i < caps->n; i++) {
		v[i] = cap_spelled(a, caps->v[i]);
		if (cap_number(v[i]) >= 0)
			continue;
		(void)err_set(e, EINVAL,
			      "--cap %s: there is no such "
			      "capability",
			      caps->v[i]);
		return err_hint(e, "see capabilities(7) for their names");
	}
	append(a, &c->bounding, v, caps->n);
	append(a, &c->effective, v, caps->n);
	append(a, &c->permitted, v, caps->n);
	append(a, &c->inheritable, v, caps->n);
	append(a, &c->ambient, v, caps->n);
	return 0;
}

static int lay_lists(const struct exec_opts *o, struct arena *a,
		     struct spec_process *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < o->env.n; i++) {
		const char *equals = strchr(o->env.v[i], '=');

		if (!equals || equals == o->env.v[i])
			return err_set(e, EINVAL,
				       "--env %s: is not of the form "
				       "NAME=value",
				       o->env.v[i]);
	}
	if (o->env.n > 0)
		append(a, &p->env, o->env.v, o->env.n);
	for (size_t i = 0; r == 0 && i < o->gids.n; i++)
		r = add_gids(a, o->gids.v[i], &p->user.additional_gids, e);
	if (r == 0 && o->caps.n > 0)
		r = add_caps(a, &o->caps, p, e);
	return r;
}

static int lay_options(const struct exec_opts *o, struct arena *a,
		       struct spec_process *p, struct err *e)
{
	if (o->cwd && o->cwd[0] != '/')
		return err_set(e, EINVAL, "--cwd %s: must be an absolute path",
			       o->cwd);
	if (o->cwd)
		p->cwd = o->cwd;
	if (!str_empty(o->apparmor))
		p->apparmor_profile = o->apparmor;
	if (!str_empty(o->process_label))
		p->selinux_label = o->process_label;
	p->no_new_privileges = p->no_new_privileges || o->no_new_privs;
	p->terminal = p->terminal || o->tty;
	if (!str_empty(o->user) && lay_user(o->user, &p->user, e) < 0)
		return -e->code;
	return lay_lists(o, a, p, e);
}

/* Of the container's own process: all but its program and its terminal. */
static void take_own(const struct spec *spec, char **args, struct arena *a,
		     struct spec_process *p)
{
	size_t n = 0;

	if (spec->process)
		*p = *spec->process;
	p->terminal = false;
	p->console_size = NULL;
	while (args[n])
		n++;
	p->args = (struct strings){ 0 };
	append(a, &p->args, (const char *const *)args, n);
}

int exec_process_make(const struct exec_opts *o, char **args,
		      const struct spec *spec, struct json_doc *doc,
		      struct spec_process **ret, struct err *e)
{
	int r = 0;

	if (o->process) {
		r = read_file(o->process, doc, ret, e);
	} else {
		*ret = arena_zero(&doc->arena, sizeof(**ret));
		take_own(spec, args, &doc->arena, *ret);
	}
	if (r < 0)
		return r;
	if (spec->process)
		plan_exec_fill_in(*ret, spec->process);
	return lay_options(o, &doc->arena, *ret, e);
}
