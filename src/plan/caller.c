/* caller.c - who calls; the only file that asks the system who we are.
 *
 * Theory of operation: a start is to cost a fraction of a millisecond here, so
 * each fact is read only when this bundle can need it: limits when it names
 * limits, labels when it names labels, and grants and helpers only when a map
 * of more than the caller's own id will be written by somebody who may not
 * write it directly.  The helpers are looked at first: without them the
 * grants, which cost most, are not worth reading.
 */
#include "plan/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"
#include "sys/access.h"

#define PROC_FILE_MAX 65536
#define SELINUX_FS    "/sys/fs/selinux"
#define RESCTRL_FS    "/sys/fs/resctrl"

bool caller_may(const struct caller *c, int cap)
{
	return c->caps >> cap & 1;
}

bool caller_may_raise_limits(const struct caller *c)
{
	return c->initial_userns && caller_may(c, CAP_SYS_RESOURCE);
}

bool caller_is_privileged(const struct caller *c)
{
	return caller_may(c, CAP_SYS_ADMIN) && caller_may(c, CAP_SETUID) &&
	       caller_may(c, CAP_SETGID);
}

uint32_t caller_gid(void)
{
	return getegid();
}

static int read_effective(struct caller *c, struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "read the caller's capabilities");
	c->caps = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

/* The kernel's are numbered without gaps: most often ours end where they do. */
static uint64_t read_known_caps(void)
{
	int last = CAP_LAST_CAP;

	while (last >= 0 && prctl(PR_CAPBSET_READ, last, 0, 0, 0) < 0)
		last--;
	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	return last < 0 ? 0 : UINT64_MAX >> (63 - last);
}

static int read_caps(struct caller *c, struct err *e)
{
	c->caps_known = read_known_caps();
	return read_effective(c, e);
}

/* Of the bounding set only what the bundle names matters. */
static void read_bounding(const struct strings *names, uint64_t *seen,
			  struct caller *c)
{
	for (size_t i = 0; i < names->n; i++) {
		int cap = cap_number(names->v[i]);

		if (cap < 0 || *seen >> cap & 1)
			continue;
		*seen |= 1ULL << cap;
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) > 0)
			c->caps_bounding |= 1ULL << cap;
	}
}

static void read_bounding_caps(const struct spec_capabilities *caps,
			       struct caller *c)
{
	uint64_t seen = 0;

	read_bounding(&caps->bounding, &seen, c);
	read_bounding(&caps->effective, &seen, c);
	read_bounding(&caps->permitted, &seen, c);
	read_bounding(&caps->inheritable, &seen, c);
	read_bounding(&caps->ambient, &seen, c);
}

static int read_map(struct caller *c, const char *path, struct id_range **ret,
		    size_t *ret_n, struct err *e)
{
	autofree char *text = NULL;
	int r = file_read_at(AT_FDCWD, path, PROC_FILE_MAX, &text, NULL);

	if (r < 0) {
		err_errno(e, r, "read %s", path);
		return err_hint(e, "rootlet needs /proc mounted, and a kernel "
				   "with user namespaces");
	}
	if (idmap_from_text(text, &c->arena, ret, ret_n))
		return 0;
	(void)err_set(e, EINVAL, "read %s: it holds no id map", path);
	return err_hint(e, "write the maps of this user namespace first, with "
			   "unshare -r or with newuidmap and newgidmap");
}

/* The number that the initial user namespace has had on every kernel: its map
 * is known, and two files of /proc need not be read. */
static bool in_first_userns(void)
{
	static const char first[] = "user:[4026531837]";
	static char link[sizeof(first)]; /* does not change while we ask */

	if (link[0] == '\0' &&
	    readlink("/proc/self/ns/user", link, sizeof(link)) < 0)
		return false;
	return memcmp(link, first, strlen(first)) == 0;
}

static int read_maps(struct caller *c, struct err *e)
{
	static struct id_range everything = { .count = UINT32_MAX };
	int r;

	if (in_first_userns()) {
		c->uid_map = c->gid_map = &everything;
		c->n_uid_map = c->n_gid_map = 1;
		return 0;
	}
	r = read_map(c, "/proc/self/uid_map", &c->uid_map, &c->n_uid_map, e);
	if (r == 0)
		r = read_map(c, "/proc/self/gid_map", &c->gid_map,
			     &c->n_gid_map, e);
	return r;
}

static int read_ids(struct caller *c, struct err *e)
{
	autofree char *setgroups = NULL;
	int n, r;

	c->uid = geteuid();
	c->gid = getegid();
	n = getgroups(0, NULL);
	c->groups = arena_zero_n(&c->arena, n > 0 ? (size_t)n : 1,
				 sizeof(*c->groups));
	n = n > 0 ? getgroups(n, c->groups) : n;
	if (n < 0)
		return err_sys(e, "read the caller's groups");
	c->n_groups = (size_t)n;
	r = read_maps(c, e);
	if (r < 0)
		return r;
	c->initial_userns = caller_map_is_initial(c);
	if (!c->initial_userns && file_read_at(AT_FDCWD, "/proc/self/setgroups",
					       64, &setgroups, NULL) == 0)
		c->setgroups_denied = str_after(setgroups, "deny") != NULL;
	return 0;
}

void caller_identity(uint32_t *ret_uid, bool *ret_real_root)
{
	auto(caller) struct caller c = { 0 };
	struct err ignored;

	*ret_uid = geteuid();
	*ret_real_root = false;
	if (read_effective(&c, &ignored) < 0 || !caller_is_privileged(&c))
		return;
	*ret_real_root = read_ids(&c, &ignored) == 0 && c.initial_userns;
}

uint32_t caller_uid_outside(uint32_t uid)
{
	auto(caller) struct caller c = { 0 };
	struct err ignored;

	if (read_maps(&c, &ignored) == 0)
		(void)idmap_outside(c.uid_map, c.n_uid_map, uid, &uid);
	return uid;
}

/* --- what the bundle makes it need */

static bool has_single_own_map(const struct items *maps, uint32_t own)
{
	const struct spec_id_map *m = maps->v;

	return maps->n == 1 && m->size == 1 && m->host_id == own;
}

/* Will a map be made of more than the caller's own id?  These are the rows of
 * idmap.c's table that end in CHOICE_AUTO, _KEEP_ID or _CONFIGURED. */
static bool needs_grants(const struct spec *spec, const struct plan_options *o,
			 const struct caller *c)
{
	const struct spec_namespace *user = spec_find_ns(spec, NS_USER);
	const struct spec_linux *l = spec->linux_;

	if (caller_is_privileged(c))
		return c->initial_userns && (o->userns == USERNS_AUTO ||
					     o->userns == USERNS_KEEP_ID);
	if (o->userns != USERNS_AUTO_ROW)
		return o->userns == USERNS_AUTO || o->userns == USERNS_KEEP_ID;
	if (user && user->path)
		return false;
	return !l || !has_single_own_map(&l->uid_mappings, c->uid) ||
	       !has_single_own_map(&l->gid_mappings, c->gid);
}

static void read_grants(const struct spec *spec, const struct plan_options *o,
			struct caller *c)
{
	if (!needs_grants(spec, o, c))
		return;
	if (!caller_is_privileged(c)) {
		caller_read_helpers(c);
		if (!c->newuidmap || !c->newgidmap)
			return;
	}
	caller_read_grants(c);
}

static uint64_t to_limit(rlim_t limit)
{
	return limit == RLIM_INFINITY ? UINT64_MAX : limit;
}

static void read_rlimits(const struct items *limits, struct caller *c)
{
	const struct spec_rlimit *named = limits->v;
	autofree char *text = NULL;

	for (size_t i = 0; i < limits->n; i++) {
		int number = rlimit_number(named[i].type);
		struct rlimit l;

		if (number < 0 || number >= CALLER_RLIMITS)
			continue;
		if (getrlimit(number, &l) < 0)
			l.rlim_cur = l.rlim_max = RLIM_INFINITY;
		c->rlimits[number].soft = to_limit(l.rlim_cur);
		c->rlimits[number].hard = to_limit(l.rlim_max);
		if (number == RLIMIT_NOFILE && caller_may_raise_limits(c) &&
		    file_read_at(AT_FDCWD, "/proc/sys/fs/nr_open", 64, &text,
				 NULL) == 0)
			c->nr_open = strtoull(text, NULL, 10);
	}
}

static bool is_fs(const char *path, unsigned long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

static void read_process_facts(const struct spec_process *p, struct caller *c)
{
	autofree char *enabled = NULL;
	autofree char *text = NULL;

	if (p->capabilities)
		read_bounding_caps(p->capabilities, c);
	read_rlimits(&p->rlimits, c);
	if (p->oom_score_adj.set &&
	    file_read_at(AT_FDCWD, "/proc/self/oom_score_adj", 64, &text,
			 NULL) == 0)
		c->oom_score_adj = (int)strtol(text, NULL, 10);
	if (!str_empty(p->apparmor_profile) &&
	    file_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled",
			 64, &enabled, NULL) == 0)
		c->apparmor = *enabled == 'Y';
	if (!str_empty(p->selinux_label))
		c->selinux = is_fs(SELINUX_FS, SELINUX_MAGIC);
}

/* A line of /proc/self/status: "Mems_allowed_list:	0-3". */
static const char *status_line(struct caller *c, const char *text,
			       const char *key)
{
	const char *line = strstr(text, key);

	if (!line)
		return NULL;
	line += strlen(key);
	line += strspn(line, " \t");
	return arena_dup(&c->arena, line, strcspn(line, "\n"));
}

static void read_cpus_and_nodes(const struct spec *spec, struct caller *c)
{
	const struct spec_linux *l = spec->linux_;
	const struct spec_cpu *cpu = l && l->resources ? l->resources->cpu
						       : NULL;
	autofree char *text = NULL;

	if (!(l && l->memory_policy) &&
	    !(cpu && !(str_empty(cpu->cpus) && str_empty(cpu->mems))))
		return;
	if (file_read_at(AT_FDCWD, "/proc/self/status", PROC_FILE_MAX, &text,
			 NULL) < 0)
		return;
	c->memory_nodes = status_line(c, text, "\nMems_allowed_list:");
	c->cpus = status_line(c, text, "\nCpus_allowed_list:");
}

static void read_linux_facts(const struct spec_linux *l, struct caller *c)
{
	if (!str_empty(l->mount_label))
		c->selinux = is_fs(SELINUX_FS, SELINUX_MAGIC);
	if (l->intel_rdt)
		c->has_resctrl = is_fs(RESCTRL_FS, RDTGROUP_SUPER_MAGIC);
}

static bool mounts_type(const struct spec *spec, const char *prefix)
{
	const struct spec_mount *m = spec->mounts.v;

	for (size_t i = 0; i < spec->mounts.n; i++)
		if (m[i].type && str_after(m[i].type, prefix))
			return true;
	return false;
}

static void read_exe(struct caller *c)
{
	static const char path[] = "/proc/self/exe";
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	c->exe.known = true;
	c->exe.uid = st.st_uid;
	c->exe.gid = st.st_gid;
	c->exe.mode = st.st_mode & 07777;
	c->exe.acl = getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
	c->exe.writable = sys_may(AT_FDCWD, path, W_OK, 0);
}

static int root_errno(const struct spec *spec, const struct plan_options *o)
{
	const char *path = spec->root ? spec->root->path : NULL;
	autofree char *full = NULL;
	struct stat st;

	if (str_empty(path))
		return 0;
	full = *path == '/' ? str_dup(path)
			    : str_format("%s/%s", o->bundle, path);
	if (stat(full, &st) < 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* "5.14.0-503.el9": a release that is none of ours to understand is 0, 0. */
static void read_kernel(struct caller *c)
{
	struct utsname names;
	char *rest;

	if (uname(&names) < 0)
		return;
	c->kernel_major = (uint32_t)strtoul(names.release, &rest, 10);
	if (*rest == '.')
		c->kernel_minor = (uint32_t)strtoul(rest + 1, NULL, 10);
}

static void choose_rules(const struct plan_options *o, struct caller *c)
{
	bool real_root = caller_is_privileged(c) && c->initial_userns;

	switch (o->rootless) {
	case ROOTLESS_TRUE:
		c->unprivileged_rules = true;
		return;
	case ROOTLESS_FALSE:
		c->unprivileged_rules = !caller_is_privileged(c);
		return;
	case ROOTLESS_AUTO:
		break;
	}
	c->unprivileged_rules = !real_root;
}

/* What we ask /proc about a process of ours would be said of somebody else's. */
static int check_proc(struct err *e)
{
	char self[32];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);
	uint32_t pid;

	if (n < 0)
		return 0; /* who needs it says so */
	self[n] = '\0';
	if (str_uint32(self, &pid) == 0 && pid == (uint32_t)getpid())
		return 0;
	(void)err_set(e, ESRCH,
		      "/proc shows the processes of another pid namespace than "
		      "ours");
	return err_hint(e, "mount one of this namespace, as unshare "
			   "--mount-proc does");
}

static int read_all(const struct spec *spec, const struct plan_options *o,
		    struct caller *c, struct err *e)
{
	int r = check_proc(e);

	if (r == 0)
		r = read_caps(c, e);
	if (r == 0)
		r = read_ids(c, e);
	if (r == 0)
		r = caller_read_namespaces(spec, c, e);
	if (r < 0)
		return r;
	choose_rules(o, c);
	read_kernel(c);
	read_exe(c);
	read_grants(spec, o, c);
	if (spec->process)
		read_process_facts(spec->process, c);
	if (spec->linux_)
		read_linux_facts(spec->linux_, c);
	read_cpus_and_nodes(spec, c);
	if (mounts_type(spec, "mqueue"))
		c->has_mqueue = sys_may(AT_FDCWD, "/dev/mqueue", X_OK, 0);
	caller_read_cgroup(spec, o, c);
	caller_read_bus(o, c);
	caller_ask_delegation(o, c);
	c->root_errno = root_errno(spec, o);
	return 0;
}

int caller_read(const struct spec *spec, const struct plan_options *options,
		struct caller *ret, struct err *e)
{
	int r;

	*ret = (struct caller){ 0 };
	r = read_all(spec, options, ret, e);
	if (r < 0)
		caller_done(ret);
	return r;
}

int caller_read_self(const struct plan_options *options, struct caller *ret,
		     struct err *e)
{
	int r;

	*ret = (struct caller){ 0 };
	r = read_caps(ret, e);
	if (r == 0)
		r = read_ids(ret, e);
	if (r < 0)
		caller_done(ret);
	else
		choose_rules(options, ret);
	return r;
}

bool caller_is_real_root(const struct caller *c)
{
	return caller_is_privileged(c) && c->initial_userns;
}

int caller_read_container(struct caller *c, const struct spec *spec, pid_t init,
			  int pidfd, struct err *e)
{
	/* Real root takes the sealed copy in any case. */
	if (!caller_is_real_root(c))
		read_exe(c);
	return caller_read_target(spec, c, init, pidfd, e);
}

void caller_add_process(struct caller *c, const struct spec *spec,
			const struct spec_process *process)
{
	read_process_facts(process, c);
	read_cpus_and_nodes(spec, c);
}

void caller_done(struct caller *c)
{
	if (!c)
		return;
	arena_done(&c->arena);
	*c = (struct caller){ 0 };
}
