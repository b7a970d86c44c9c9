/* template.c - the config.json that `rootlet spec` writes.
 *
 * The same container as the one of `runc spec`: a read-only root file system,
 * a shell on a terminal, three capabilities.  For `spec --rootless` it differs
 * as runc's does: an own user namespace with the caller as root, the host's
 * network and sysfs, no resources, no group id that is not mapped.
 */
#include "spec/spec.h"

struct writer {
	struct json_out *o;
	bool rootless;
	uint32_t uid, gid;
};

enum audience {
	ALWAYS,
	ROOTFUL,
	ROOTLESS,
};

struct template_mount {
	enum audience audience;
	const char *destination, *type, *source;
	const char *options[8];
};

static const struct template_mount mounts[] = {
	{ ALWAYS, "/proc", "proc", "proc", { NULL } },
	{ ALWAYS,
	  "/dev",
	  "tmpfs",
	  "tmpfs",
	  { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ ROOTFUL,
	  "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
	    "gid=5" } },
	{ ROOTLESS,
	  "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620" } },
	{ ALWAYS,
	  "/dev/shm",
	  "tmpfs",
	  "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ ALWAYS,
	  "/dev/mqueue",
	  "mqueue",
	  "mqueue",
	  { "nosuid", "noexec", "nodev" } },
	{ ROOTFUL,
	  "/sys",
	  "sysfs",
	  "sysfs",
	  { "nosuid", "noexec", "nodev", "ro" } },
	/* sysfs can't be mounted without an own network namespace. */
	{ ROOTLESS,
	  "/sys",
	  "none",
	  "/sys",
	  { "rbind", "nosuid", "noexec", "nodev", "ro" } },
	{ ALWAYS,
	  "/sys/fs/cgroup",
	  "cgroup",
	  "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};

static const struct {
	enum audience audience;
	enum ns_kind kind;
} namespaces[] = {
	{ ALWAYS, NS_PID },    { ROOTFUL, NS_NET }, { ALWAYS, NS_IPC },
	{ ALWAYS, NS_UTS },    { ALWAYS, NS_MNT },  { ALWAYS, NS_CGROUP },
	{ ROOTLESS, NS_USER },
};

static const char *const args[] = { "sh", NULL };
static const char *const env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"TERM=xterm",
	NULL,
};
static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE",
	"CAP_KILL",
	"CAP_NET_BIND_SERVICE",
	NULL,
};
static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/sys/firmware",
	"/proc/scsi",
	NULL,
};
static const char *const readonly_paths[] = {
	"/proc/bus",	       "/proc/fs", "/proc/irq", "/proc/sys",
	"/proc/sysrq-trigger", NULL,
};

static bool is_for(const struct writer *w, enum audience audience)
{
	return audience == ALWAYS || (audience == ROOTLESS) == w->rootless;
}

static void put_strings(struct json_out *o, const char *key,
			const char *const *strings)
{
	json_array(o, key);
	for (; *strings; strings++)
		json_string(o, NULL, *strings);
	json_end(o);
}

static void put_process(struct json_out *o)
{
	json_object(o, "process");
	json_bool(o, "terminal", true);
	json_object(o, "user");
	json_uint(o, "uid", 0);
	json_uint(o, "gid", 0);
	json_end(o);
	put_strings(o, "args", args);
	put_strings(o, "env", env);
	json_string(o, "cwd", "/");
	json_object(o, "capabilities");
	put_strings(o, "bounding", capabilities);
	put_strings(o, "effective", capabilities);
	put_strings(o, "permitted", capabilities);
	json_end(o);
	json_array(o, "rlimits");
	json_object(o, NULL);
	json_string(o, "type", "RLIMIT_NOFILE");
	json_uint(o, "hard", 1024);
	json_uint(o, "soft", 1024);
	json_end(o);
	json_end(o);
	json_bool(o, "noNewPrivileges", true);
	json_end(o);
}

static void put_mounts(const struct writer *w)
{
	json_array(w->o, "mounts");
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		const struct template_mount *m = &mounts[i];

		if (!is_for(w, m->audience))
			continue;
		json_object(w->o, NULL);
		json_string(w->o, "destination", m->destination);
		json_string(w->o, "type", m->type);
		json_string(w->o, "source", m->source);
		if (m->options[0])
			put_strings(w->o, "options", m->options);
		json_end(w->o);
	}
	json_end(w->o);
}

static void put_map(struct json_out *o, const char *key, uint32_t host_id)
{
	json_array(o, key);
	json_object(o, NULL);
	json_uint(o, "containerID", 0);
	json_uint(o, "hostID", host_id);
	json_uint(o, "size", 1);
	json_end(o);
	json_end(o);
}

static void put_resources(struct json_out *o)
{
	json_object(o, "resources");
	json_array(o, "devices");
	json_object(o, NULL);
	json_bool(o, "allow", false);
	json_string(o, "access", "rwm");
	json_end(o);
	json_end(o);
	json_end(o);
}

static void put_linux(const struct writer *w)
{
	json_object(w->o, "linux");
	if (w->rootless) {
		put_map(w->o, "uidMappings", w->uid);
		put_map(w->o, "gidMappings", w->gid);
	} else {
		put_resources(w->o);
	}
	json_array(w->o, "namespaces");
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		if (!is_for(w, namespaces[i].audience))
			continue;
		json_object(w->o, NULL);
		json_string(w->o, "type", ns_spec_names[namespaces[i].kind]);
		json_end(w->o);
	}
	json_end(w->o);
	put_strings(w->o, "maskedPaths", masked_paths);
	put_strings(w->o, "readonlyPaths", readonly_paths);
	json_end(w->o);
}

char *spec_template(bool rootless, uint32_t caller_uid, uint32_t caller_gid)
{
	struct writer w = { json_out_new(true), rootless, caller_uid,
			    caller_gid };
	char *text;

	json_out_tabs(w.o);
	json_object(w.o, NULL);
	json_string(w.o, "ociVersion", "1.3.0");
	put_process(w.o);
	json_object(w.o, "root");
	json_string(w.o, "path", "rootfs");
	json_bool(w.o, "readonly", true);
	json_end(w.o);
	json_string(w.o, "hostname", "rootlet");
	put_mounts(&w);
	put_linux(&w);
	json_end(w.o);
	text = str_format("%s\n", json_out_text(w.o, NULL));
	json_out_free(w.o);
	return text;
}
