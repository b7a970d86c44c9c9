/* features.c - rootlet features: what this runtime can do here, as JSON.
 *
 * Source: the specification's features.md and features-linux.md.
 *
 * Theory of operation: clients ask before they write a bundle, so a feature is
 * listed where this kernel grants it to this caller, and not for the runtime's
 * knowing it.  Names come from the tables that read config.json; what the
 * caller may do is read as for any bundle, namely one that asks for it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/own.h"
#include "cli/command.h"
#include "cli/container.h"
#include "commit.h"
#include "config.h"
#include "plan/annotations.h"
#include "plan/bits.h"
#include "plan/caller.h"
#include "plan/mount_options.h"
#include "plan/names.h"
#include "proc/scheduling.h"
#include "proc/seccomp.h"
#include "spec/spec.h"

/* Asks for what struct caller has only on demand. */
static const char asks_for_all[] =
	"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"/\"},"
	" \"process\": {\"cwd\": \"/\", \"args\": [\"true\"],"
	"  \"apparmorProfile\": \"any\", \"selinuxLabel\": \"any\"},"
	" \"linux\": {\"memoryPolicy\": {\"mode\": \"MPOL_DEFAULT\"},"
	"  \"resources\": {\"unified\": {\"pids.max\": \"max\"}}}}";

static void put_strings(struct json_out *out, const char *key,
			const char *const *names)
{
	json_array(out, key);
	for (; *names; names++)
		json_string(out, NULL, *names);
	json_end(out);
}

static void put_names(struct json_out *out, const char *key,
		      const struct field_name *names)
{
	json_array(out, key);
	for (; names->name; names++)
		json_string(out, NULL, names->name);
	json_end(out);
}

static void put_enabled(struct json_out *out, const char *key, bool enabled)
{
	json_object(out, key);
	json_bool(out, "enabled", enabled);
	json_end(out);
}

/* As plan/ asks for it. */
static bool can_idmap(const struct caller *c)
{
	return caller_is_privileged(c);
}

static void put_hooks(struct json_out *out)
{
	json_array(out, "hooks");
	for (int i = 0; i < HOOK_POINTS; i++)
		json_string(out, NULL, hook_point_names[i]);
	json_end(out);
}

static void put_mount_options(struct json_out *out, const struct caller *c)
{
	json_array(out, "mountOptions");
	for (const struct mount_option *o = mount_options; o->name; o++)
		if (o->kind != OPTION_NO_CALL &&
		    (o->kind != OPTION_IDMAP || can_idmap(c)))
			json_string(out, NULL, o->name);
	json_end(out);
}

/* The kernel has this kind, and the administrator has not switched it off. */
static bool has_namespace(int kind)
{
	autofree char *file = str_format("/proc/self/ns/%s",
					 ns_proc_names[kind]);
	autofree char *limit = str_format("/proc/sys/user/max_%s_namespaces",
					  ns_proc_names[kind]);
	autofree char *text = NULL;

	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return file_read_at(AT_FDCWD, limit, 64, &text, NULL) < 0 ||
	       !str_eq(text, "0\n");
}

static void put_namespaces(struct json_out *out)
{
	json_array(out, "namespaces");
	for (int kind = 0; kind < NS_KINDS; kind++)
		if (has_namespace(kind))
			json_string(out, NULL, ns_spec_names[kind]);
	json_end(out);
}

static void put_capabilities(struct json_out *out, const struct caller *c)
{
	json_array(out, "capabilities");
	for (int i = 0; i < CAP_NAMES; i++)
		if (c->caps_known >> i & 1)
			json_string(out, NULL, cap_name(i));
	json_end(out);
}

/* Whose manager we may ask depends on who we are, as plan/ has it. */
static void put_cgroup(struct json_out *out, const struct caller *c)
{
	const struct caller_cgroup *g = &c->cgroup;
	bool all_users = caller_is_real_root(c);

	json_object(out, "cgroup");
	json_bool(out, "v1", false);
	json_bool(out, "v2", g->mount != NULL);
	json_bool(out, "systemd", g->bus && all_users);
	json_bool(out, "systemdUser", g->bus && !all_users);
	json_bool(out, "rdma", g->root_controllers >> CG_RDMA & 1);
	json_end(out);
}

static void put_seccomp(struct json_out *out)
{
	const char *const *flags = seccomp_flag_names;
	/* The oldest flag: a kernel without it has no filters. */
	bool enabled = seccomp_flag_known("SECCOMP_FILTER_FLAG_TSYNC");

	json_object(out, "seccomp");
	json_bool(out, "enabled", enabled);
	if (enabled) {
		put_names(out, "actions", seccomp_action_names);
		put_names(out, "operators", seccomp_op_names);
		put_strings(out, "archs", seccomp_arch_names);
		put_strings(out, "knownFlags", flags);
		json_array(out, "supportedFlags");
		for (; *flags; flags++)
			if (seccomp_flag_known(*flags))
				json_string(out, NULL, *flags);
		json_end(out);
	}
	json_end(out);
}

/* A trial, on ourselves, with the nodes that we have anyway; some modes take
 * none. */
static bool memory_works(unsigned mode, const struct plan_bits *nodes)
{
	const struct plan_memory with = { .mode = mode, .nodes = *nodes };
	const struct plan_memory without = { .mode = mode };
	struct err why;

	return scheduling_set_memory(&with, &why) == 0 ||
	       scheduling_set_memory(&without, &why) == 0;
}

static void put_memory_policy(struct json_out *out, struct caller *c)
{
	const struct named *bind = memory_mode_names;
	struct plan_bits nodes = { 0 };
	struct err why;

	if (!c->memory_nodes ||
	    bits_parse(&c->arena, c->memory_nodes, BITS_NODES_MAX, "nodes",
		       &nodes, &why) < 0)
		return;
	while (!str_eq(bind->name, "MPOL_BIND"))
		bind++;
	json_object(out, "memoryPolicy");
	json_array(out, "modes");
	for (const struct named *n = memory_mode_names; n->name; n++)
		if (memory_works(n->number, &nodes))
			json_string(out, NULL, n->name);
	json_end(out);
	json_array(out, "flags");
	for (const struct named *n = memory_flag_names; n->name; n++)
		if (memory_works(bind->number | n->number, &nodes))
			json_string(out, NULL, n->name);
	json_end(out);
	json_end(out);
}

static void put_linux(struct json_out *out, struct caller *c)
{
	json_object(out, "linux");
	put_namespaces(out);
	put_capabilities(out, c);
	put_cgroup(out, c);
	put_seccomp(out);
	put_enabled(out, "apparmor", c->apparmor);
	put_enabled(out, "selinux", c->selinux);
	put_enabled(out, "intelRdt", false);
	put_memory_policy(out, c);
	json_object(out, "mountExtensions");
	put_enabled(out, "idmap", can_idmap(c));
	json_end(out);
	put_enabled(out, "netDevices", caller_may(c, CAP_NET_ADMIN));
	json_end(out);
}

static void put_annotations(struct json_out *out)
{
	json_object(out, "annotations");
	json_string(out, "io.github.seccomp.libseccomp.version",
		    seccomp_library_version());
	json_string(out, "rootlet.commit", ROOTLET_COMMIT);
	json_string(out, "rootlet.version", PACKAGE_VERSION);
	json_end(out);
	json_array(out, "potentiallyUnsafeConfigAnnotations");
	for (const struct annotation *a = annotation_table; a->name; a++)
		if (a->use == ANNOTATION_TAKEN)
			json_string(out, NULL, a->name);
	json_end(out);
}

static int features_run(const struct globals *g, void *opts, int argc,
			char **argv, struct err *e)
{
	const struct plan_options options = { .id = "features",
					      .bundle = "/",
					      .userns = USERNS_SINGLE,
					      .cgroup_manager = "systemd" };
	auto(caller) struct caller caller = { 0 };
	auto(spec) struct spec spec = { 0 };
	struct json_out *out;
	int r;

	(void)g;
	(void)opts;
	(void)argc;
	(void)argv;
	r = spec_parse(asks_for_all, strlen(asks_for_all), &spec, e);
	if (r == 0)
		r = caller_read(&spec, &options, &caller, e);
	if (r < 0)
		return r;
	out = json_out_new(true);
	json_object(out, NULL);
	json_string(out, "ociVersionMin", "1.0.0");
	json_string(out, "ociVersionMax", "1.3.0");
	put_hooks(out);
	put_mount_options(out, &caller);
	put_linux(out, &caller);
	put_annotations(out);
	json_end(out);
	return output_json(out, e);
}

const struct command cmd_features = {
	.name = "features",
	.args = "",
	.help = "show what this runtime can do here, as JSON",
	.run = features_run,
	.notes = "A feature is listed where this kernel grants it to this "
		 "caller.",
};
