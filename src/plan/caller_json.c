/* caller_json.c - a caller as JSON: for golden tests and `plan --caller`.
 *
 *	{ "uid": 1000, "gid": 1000, "user": "dev",
 *	  "subuid": ["100000 65536"], "subgid": ["100000 65536"],
 *	  "newuidmap": "/usr/bin/newuidmap", "newgidmap": "/usr/bin/newgidmap" }
 *
 * is a normal user; "caps": ["ALL"] makes it root.  What is missing is as on a
 * usual host: the initial user namespace, no capabilities, unlimited limits,
 * cgroup2, a root-owned executable.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"
#include "spec/fields.h"

struct doc_rlimit {
	const char *type;
	uint64_t soft, hard;
};

struct doc_ns {
	int type;
	const char *path;
	bool own, owner_own, owner_joined;
	uint64_t inode, owner_inode;
};

struct doc_exe {
	uint32_t uid, gid, mode;
	bool acl, writable;
};

struct doc_cgroup {
	const char *mount, *own, *named, *bus, *bus_why;
	bool hybrid, own_root, own_writable, own_delegated, parent_writable,
		parent_delegated, named_writable, batch;
	const char *root_controllers, *own_controllers, *parent_controllers,
		*named_controllers, *bus_controllers;
};

struct doc {
	uint32_t uid, gid;
	const char *user;
	struct uint32s groups;
	struct strings caps, bounding, uid_map, gid_map, subuid, subgid;
	bool setgroups_denied, apparmor, selinux, resctrl, no_cgroup2,
		no_mqueue;
	const char *grants_why, *grants_fix;
	const char *newuidmap, *newgidmap, *helpers_why, *helpers_fix;
	const char *memory_nodes, *cpus;
	struct items namespaces, rlimits;
	uint64_t nr_open;
	uint32_t kernel_major, kernel_minor;
	int32_t oom_score_adj, root_errno;
	struct opt_bool unprivileged_rules;
	struct doc_exe *exe;
	struct doc_cgroup *cgroup;
};

static const struct field rlimit_fields[] = {
	ROW(doc_rlimit, type, "type", STRING, REQUIRED),
	ROW(doc_rlimit, soft, "soft", UINT64, REQUIRED),
	ROW(doc_rlimit, hard, "hard", UINT64, REQUIRED),
	{ 0 },
};

static const struct field_name kinds[] = {
	{ "user", NS_USER },	 { "mount", NS_MNT }, { "pid", NS_PID },
	{ "network", NS_NET },	 { "ipc", NS_IPC },   { "uts", NS_UTS },
	{ "cgroup", NS_CGROUP }, { "time", NS_TIME }, { NULL, 0 },
};

static const struct field ns_fields[] = {
	ROW(doc_ns, type, "type", ENUM, REQUIRED, NAMES(kinds)),
	ROW(doc_ns, path, "path", STRING, REQUIRED),
	ROW(doc_ns, own, "own", BOOL),
	ROW(doc_ns, owner_own, "ownerIsOwn", BOOL),
	ROW(doc_ns, owner_joined, "ownerIsJoined", BOOL),
	ROW(doc_ns, inode, "inode", UINT64),
	ROW(doc_ns, owner_inode, "ownerInode", UINT64),
	{ 0 },
};

static const struct field exe_fields[] = {
	ROW(doc_exe, uid, "uid", UINT32),
	ROW(doc_exe, gid, "gid", UINT32),
	ROW(doc_exe, mode, "mode", UINT32),
	ROW(doc_exe, acl, "acl", BOOL),
	ROW(doc_exe, writable, "writable", BOOL),
	{ 0 },
};

static const struct field cgroup_fields[] = {
	ROW(doc_cgroup, mount, "mount", STRING),
	ROW(doc_cgroup, hybrid, "hybrid", BOOL),
	ROW(doc_cgroup, own, "own", STRING),
	ROW(doc_cgroup, own_root, "ownRoot", BOOL),
	ROW(doc_cgroup, own_writable, "ownWritable", BOOL),
	ROW(doc_cgroup, own_delegated, "ownDelegated", BOOL),
	ROW(doc_cgroup, parent_writable, "parentWritable", BOOL),
	ROW(doc_cgroup, parent_delegated, "parentDelegated", BOOL),
	ROW(doc_cgroup, named, "named", STRING),
	ROW(doc_cgroup, named_writable, "namedWritable", BOOL),
	ROW(doc_cgroup, batch, "batch", BOOL),
	ROW(doc_cgroup, root_controllers, "rootControllers", STRING),
	ROW(doc_cgroup, own_controllers, "ownControllers", STRING),
	ROW(doc_cgroup, parent_controllers, "parentControllers", STRING),
	ROW(doc_cgroup, named_controllers, "namedControllers", STRING),
	ROW(doc_cgroup, bus, "bus", STRING),
	ROW(doc_cgroup, bus_why, "busWhy", STRING),
	ROW(doc_cgroup, bus_controllers, "busControllers", STRING),
	{ 0 },
};

static const struct field doc_fields[] = {
	ROW(doc, uid, "uid", UINT32, REQUIRED),
	ROW(doc, gid, "gid", UINT32, REQUIRED),
	ROW(doc, user, "user", STRING),
	ROW(doc, groups, "groups", UINT32S),
	ROW(doc, caps, "caps", STRINGS),
	ROW(doc, bounding, "bounding", STRINGS),
	ROW(doc, uid_map, "uidMap", STRINGS),
	ROW(doc, gid_map, "gidMap", STRINGS),
	ROW(doc, setgroups_denied, "setgroupsDenied", BOOL),
	ROW(doc, subuid, "subuid", STRINGS),
	ROW(doc, subgid, "subgid", STRINGS),
	ROW(doc, grants_why, "grantsWhy", STRING),
	ROW(doc, grants_fix, "grantsFix", STRING),
	ROW(doc, newuidmap, "newuidmap", STRING),
	ROW(doc, newgidmap, "newgidmap", STRING),
	ROW(doc, helpers_why, "helpersWhy", STRING),
	ROW(doc, helpers_fix, "helpersFix", STRING),
	ROW_ITEMS(doc, namespaces, "namespaces", doc_ns, ns_fields),
	ROW_ITEMS(doc, rlimits, "rlimits", doc_rlimit, rlimit_fields),
	ROW(doc, nr_open, "nrOpen", UINT64),
	ROW(doc, kernel_major, "kernelMajor", UINT32),
	ROW(doc, kernel_minor, "kernelMinor", UINT32),
	ROW(doc, oom_score_adj, "oomScoreAdj", INT32),
	ROW(doc, memory_nodes, "memoryNodes", STRING),
	ROW(doc, cpus, "cpus", STRING),
	ROW(doc, apparmor, "apparmor", BOOL),
	ROW(doc, selinux, "selinux", BOOL),
	ROW(doc, resctrl, "resctrl", BOOL),
	ROW(doc, no_cgroup2, "noCgroup2", BOOL),
	ROW(doc, no_mqueue, "noMqueue", BOOL),
	ROW(doc, unprivileged_rules, "unprivilegedRules", OPT_BOOL),
	ROW(doc, root_errno, "rootErrno", INT32),
	ROW_POINTER(doc, exe, "exe", doc_exe, exe_fields),
	ROW_POINTER(doc, cgroup, "cgroup", doc_cgroup, cgroup_fields),
	{ 0 },
};

static int read_caps(const struct strings *names, const char *key,
		     uint64_t *ret, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		int number = cap_number(names->v[i]);

		if (str_eq(names->v[i], "ALL"))
			*ret = (1ULL << CAP_NAMES) - 1;
		else if (number < 0)
			return err_set(e, EINVAL, "%s[%zu]: no such capability",
				       key, i);
		else
			*ret |= 1ULL << number;
	}
	return 0;
}

static int read_map(const struct strings *lines, const char *key,
		    struct arena *a, struct id_range **ret, size_t *ret_n,
		    struct err *e)
{
	struct strbuf text = { 0 };
	bool good;

	for (size_t i = 0; i < lines->n; i++)
		strbuf_printf(&text, "%s\n", lines->v[i]);
	good = idmap_from_text(lines->n ? text.text : "0 0 4294967295\n", a,
			       ret, ret_n);
	strbuf_done(&text);
	return good ? 0
		    : err_set(e, EINVAL,
			      "%s: expected lines such as \"0 1000 "
			      "1\"",
			      key);
}

/* "100000 65536" is the line "u:100000:65536" of /etc/subuid. */
static size_t read_grants(const struct strings *lines, struct arena *a,
			  struct id_grant **ret)
{
	struct strbuf text = { 0 };
	size_t n;

	for (size_t i = 0; i < lines->n; i++) {
		const char *s = lines->v[i];
		size_t len = strcspn(s, " ");

		strbuf_printf(&text, "u:%.*s:%s\n", (int)len, s,
			      s[len] ? s + len + 1 : "");
	}
	n = grants_from_text(lines->n ? text.text : "", "u", 0, a, ret);
	strbuf_done(&text);
	return n;
}

static void read_namespaces(const struct doc *d, struct caller *c)
{
	const struct doc_ns *ns = d->namespaces.v;

	for (size_t i = 0; i < d->namespaces.n; i++)
		c->ns[ns[i].type] = (struct caller_ns){
			.path = arena_str(&c->arena, ns[i].path),
			.is_own = ns[i].own,
			.owner_is_own = ns[i].owner_own,
			.owner_is_joined = ns[i].owner_joined,
			.inode = ns[i].inode,
			.owner_inode = ns[i].owner_inode,
		};
}

static int read_rlimits(const struct doc *d, struct caller *c, struct err *e)
{
	const struct doc_rlimit *l = d->rlimits.v;

	for (int i = 0; i < CALLER_RLIMITS; i++)
		c->rlimits[i].soft = c->rlimits[i].hard = UINT64_MAX;
	for (size_t i = 0; i < d->rlimits.n; i++) {
		int number = rlimit_number(l[i].type);

		if (number < 0)
			return err_set(e, EINVAL, "rlimits[%zu]: no such limit",
				       i);
		c->rlimits[number].soft = l[i].soft;
		c->rlimits[number].hard = l[i].hard;
	}
	return 0;
}

static void take_words(const struct doc *d, struct caller *c)
{
	struct arena *a = &c->arena;

	c->user_name = arena_str(a, d->user);
	c->grants_why = arena_str(a, d->grants_why);
	c->grants_fix = arena_str(a, d->grants_fix);
	c->newuidmap = arena_str(a, d->newuidmap);
	c->newgidmap = arena_str(a, d->newgidmap);
	c->helpers_why = arena_str(a, d->helpers_why);
	c->helpers_fix = arena_str(a, d->helpers_fix);
	c->memory_nodes = arena_str(a, d->memory_nodes);
	c->cpus = arena_str(a, d->cpus);
	c->n_uid_grants = read_grants(&d->subuid, a, &c->uid_grants);
	c->n_gid_grants = read_grants(&d->subgid, a, &c->gid_grants);
	c->groups = arena_zero_n(a, d->groups.n, sizeof(*c->groups));
	c->n_groups = d->groups.n;
	if (d->groups.n > 0)
		memcpy(c->groups, d->groups.v,
		       d->groups.n * sizeof(*c->groups));
}

static unsigned controllers(const char *text)
{
	return cgroup_controllers_from_text(text ? text : "");
}

static void take_cgroup(const struct doc_cgroup *d, struct caller *c)
{
	struct arena *a = &c->arena;

	if (!d)
		return;
	c->cgroup = (struct caller_cgroup){
		.mount = arena_str(a, d->mount),
		.hybrid = d->hybrid,
		.own = arena_str(a, d->own),
		.own_root = d->own_root,
		.own_writable = d->own_writable,
		.own_delegated = d->own_delegated,
		.parent_writable = d->parent_writable,
		.parent_delegated = d->parent_delegated,
		.root_controllers = controllers(d->root_controllers),
		.own_controllers = controllers(d->own_controllers),
		.parent_controllers = controllers(d->parent_controllers),
		.named = arena_str(a, d->named),
		.named_writable = d->named_writable,
		.named_controllers = controllers(d->named_controllers),
		.batch = d->batch,
		.bus = arena_str(a, d->bus),
		.bus_why = arena_str(a, d->bus_why),
		.bus_controllers = controllers(d->bus_controllers),
	};
}

static int take(const struct doc *d, struct caller *c, struct err *e)
{
	int r;

	c->uid = d->uid;
	c->gid = d->gid;
	c->caps_known = (1ULL << CAP_NAMES) - 1;
	c->caps_bounding = d->bounding.present ? 0 : c->caps_known;
	c->setgroups_denied = d->setgroups_denied;
	c->apparmor = d->apparmor;
	c->selinux = d->selinux;
	c->has_resctrl = d->resctrl;
	c->cgroup2_mounted = !d->no_cgroup2;
	c->has_mqueue = !d->no_mqueue;
	c->nr_open = d->nr_open;
	c->kernel_major = d->kernel_major;
	c->kernel_minor = d->kernel_minor;
	c->oom_score_adj = d->oom_score_adj;
	c->root_errno = d->root_errno;
	c->exe = (struct caller_exe){ .known = true, .mode = 0755 };
	if (d->exe)
		c->exe = (struct caller_exe){ true,	   d->exe->uid,
					      d->exe->gid, d->exe->mode,
					      d->exe->acl, d->exe->writable };
	take_words(d, c);
	take_cgroup(d->cgroup, c);
	read_namespaces(d, c);
	r = read_rlimits(d, c, e);
	if (r == 0)
		r = read_caps(&d->caps, "caps", &c->caps, e);
	if (r == 0)
		r = read_caps(&d->bounding, "bounding", &c->caps_bounding, e);
	if (r == 0)
		r = read_map(&d->uid_map, "uidMap", &c->arena, &c->uid_map,
			     &c->n_uid_map, e);
	if (r == 0)
		r = read_map(&d->gid_map, "gidMap", &c->arena, &c->gid_map,
			     &c->n_gid_map, e);
	if (r < 0)
		return r;
	c->initial_userns = caller_map_is_initial(c);
	c->unprivileged_rules = !caller_is_privileged(c) || !c->initial_userns;
	if (d->unprivileged_rules.set)
		c->unprivileged_rules = d->unprivileged_rules.value;
	return 0;
}

int caller_parse(const char *text, size_t len, struct caller *ret,
		 struct err *e)
{
	struct json_doc json = { 0 };
	struct doc doc = { 0 };
	int r = json_parse(text, len, &json, e);

	*ret = (struct caller){ 0 };
	if (r < 0)
		return r;
	r = fields_read(doc_fields, json.root, "", &json.arena, &doc, e);
	if (r == 0)
		r = take(&doc, ret, e);
	if (r < 0)
		caller_done(ret);
	json_done(&json);
	return r;
}
