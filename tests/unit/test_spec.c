/* test_spec.c - unit tests of spec/: what config.json may say. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "spec/spec.h"

#define VECTORS "../shared/spec/oci-runtime-spec-1.3.0/test/config"

static struct err error;

static int parse(const char *text, struct spec *spec)
{
	error = (struct err){ 0 };
	return spec_parse(text, strlen(text), spec, &error);
}

/* A document with `more` beside ociVersion. */
static char *with(const char *more)
{
	return str_format("{\"ociVersion\":\"1.3.0\",%s}", more);
}

static void taken(const char *more)
{
	autofree char *text = with(more);
	auto(spec) struct spec spec = { 0 };

	if (!ok(parse(text, &spec) == 0, more))
		printf("# %s\n", error.text);
}

static void refused(const char *more, const char *want)
{
	autofree char *text = with(more);
	auto(spec) struct spec spec = { 0 };

	ok(parse(text, &spec) == -EINVAL, "refused");
	is_str(error.text, want, want);
	ok(error.hint[0] != '\0', "with a hint");
}

static void vector_file(const char *folder, const char *name, bool good)
{
	autofree char *path = str_format("%s/%s", folder, name);
	autofree char *text = NULL;
	auto(spec) struct spec spec = { 0 };
	size_t len = 0;
	int r;

	if (!ok(file_read_at(AT_FDCWD, path, 1U << 20, &text, &len) == 0, name))
		return;
	error = (struct err){ 0 };
	r = spec_parse(text, len, &spec, &error);
	ok(good == (r == 0), good ? "is taken" : "is refused");
	if (r < 0)
		printf("# %s: %s\n", name, error.text);
}

static void vectors(const char *kind, bool good)
{
	const char *top = getenv("top_srcdir");
	autofree char *folder = str_format("%s/" VECTORS "/%s", top ? top : ".",
					   kind);
	autodir DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir) {
		skip(kind, "the specification's vectors are not here");
		return;
	}
	while ((entry = readdir(dir)))
		if (str_ends(entry->d_name, ".json"))
			vector_file(folder, entry->d_name, good);
}

static void version(const char *v, bool good)
{
	autofree char *text = str_format("{\"ociVersion\":\"%s\"}", v);
	auto(spec) struct spec spec = { 0 };

	ok(good == (parse(text, &spec) == 0), v);
}

static void versions(void)
{
	auto(spec) struct spec spec = { 0 };

	version("1.0.0", true);
	version("1.3.0", true);
	version("1.0.2-dev", true);
	version("1.2.0+dev", true);
	version("1.99.0-rc.1", true);
	version("0.5.0-dev", true);
	version("2.0.0", false);
	is_str(error.text,
	       "ociVersion: 2.0.0 is not supported, only versions 1.x are",
	       "names the version");
	version("10.0.0", false);
	version("", false);
	version("1", false);
	version("1.0.", false);
	version("1.0.0-", false);
	version("1.0.0 x", false);
	version("1.0.0\\npermission", false);
	ok(!strchr(error.text, '\n'), "on one line");
	ok(parse("{}", &spec) < 0, "no version");
	is_str(error.text, "ociVersion: missing", "is missing");
	ok(parse("[]", &spec) < 0, "an array");
	ok(parse("{\n]", &spec) < 0, "no JSON");
	ok(str_after(error.text, "line 2: ") != NULL, "names the line");
}

static void process_values(void)
{
	autofree char *text = with(
		"\"process\":{\"terminal\":true,\"cwd\":\"/w\","
		"\"consoleSize\":{\"height\":25,\"width\":80},"
		"\"user\":{\"uid\":1,\"gid\":2,\"umask\":18,"
		"\"additionalGids\":[5,6]},\"args\":[\"a\",\"\"],"
		"\"env\":[\"A=\\n\",\"nonsense\"],"
		"\"capabilities\":{\"ambient\":[\"CAP_KILL\"]},"
		"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,"
		"\"hard\":18446744073709551615}],\"noNewPrivileges\":true,"
		"\"apparmorProfile\":\"\",\"selinuxLabel\":\"l\","
		"\"oomScoreAdj\":-5,"
		"\"scheduler\":{\"policy\":\"SCHED_RR\",\"nice\":-2,"
		"\"flags\":[\"SCHED_FLAG_RECLAIM\"],\"runtime\":9},"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\","
		"\"priority\":4},\"execCPUAffinity\":{\"initial\":\"0-3,7\"}}");
	auto(spec) struct spec spec = { 0 };
	const struct spec_process *p;
	const struct spec_rlimit *l;

	if (!ok(parse(text, &spec) == 0, "a whole process"))
		return;
	p = spec.process;
	ok(p->terminal && p->no_new_privileges, "its booleans");
	ok(p->console_size->height == 25 && p->console_size->width == 80,
	   "its console");
	ok(p->user.uid == 1 && p->user.gid == 2 && p->user.umask.value == 18,
	   "its user");
	ok(p->user.additional_gids.n == 2, "its groups");
	ok(p->args.n == 2 && str_empty(p->args.v[1]), "its arguments");
	is_str(p->env.v[0], "A=\n", "its environment, as it is");
	ok(p->capabilities->ambient.n == 1 &&
		   !p->capabilities->bounding.present,
	   "its capabilities");
	l = p->rlimits.v;
	ok(l[0].hard == UINT64_MAX && l[0].soft == 1, "its limits");
	ok(p->oom_score_adj.set && p->oom_score_adj.value == -5, "its score");
	ok(!p->apparmor_profile, "an empty profile is none");
	ok(p->scheduler->nice == -2 && p->scheduler->runtime == 9,
	   "its scheduler");
	is_int(p->io_priority->priority, 4, "its io priority");
	is_str(p->exec_cpu_affinity->initial, "0-3,7", "its affinity");
}

#define PROCESS(more) "\"process\":{\"cwd\":\"/\"," more "}"

static void process_errors(void)
{
	refused("\"process\":{}", "process.cwd: missing");
	refused("\"process\":{\"cwd\":\"tmp\"}",
		"process.cwd: expected an absolute path, not \"tmp\" (line 1)");
	refused("\"process\":{\"cwd\":\"/a\\u0000b\"}",
		"process.cwd: a \\u0000 in the string (line 1)");
	refused(PROCESS("\"user\":{\"uid\":\"0\"}"),
		"process.user.uid: expected a number (line 1)");
	refused(PROCESS("\"user\":{\"uid\":4294967296}"),
		"process.user.uid: 4294967296 is outside 0..4294967294 "
		"(line 1)");
	refused(PROCESS("\"user\":{\"gid\":4294967295}"),
		"process.user.gid: 4294967295 is outside 0..4294967294 "
		"(line 1)");
	refused(PROCESS("\"args\":[\"sh\",1]"),
		"process.args[1]: expected a string (line 1)");
	refused(PROCESS("\"oomScoreAdj\":1001"),
		"process.oomScoreAdj: 1001 is outside -1000..1000 (line 1)");
	refused(PROCESS("\"rlimits\":[{\"type\":\"NOFILE\",\"soft\":1,"
			"\"hard\":1}]"),
		"process.rlimits[0].type: expected a limit's name such as "
		"RLIMIT_NOFILE, not \"NOFILE\" (line 1)");
	refused(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,"
			"\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":1,"
			"\"hard\":1}]"),
		"process.rlimits[1].type: RLIMIT_CPU is there twice");
	refused(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,"
			"\"hard\":1}]"),
		"process.rlimits[0]: the soft limit of RLIMIT_CPU is above "
		"the hard one");
	refused(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]"),
		"process.rlimits[0].hard: missing");
	refused(PROCESS("\"consoleSize\":{\"height\":65536,\"width\":1}"),
		"process.consoleSize.height: 65536 is outside 0..65535 "
		"(line 1)");
	refused(PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\","
			"\"priority\":8}"),
		"process.ioPriority.priority: 8 is outside 0..7 (line 1)");
	refused(PROCESS("\"execCPUAffinity\":{\"final\":\"a\"}"),
		"process.execCPUAffinity.final: expected a list of CPUs such "
		"as 0-3,7, not \"a\" (line 1)");
	taken(PROCESS("\"user\":{\"uid\":4294967294}"));
	taken(PROCESS("\"args\":null"));
}

static void top_level(void)
{
	autofree char *text = with(
		"\"root\":{\"path\":\"r\",\"readonly\":true},"
		"\"hostname\":\"h\",\"domainname\":\"d\","
		"\"annotations\":{\"a.b\":\"c\"},"
		"\"mounts\":[{\"destination\":\"rel\",\"type\":\"tmpfs\","
		"\"source\":\"s\",\"options\":[\"ro\"],\"uidMappings\":"
		"[{\"containerID\":0,\"hostID\":5,\"size\":1}]}],"
		"\"hooks\":{\"poststop\":[{\"path\":\"/h\",\"args\":[\"h\"],"
		"\"env\":[],\"timeout\":5}]},\"vm\":5,\"windows\":[]");
	auto(spec) struct spec spec = { 0 };
	const struct spec_mount *m;
	const struct spec_hook *h;
	const struct spec_id_map *map;

	if (!ok(parse(text, &spec) == 0, "a top level"))
		return;
	ok(spec.root->readonly && str_eq(spec.root->path, "r"), "root");
	ok(str_eq(spec.hostname, "h") && str_eq(spec.domainname, "d"), "names");
	is_str(spec.annotations.v[0].value, "c", "annotations");
	m = spec.mounts.v;
	map = m->uid_mappings.v;
	ok(str_eq(m->destination, "rel") && m->options.n == 1 &&
		   map->host_id == 5 && !m->gid_mappings.present,
	   "mounts");
	h = spec.hooks->at[HOOK_POSTSTOP].v;
	ok(h->timeout.value == 5 && h->env.present && h->args.n == 1, "hooks");
	ok(!spec.hooks->at[HOOK_PRESTART].present && !spec.linux_, "the rest");
}

static void top_level_errors(void)
{
	refused("\"root\":{}", "root.path: missing");
	refused("\"root\":{\"path\":\"\"}",
		"root.path: must not be empty (line 1)");
	refused("\"mounts\":[{}]", "mounts[0].destination: missing");
	refused("\"mounts\":[{\"destination\":\"/a\\nb\"}]",
		"mounts[0].destination: expected one line, not \"/a?b\" "
		"(line 1)");
	refused("\"mounts\":[{\"destination\":\"/\"},{\"destination\":\"/\","
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
		"\"size\":0}]}]",
		"mounts[1].gidMappings[0].size: must not be 0");
	refused("\"hooks\":{\"prestart\":[{\"path\":\"h\"}]}",
		"hooks.prestart[0].path: expected an absolute path, not \"h\" "
		"(line 1)");
	refused("\"hooks\":{\"poststart\":[{\"path\":\"/h\",\"timeout\":0}]}",
		"hooks.poststart[0].timeout: 0 is outside "
		"1..9223372036854775807 (line 1)");
	refused("\"annotations\":{\"a.b\":1}",
		"annotations[\"a.b\"]: expected a string (line 1)");
}

#define LINUX(more) "\"linux\":{" more "}"

static void linux_values(void)
{
	autofree char *text = with(LINUX(
		"\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"},"
		"{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}],"
		"\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":1,"
		"\"minor\":3,\"fileMode\":8630}],\"cgroupsPath\":\"\","
		"\"rootfsPropagation\":\"rslave\",\"sysctl\":"
		"{\"net/ipv4/conf/eth0.1/x\":\"1\",\"kernel.sem\":\"2\"},"
		"\"timeOffsets\":{\"boottime\":{\"secs\":-5,\"nanosecs\":7}},"
		"\"netDevices\":{\"eth0\":{\"name\":\"e\"},\"eth1\":{}},"
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\"},"
		"\"intelRdt\":{\"memBwSchema\":\"MB:0=1\"},"
		"\"personality\":{\"domain\":\"LINUX32\"},"
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\","
		"\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_X86\"],"
		"\"syscalls\":[{\"names\":[\"a\",\"b\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":5,"
		"\"value\":18446744073709551615,\"valueTwo\":1,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}"));
	auto(spec) struct spec spec = { 0 };
	const struct spec_linux *l;
	const struct spec_namespace *ns;
	const struct spec_device *d;
	const struct spec_syscall *s;
	const struct spec_seccomp_arg *a;

	if (!ok(parse(text, &spec) == 0, "a whole linux"))
		return;
	l = spec.linux_;
	ns = l->namespaces.v;
	ok(ns[0].type == NS_PID && !ns[0].path, "a new namespace");
	ok(ns[1].type == NS_NET && ns[1].path, "one by path");
	d = l->devices.v;
	is_int(d->file_mode.value, 0666, "a mode without the device's type");
	ok(d->major == 1 && d->minor == 3 && !d->uid.set, "a device");
	ok(!l->cgroups_path, "an empty cgroup path is none");
	is_str(l->rootfs_propagation, "rslave", "what engines write");
	is_int(l->sysctl.n, 2, "both spellings of a sysctl");
	ok(l->time_offsets->boottime->secs == -5 && !l->time_offsets->monotonic,
	   "time offsets");
	is_int(l->net_devices.n, 2, "net devices");
	is_str(l->memory_policy->nodes, "0", "a memory policy");
	is_str(l->intel_rdt->mem_bw_schema, "MB:0=1", "intelRdt");
	is_str(l->personality->domain, "LINUX32", "a personality");
	s = l->seccomp->syscalls.v;
	a = s->args.v;
	is_int(l->seccomp->default_action, SECCOMP_ACT_ERRNO, "an action");
	is_int(l->seccomp->default_errno_ret.value, 38, "its errno");
	ok(s->names.n == 2 && s->action == SECCOMP_ACT_ALLOW, "a rule");
	ok(a->index == 5 && a->value == UINT64_MAX && a->value_two == 1 &&
		   a->op == SECCOMP_OP_MASKED_EQ,
	   "its argument");
	ok(l->seccomp->json ==
		   json_get(json_get(spec.doc.root, "linux"), "seccomp"),
	   "the filter's own JSON");
}

static void linux_errors(void)
{
	refused(LINUX("\"namespaces\":[{\"type\":\"net\"}]"),
		"linux.namespaces[0].type: expected one of user, mount, pid, "
		"network, ipc, uts, cgroup, time, not \"net\" (line 1)");
	refused(LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"uts\"},"
		      "{\"type\":\"pid\"}]"),
		"linux.namespaces[2].type: pid is there twice");
	refused(LINUX("\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]"),
		"linux.namespaces[0].path: expected an absolute path, not "
		"\"x\" (line 1)");
	refused(LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]"),
		"linux.uidMappings[0].size: missing");
	refused(LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,"
		      "\"size\":4294967295}]"),
		"linux.uidMappings[0]: the range of 4294967295 ids goes "
		"beyond the last id, 4294967294");
	taken(LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0,"
		    "\"size\":4294967295}]"));
	refused(LINUX("\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
		      "\"size\":0}]"),
		"linux.gidMappings[0].size: must not be 0");
	refused(LINUX("\"devices\":[{\"type\":\"x\",\"path\":\"/d\"}]"),
		"linux.devices[0].type: expected one of c, b, u, p, not \"x\" "
		"(line 1)");
	refused(LINUX("\"devices\":[{\"type\":\"c\",\"path\":\"/d\","
		      "\"major\":4096,\"minor\":0}]"),
		"linux.devices[0]: 4096:0 is no device number, the largest is "
		"4095:1048575");
	refused(LINUX("\"devices\":[{\"type\":\"b\",\"path\":\"/d\","
		      "\"fileMode\":8630}]"),
		"linux.devices[0].fileMode: 8630 is outside 0..511");
	refused(LINUX("\"rootfsPropagation\":\"x\""),
		"linux.rootfsPropagation: expected one of private, shared, "
		"slave, unbindable, rprivate, rshared, rslave, runbindable, "
		"not \"x\" (line 1)");
	refused(LINUX("\"maskedPaths\":[\"/a\",\"b\"]"),
		"linux.maskedPaths[1]: expected an absolute path, not \"b\" "
		"(line 1)");
	refused(LINUX("\"sysctl\":{\"kernel/../../x\":\"1\"}"),
		"linux.sysctl: a key is no name such as net.ipv4.ip_forward");
	refused(LINUX("\"sysctl\":{\"/etc/passwd\":\"1\"}"),
		"linux.sysctl: a key is no name such as net.ipv4.ip_forward");
	refused(LINUX("\"netDevices\":{\"eth0\":{\"name\":23}}"),
		"linux.netDevices.eth0.name: expected a string (line 1)");
	refused(LINUX("\"netDevices\":[]"),
		"linux.netDevices: expected an object (line 1)");
	refused(LINUX("\"intelRdt\":{\"memBwSchema\":\"L3:0\"}"),
		"linux.intelRdt.memBwSchema: expected one line that begins "
		"with MB:, not \"L3:0\" (line 1)");
}

static void seccomp_errors(void)
{
	refused(LINUX("\"seccomp\":{}"),
		"linux.seccomp.defaultAction: missing");
	refused(LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		      "\"syscalls\":[{\"names\":[],\"action\":"
		      "\"SCMP_ACT_ALLOW\"}]}"),
		"linux.seccomp.syscalls[0].names: must not be empty (line 1)");
	refused(LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		      "\"syscalls\":[{\"names\":[\"a\"],\"action\":"
		      "\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":6,\"value\":0,"
		      "\"op\":\"SCMP_CMP_EQ\"}]}]}"),
		"linux.seccomp.syscalls[0].args[0].index: 6 is outside 0..5 "
		"(line 1)");
	refused(LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		      "\"flags\":[\"X\"]}"),
		"linux.seccomp.flags[0]: expected one of "
		"SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, "
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, not \"X\" (line 1)");
}

#define RESOURCES(more) LINUX("\"resources\":{" more "}")

static void resources_values(void)
{
	autofree char *text = with(RESOURCES(
		"\"memory\":{\"limit\":-1,\"swappiness\":100,"
		"\"disableOOMKiller\":false},\"cpu\":{\"shares\":5,"
		"\"quota\":-1,\"cpus\":\"0-1\"},\"pids\":{\"limit\":-1},"
		"\"blockIO\":{\"weight\":65535,\"throttleReadIOPSDevice\":"
		"[{\"major\":8,\"minor\":0,\"rate\":7}]},"
		"\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":1}],"
		"\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"eth0\","
		"\"priority\":2}]},\"rdma\":{\"mlx5_1\":{\"hcaObjects\":3}},"
		"\"unified\":{\"memory.high\":\"1\"},\"devices\":["
		"{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
		"\"type\":\"\",\"major\":-1}]"));
	auto(spec) struct spec spec = { 0 };
	const struct spec_resources *r;
	const struct spec_block_io_rate *rate;
	const struct spec_device_rule *rule;
	const struct spec_rdma *rdma;

	if (!ok(parse(text, &spec) == 0, "all resources"))
		return;
	r = spec.linux_->resources;
	ok(r->memory->limit.value == -1 && !r->memory->swap.set &&
		   r->memory->disable_oom_killer.set,
	   "memory");
	ok(r->cpu->quota.value == -1 && r->cpu->shares.value == 5, "cpu");
	is_int(r->pids->limit.value, -1, "pids");
	rate = r->block_io->throttle_read_iops.v;
	ok(r->block_io->weight.value == 65535 && rate->rate == 7, "blockIO");
	is_int(r->hugepage_limits.n, 1, "hugepages");
	is_int(r->network->priorities.n, 1, "network");
	rdma = r->rdma.v;
	ok(str_eq(rdma->device, "mlx5_1") && rdma->hca_objects.value == 3 &&
		   !rdma->hca_handles.set,
	   "rdma");
	is_str(r->unified.v[0].key, "memory.high", "unified");
	rule = r->devices.v;
	ok(!rule[0].allow && !rule[0].type && !rule[0].major.set &&
		   !rule[1].type && rule[1].major.value == -1,
	   "device rules");
}

static void resources_errors(void)
{
	refused(RESOURCES("\"pids\":{}"),
		"linux.resources.pids.limit: missing");
	refused(RESOURCES("\"memory\":{\"limit\":9223372036854775808}"),
		"linux.resources.memory.limit: 9223372036854775808 is outside "
		"-9223372036854775808..9223372036854775807 (line 1)");
	refused(RESOURCES("\"blockIO\":{\"weight\":65536}"),
		"linux.resources.blockIO.weight: 65536 is outside 0..65535 "
		"(line 1)");
	refused(RESOURCES("\"hugepageLimits\":[{\"limit\":1,"
			  "\"pageSize\":\"64kB\"}]"),
		"linux.resources.hugepageLimits[0].pageSize: expected a page "
		"size such as 64KB, 2MB or 1GB, not \"64kB\" (line 1)");
	refused(RESOURCES("\"rdma\":{\"mlx5_1\":{\"hcaHandles\":\"x\"}}"),
		"linux.resources.rdma.mlx5_1.hcaHandles: expected a number "
		"(line 1)");
	refused(RESOURCES("\"unified\":{\"../x\":\"1\"}"),
		"linux.resources.unified: a key is no name of a cgroup file");
	refused(RESOURCES("\"devices\":[{}]"),
		"linux.resources.devices[0].allow: missing");
	refused(RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"x\"}]"),
		"linux.resources.devices[0].access: expected some of the "
		"letters r, w and m, not \"x\" (line 1)");
}

static void tables_of_names(void)
{
	for (int i = 0; i < HOOK_POINTS; i++)
		ok(hook_point_names[i] != NULL, "a hook point has a name");
	for (int i = 0; i < NS_KINDS; i++)
		ok(ns_spec_names[i] && ns_proc_names[i] && ns_clone_flags[i],
		   "a namespace has its names");
	is_int(ns_clone_flags[NS_TIME], CLONE_NEWTIME, "the time namespace");
}

int main(void)
{
	struct spec zero = { 0 };

	spec_done(&zero);
	vectors("good", true);
	vectors("bad", false);
	versions();
	top_level();
	top_level_errors();
	process_values();
	process_errors();
	linux_values();
	linux_errors();
	seccomp_errors();
	resources_values();
	resources_errors();
	tables_of_names();
	return done();
}
