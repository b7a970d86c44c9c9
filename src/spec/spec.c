/* spec.c - config.json's text to struct spec: the top level, and the entry.
 *
 * Theory of operation: json.c makes a tree, field.c walks the tables of this
 * folder over it (each names, types, ranges and patterns as the JSON schema
 * of the specification has them), validate.c looks at what concerns several
 * values at once.  Where engines are known to write more than the schema
 * allows, the row says so.
 */
#include "spec/spec.h"

#include <linux/sched.h>

#include "base/err.h"
#include "spec/fields.h"

const char *const hook_point_names[HOOK_POINTS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

const char *const ns_spec_names[NS_KINDS] = {
	[NS_USER] = "user",	[NS_MNT] = "mount", [NS_PID] = "pid",
	[NS_NET] = "network",	[NS_IPC] = "ipc",   [NS_UTS] = "uts",
	[NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

const char *const ns_proc_names[NS_KINDS] = {
	[NS_USER] = "user",	[NS_MNT] = "mnt",   [NS_PID] = "pid",
	[NS_NET] = "net",	[NS_IPC] = "ipc",   [NS_UTS] = "uts",
	[NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

const int ns_clone_flags[NS_KINDS] = {
	[NS_USER] = CLONE_NEWUSER,     [NS_MNT] = CLONE_NEWNS,
	[NS_PID] = CLONE_NEWPID,       [NS_NET] = CLONE_NEWNET,
	[NS_IPC] = CLONE_NEWIPC,       [NS_UTS] = CLONE_NEWUTS,
	[NS_CGROUP] = CLONE_NEWCGROUP, [NS_TIME] = CLONE_NEWTIME,
};

const struct field spec_id_map_fields[] = {
	ROW(spec_id_map, container_id, "containerID", UINT32, REQUIRED),
	ROW(spec_id_map, host_id, "hostID", UINT32, REQUIRED),
	ROW(spec_id_map, size, "size", UINT32, REQUIRED),
	{ 0 },
};

static const struct field root_fields[] = {
	ROW(spec_root, path, "path", STRING, NEEDS_CONTENT,
	    CHECK(&spec_one_line)),
	ROW(spec_root, readonly, "readonly", BOOL),
	{ 0 },
};

/* A relative destination is deprecated, not forbidden. */
static const struct field mount_fields[] = {
	ROW(spec_mount, destination, "destination", STRING, NEEDS_CONTENT,
	    CHECK(&spec_one_line)),
	ROW(spec_mount, type, "type", STRING),
	ROW(spec_mount, source, "source", STRING),
	ROW(spec_mount, options, "options", STRINGS),
	ROW_ITEMS(spec_mount, uid_mappings, "uidMappings", spec_id_map,
		  spec_id_map_fields),
	ROW_ITEMS(spec_mount, gid_mappings, "gidMappings", spec_id_map,
		  spec_id_map_fields),
	{ 0 },
};

static const struct field_range timeout_range = { 1, INT64_MAX };

static const struct field hook_fields[] = {
	ROW(spec_hook, path, "path", STRING, REQUIRED,
	    CHECK(&spec_absolute_path)),
	ROW(spec_hook, args, "args", STRINGS),
	ROW(spec_hook, env, "env", STRINGS),
	ROW(spec_hook, timeout, "timeout", OPT_INT64, RANGE(&timeout_range)),
	{ 0 },
};

static const struct field hooks_fields[] = {
	ROW_ITEMS(spec_hooks, at[HOOK_PRESTART], "prestart", spec_hook,
		  hook_fields),
	ROW_ITEMS(spec_hooks, at[HOOK_CREATE_RUNTIME], "createRuntime",
		  spec_hook, hook_fields),
	ROW_ITEMS(spec_hooks, at[HOOK_CREATE_CONTAINER], "createContainer",
		  spec_hook, hook_fields),
	ROW_ITEMS(spec_hooks, at[HOOK_START_CONTAINER], "startContainer",
		  spec_hook, hook_fields),
	ROW_ITEMS(spec_hooks, at[HOOK_POSTSTART], "poststart", spec_hook,
		  hook_fields),
	ROW_ITEMS(spec_hooks, at[HOOK_POSTSTOP], "poststop", spec_hook,
		  hook_fields),
	{ 0 },
};

static const struct field top_fields[] = {
	ROW(spec, oci_version, "ociVersion", STRING, REQUIRED),
	ROW_POINTER(spec, root, "root", spec_root, root_fields),
	ROW_POINTER(spec, process, "process", spec_process,
		    spec_process_fields),
	ROW(spec, hostname, "hostname", STRING, CHECK(&spec_one_line)),
	ROW(spec, domainname, "domainname", STRING, CHECK(&spec_one_line)),
	ROW_ITEMS(spec, mounts, "mounts", spec_mount, mount_fields),
	ROW_POINTER(spec, hooks, "hooks", spec_hooks, hooks_fields),
	ROW(spec, annotations, "annotations", MAP),
	ROW_POINTER(spec, linux_, "linux", spec_linux, spec_linux_fields),
	{ 0 },
};

static void empty_to_null(const char **text)
{
	if (str_empty(*text))
		*text = NULL;
}

/* Engines write "" where they mean "not given". */
static void drop_empty_labels(struct spec_process *p)
{
	empty_to_null(&p->apparmor_profile);
	empty_to_null(&p->selinux_label);
}

static void drop_empty_types(struct spec_resources *res)
{
	struct spec_device_rule *rules = res->devices.v;

	for (size_t i = 0; i < res->devices.n; i++)
		empty_to_null(&rules[i].type);
}

static void drop_empty(struct spec *spec)
{
	struct spec_linux *l = spec->linux_;
	struct spec_namespace *ns;

	if (spec->process)
		drop_empty_labels(spec->process);
	if (!l)
		return;
	empty_to_null(&l->cgroups_path);
	empty_to_null(&l->rootfs_propagation);
	empty_to_null(&l->mount_label);
	ns = l->namespaces.v;
	for (size_t i = 0; i < l->namespaces.n; i++)
		empty_to_null(&ns[i].path);
	if (l->resources)
		drop_empty_types(l->resources);
}

int spec_parse(const char *text, size_t len, struct spec *ret, struct err *e)
{
	struct spec spec = { 0 };
	int r = json_parse(text, len, &spec.doc, e);

	if (r < 0)
		return r;
	r = fields_read(top_fields, spec.doc.root, "", &spec.doc.arena, &spec,
			e);
	if (r == 0) {
		drop_empty(&spec);
		r = spec_validate(&spec, e);
	}
	if (r == 0 && spec.linux_ && spec.linux_->seccomp)
		spec.linux_->seccomp->json = json_get(
			json_get(spec.doc.root, "linux"), "seccomp");
	if (r < 0) {
		spec_done(&spec);
		return err_hint(e, "correct this key in config.json; "
				   "\"rootlet spec\" writes a valid one to "
				   "compare with");
	}
	*ret = spec;
	return 0;
}

int spec_parse_process(const char *text, size_t len, struct json_doc *doc,
		       struct spec_process **ret, struct err *e)
{
	struct spec_process *p;
	int r = json_parse(text, len, doc, e);

	if (r < 0)
		return r;
	p = arena_zero(&doc->arena, sizeof(*p));
	r = fields_read(spec_process_fields, doc->root, "process", &doc->arena,
			p, e);
	if (r == 0)
		r = spec_validate_process(p, e);
	if (r < 0)
		return err_hint(e, "it holds what \"process\" of a config.json "
				   "holds, and nothing around it");
	drop_empty_labels(p);
	*ret = p;
	return 0;
}

int spec_parse_resources(const char *text, size_t len, struct json_doc *doc,
			 struct spec_resources **ret, struct err *e)
{
	struct spec_resources *res;
	int r = json_parse(text, len, doc, e);

	if (r < 0)
		return r;
	res = arena_zero(&doc->arena, sizeof(*res));
	r = fields_read(spec_resources_fields, doc->root, "linux.resources",
			&doc->arena, res, e);
	if (r == 0)
		r = spec_validate_resources(res, e);
	if (r < 0)
		return err_hint(e, "it holds what \"linux.resources\" of a "
				   "config.json holds, and nothing around it");
	drop_empty_types(res);
	*ret = res;
	return 0;
}

void spec_done(struct spec *spec)
{
	json_done(&spec->doc);
	*spec = (struct spec){ 0 };
}
