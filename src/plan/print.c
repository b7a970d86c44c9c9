/* print.c - the plan as JSON, for `rootlet plan` and the golden tests.
 *
 * Every decision stands in it, in words where it has some, and in an order
 * that does not change; nothing of the caller but what was decided about it.
 */
#include "base/json.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"
#include "sys/mountapi.h"

struct flag_name {
	uint64_t flag;
	const char *name;
};

static const struct flag_name attr_names[] = {
	{ MOUNT_ATTR_RDONLY, "rdonly" },
	{ MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },
	{ MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime" },
	{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

/* A mask of several bits: clearing it is "atime", setting is one mode. */
static void print_atime(struct json_out *out, uint64_t flags, bool clear)
{
	uint64_t mode = flags & MOUNT_ATTR__ATIME;

	if (clear && mode)
		json_string(out, NULL, "atime");
	else if (mode == MOUNT_ATTR_NOATIME)
		json_string(out, NULL, "noatime");
	else if (mode == MOUNT_ATTR_STRICTATIME)
		json_string(out, NULL, "strictatime");
}

static void print_attrs(struct json_out *out, const char *key, uint64_t flags,
			bool clear)
{
	if (flags == 0)
		return;
	json_array(out, key);
	for (size_t i = 0; i < sizeof(attr_names) / sizeof(attr_names[0]); i++)
		if (flags & attr_names[i].flag)
			json_string(out, NULL, attr_names[i].name);
	print_atime(out, flags, clear);
	json_end(out);
}

static const char *propagation_name(uint64_t flags)
{
	switch (flags & ~(uint64_t)MS_REC) {
	case MS_SHARED:
		return "shared";
	case MS_SLAVE:
		return "slave";
	case MS_PRIVATE:
		return "private";
	case MS_UNBINDABLE:
		return "unbindable";
	default:
		return "unchanged";
	}
}

static void print_strings(struct json_out *out, const char *key,
			  const char *const *v, size_t n)
{
	json_array(out, key);
	for (size_t i = 0; i < n; i++)
		json_string(out, NULL, v[i]);
	json_end(out);
}

static size_t count_strings(const char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static void print_map(struct json_out *out, const char *key,
		      const struct id_range *v, size_t n)
{
	struct arena scratch = { 0 };

	json_array(out, key);
	for (size_t i = 0; i < n; i++)
		json_string(out, NULL,
			    arena_format(&scratch, "%u %u %u", v[i].inside,
					 v[i].outside, v[i].count));
	json_end(out);
	arena_done(&scratch);
}

static void print_userns(const struct plan *plan, struct json_out *out)
{
	static const char *const how[] = {
		[IDMAP_NONE] = "not at all",
		[IDMAP_DIRECT] = "directly",
		[IDMAP_HELPERS] = "by newuidmap and newgidmap",
	};
	const struct plan_userns *u = &plan->userns;

	json_object(out, "userns");
	json_string(out, "row", u->row);
	json_string(out, "mapsWritten", how[u->how]);
	if (u->how != IDMAP_NONE) {
		print_map(out, "uidMap", u->uids, u->n_uids);
		print_map(out, "gidMap", u->gids, u->n_gids);
		json_bool(out, "setgroupsDenied", u->deny_setgroups);
	}
	if (u->how == IDMAP_HELPERS) {
		json_string(out, "newuidmap", u->newuidmap);
		json_string(out, "newgidmap", u->newgidmap);
	}
	json_uint(out, "setupUid", u->setup_uid);
	json_uint(out, "setupGid", u->setup_gid);
	if (u->nested) {
		json_uint(out, "nestedUid", u->nested_uid);
		json_uint(out, "nestedGid", u->nested_gid);
	}
	json_end(out);
}

static void print_offset(struct json_out *out, const char *key,
			 const struct spec_time_offset *o)
{
	if (!o)
		return;
	json_object(out, key);
	json_int(out, "secs", o->secs);
	json_uint(out, "nanosecs", o->nanosecs);
	json_end(out);
}

static void print_offsets(const struct spec_time_offsets *o,
			  struct json_out *out)
{
	if (!o)
		return;
	json_object(out, "timeOffsets");
	print_offset(out, "monotonic", o->monotonic);
	print_offset(out, "boottime", o->boottime);
	json_end(out);
}

static void print_namespaces(const struct plan *plan, struct json_out *out)
{
	static const char *const when[] = {
		[NS_AT_CLONE] = "at the clone",
		[NS_BETWEEN] = "by the process between",
		[NS_AS_ROOT] = "as root inside",
		[NS_BEFORE_USER] = "before the user namespace",
		[NS_AFTER_USER] = "after the user namespace",
	};
	static const char *const action[] = {
		[NS_INHERIT] = "inherit",
		[NS_NEW] = "new",
		[NS_JOIN] = "join",
	};

	json_object(out, "namespaces");
	for (int k = 0; k < NS_KINDS; k++) {
		const struct plan_ns *ns = &plan->ns[k];

		json_object(out, ns_spec_names[k]);
		json_string(out, "action", action[ns->action]);
		if (ns->action == NS_NEW ||
		    (ns->action == NS_JOIN && k != NS_USER))
			json_string(out, "when", when[ns->when]);
		if (ns->action == NS_JOIN)
			json_string(out, "path", ns->path);
		json_end(out);
	}
	json_end(out);
	print_offsets(plan->time_offsets, out);
	json_bool(out, "intermediateProcess", plan->intermediate);
	json_bool(out, "loopbackUp", plan->loopback_up);
	if (plan->hostname)
		json_string(out, "hostname", plan->hostname);
	if (plan->domainname)
		json_string(out, "domainname", plan->domainname);
}

static void print_root(const struct plan *plan, struct json_out *out)
{
	const struct plan_root *root = &plan->root;

	json_object(out, "root");
	json_string(out, "path", root->path);
	json_bool(out, "readonly", root->readonly);
	json_bool(out, "pivot", !root->no_pivot);
	json_string(out, "propagation", propagation_name(root->propagation));
	json_bool(out, "hostMountsComeIn", root->make_slave);
	json_end(out);
}

static void print_params(const struct plan_mount *m, struct json_out *out)
{
	if (m->n_params == 0)
		return;
	json_object(out, "parameters");
	for (size_t i = 0; i < m->n_params; i++) {
		if (m->params[i].value)
			json_string(out, m->params[i].key, m->params[i].value);
		else
			json_bool(out, m->params[i].key, true);
	}
	json_end(out);
}

static void print_ladder(const struct plan_mount *m, struct json_out *out)
{
	static const char *const how[] = {
		[MOUNT_FS] = "new filesystem",
		[MOUNT_BIND] = "bind",
		[MOUNT_HOST_BIND] = "bind of the host's",
		[MOUNT_SKIP] = "leave out",
		[MOUNT_REMOUNT] = "remount",
	};

	json_array(out, "ladder");
	for (int i = 0; i < MOUNT_RUNGS && m->ladder[i] != MOUNT_END; i++)
		json_string(out, NULL, how[m->ladder[i]]);
	json_end(out);
}

static void print_mount_ids(const struct plan_mount_ids *ids,
			    struct json_out *out)
{
	if (!ids)
		return;
	json_object(out, "idmapped");
	json_bool(out, "recursive", ids->recursive);
	if (ids->n_uids > 0) {
		print_map(out, "uidMap", ids->uids, ids->n_uids);
		print_map(out, "gidMap", ids->gids, ids->n_gids);
	} else {
		json_string(out, "map", "the container's");
	}
	json_end(out);
}

static void print_mount(const struct plan_mount *m, struct json_out *out)
{
	bool bind = m->ladder[0] == MOUNT_BIND;

	json_object(out, NULL);
	json_string(out, "destination", m->dest);
	print_ladder(m, out);
	json_string(out, "source", m->source);
	if (m->fstype)
		json_string(out, "type", m->fstype);
	if (m->fallback)
		json_string(out, "hostPath", m->fallback);
	print_params(m, out);
	if (bind)
		json_bool(out, "recursive", m->recursive);
	print_mount_ids(m->ids, out);
	print_attrs(out, "set", m->attr_set, false);
	print_attrs(out, "clear", m->attr_clear, true);
	print_attrs(out, "setRecursively", m->rec_attr_set, false);
	print_attrs(out, "clearRecursively", m->rec_attr_clear, true);
	if (m->locked_ok)
		json_bool(out, "lockedMayStay", true);
	if (m->propagation) {
		json_string(out, "propagation",
			    propagation_name(m->propagation));
		json_bool(out, "propagationRecursive",
			  m->propagation_recursive);
	}
	if (m->source_optional)
		json_bool(out, "sourceOptional", true);
	if (m->label)
		json_string(out, "label", m->label);
	if (m->copy_up)
		json_bool(out, "copyUp", true);
	if (m->readonly_after)
		json_bool(out, "readonlyAfterFilling", true);
	json_end(out);
}

static void print_devices(const struct plan *plan, struct json_out *out)
{
	struct arena a = { 0 };

	json_bool(out, "fillDev", plan->fill_dev);
	json_array(out, "devices");
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *d = &plan->devices[i];

		json_object(out, NULL);
		json_string(out, "path", d->path);
		json_string(out, "device",
			    arena_format(&a, "%c %u:%u", d->type, d->major,
					 d->minor));
		json_string(out, "mode", arena_format(&a, "%04o", d->mode));
		json_string(out, "owner",
			    arena_format(&a, "%u:%u", d->uid, d->gid));
		json_array(out, "ladder");
		if (d->try_mknod)
			json_string(out, NULL, "mknod");
		if (d->try_bind)
			json_string(out, NULL, "bind of the host's");
		json_end(out);
		json_bool(out, "default", d->default_device);
		json_end(out);
	}
	json_end(out);
	arena_done(&a);
}

static void print_caps(struct json_out *out, const char *key, uint64_t set)
{
	json_array(out, key);
	for (int i = 0; i < CAP_NAMES; i++)
		if (set >> i & 1)
			json_string(out, NULL, cap_name(i));
	json_end(out);
}

static void print_limit(struct json_out *out, const char *key, uint64_t value)
{
	if (value == UINT64_MAX)
		json_string(out, key, "unlimited");
	else
		json_uint(out, key, value);
}

static void print_user(const struct plan_process *p, struct json_out *out)
{
	json_object(out, "user");
	json_uint(out, "uid", p->uid);
	json_uint(out, "gid", p->gid);
	json_bool(out, "setGroups", p->set_groups);
	if (p->keep_groups)
		json_bool(out, "keepGroups", true);
	json_array(out, "additionalGids");
	for (size_t i = 0; i < p->n_groups; i++)
		json_uint(out, NULL, p->groups[i]);
	json_end(out);
	if (p->has_umask)
		json_uint(out, "umask", p->umask);
	json_end(out);
}

static void print_limits(const struct plan_process *p, struct json_out *out)
{
	json_object(out, "capabilities");
	print_caps(out, "bounding", p->caps.bounding);
	print_caps(out, "effective", p->caps.effective);
	print_caps(out, "permitted", p->caps.permitted);
	print_caps(out, "inheritable", p->caps.inheritable);
	print_caps(out, "ambient", p->caps.ambient);
	json_end(out);
	json_object(out, "rlimits");
	for (size_t i = 0; i < p->n_rlimits; i++) {
		json_object(out, rlimit_name(p->rlimits[i].resource));
		print_limit(out, "soft", p->rlimits[i].soft);
		print_limit(out, "hard", p->rlimits[i].hard);
		json_end(out);
	}
	json_end(out);
	json_bool(out, "noNewPrivileges", p->no_new_privs);
	if (p->set_oom_score_adj)
		json_int(out, "oomScoreAdj", p->oom_score_adj);
}

static void print_process(const struct plan_process *p, struct json_out *out)
{
	json_object(out, "process");
	print_strings(out, "args", p->args, count_strings(p->args));
	print_strings(out, "env", p->env, count_strings(p->env));
	json_bool(out, "homeFromPasswd", p->needs_home);
	json_string(out, "cwd", p->cwd);
	print_user(p, out);
	print_limits(p, out);
	plan_print_scheduling(p, out);
	json_bool(out, "terminal", p->terminal);
	if (p->console_size.height || p->console_size.width) {
		json_uint(out, "consoleHeight", p->console_size.height);
		json_uint(out, "consoleWidth", p->console_size.width);
	}
	if (p->new_keyring)
		json_string(out, "newKeyring", p->keyring);
	if (p->apparmor_profile)
		json_string(out, "apparmorProfile", p->apparmor_profile);
	if (p->selinux_label)
		json_string(out, "selinuxLabel", p->selinux_label);
	json_bool(out, "seccomp", p->seccomp != NULL);
	if (p->pass_fds > 0)
		json_uint(out, "passedFds", p->pass_fds);
	if (p->seccomp_listener)
		json_string(out, "seccompListener", p->seccomp_listener);
	if (p->seccomp_metadata)
		json_string(out, "seccompMetadata", p->seccomp_metadata);
	json_end(out);
}

static void print_sysctls(const struct plan *plan, struct json_out *out)
{
	json_array(out, "sysctl");
	for (size_t i = 0; i < plan->n_sysctls; i++) {
		const struct plan_sysctl *s = &plan->sysctls[i];

		json_object(out, NULL);
		json_string(out, "path", s->path);
		json_string(out, "value", s->value);
		json_string(out, "namespace", ns_spec_names[s->ns]);
		json_end(out);
	}
	json_end(out);
}

static void print_socket(struct json_out *out, const char *key,
			 const char *path)
{
	if (path)
		json_string(out, key, path);
}

static void print_net_devices(const struct plan *plan, struct json_out *out)
{
	if (plan->n_net_devices == 0)
		return;
	json_object(out, "netDevices");
	for (size_t i = 0; i < plan->n_net_devices; i++)
		json_string(out, plan->net_devices[i].host,
			    plan->net_devices[i].name);
	json_end(out);
}

static void print_hooks(const struct plan *plan, struct json_out *out)
{
	json_object(out, "hooks");
	for (int i = 0; plan->hooks && i < HOOK_POINTS; i++)
		if (plan->hooks->at[i].n > 0)
			json_uint(out, hook_point_names[i],
				  plan->hooks->at[i].n);
	if (plan->hooks_stdout)
		json_string(out, "stdout", plan->hooks_stdout);
	if (plan->hooks_stderr)
		json_string(out, "stderr", plan->hooks_stderr);
	json_end(out);
}

void degraded_print(const struct degradation *rows, size_t n,
		    struct json_out *out)
{
	json_array(out, "degraded");
	for (size_t i = 0; i < n; i++) {
		json_object(out, NULL);
		json_string(out, "item", rows[i].item);
		json_string(out, "wanted", rows[i].wanted);
		json_string(out, "got", rows[i].got);
		json_string(out, "why", rows[i].why);
		json_string(out, "fix", rows[i].fix);
		json_end(out);
	}
	json_end(out);
}

void plan_print(const struct plan *plan, struct json_out *out)
{
	print_userns(plan, out);
	print_namespaces(plan, out);
	print_root(plan, out);
	json_array(out, "mounts");
	for (size_t i = 0; i < plan->n_mounts; i++)
		print_mount(&plan->mounts[i], out);
	json_end(out);
	print_devices(plan, out);
	print_strings(out, "maskedPaths", plan->masked, plan->n_masked);
	print_strings(out, "readonlyPaths", plan->readonly, plan->n_readonly);
	print_sysctls(plan, out);
	print_net_devices(plan, out);
	print_process(&plan->process, out);
	plan_print_cgroup(&plan->cgroup, out);
	print_hooks(plan, out);
	print_socket(out, "consoleSocket", plan->console_socket);
	print_socket(out, "pidfdSocket", plan->pidfd_socket);
	print_socket(out, "pidfdReceiver", plan->pidfd_receiver);
	if (plan->sources_beforehand)
		json_bool(out, "sourcesBeforehand", true);
	json_bool(out, "sealedExecutable", plan->sealed_exe);
	json_bool(out, "dumpable", plan->dumpable);
	degraded_print(plan->degraded, plan->n_degraded, out);
}
