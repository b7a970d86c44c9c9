/* process.c - the tables of config.json's `process`.
 *
 * Source: OCI runtime specification 1.3.0, config.md, "Process".
 */
#include "spec/fields.h"

static const struct field console_size_fields[] = {
	ROW(spec_console_size, height, "height", UINT16, REQUIRED),
	ROW(spec_console_size, width, "width", UINT16, REQUIRED),
	{ 0 },
};

static const struct field user_fields[] = {
	ROW(spec_user, uid, "uid", UINT32, RANGE(&spec_id_range)),
	ROW(spec_user, gid, "gid", UINT32, RANGE(&spec_id_range)),
	ROW(spec_user, umask, "umask", OPT_UINT32),
	ROW(spec_user, additional_gids, "additionalGids", UINT32S,
	    RANGE(&spec_id_range)),
	{ 0 },
};

static const struct field capabilities_fields[] = {
	ROW(spec_capabilities, effective, "effective", STRINGS),
	ROW(spec_capabilities, bounding, "bounding", STRINGS),
	ROW(spec_capabilities, inheritable, "inheritable", STRINGS),
	ROW(spec_capabilities, permitted, "permitted", STRINGS),
	ROW(spec_capabilities, ambient, "ambient", STRINGS),
	{ 0 },
};

/* ^RLIMIT_[A-Z]+$ */
static bool is_rlimit(const char *text)
{
	const char *name = str_after(text, "RLIMIT_");

	return name && *name &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static const struct field_check rlimit_name = {
	.good = is_rlimit,
	.expected = "a limit's name such as RLIMIT_NOFILE",
};

static const struct field rlimit_fields[] = {
	ROW(spec_rlimit, type, "type", STRING, REQUIRED, CHECK(&rlimit_name)),
	ROW(spec_rlimit, soft, "soft", UINT64, REQUIRED),
	ROW(spec_rlimit, hard, "hard", UINT64, REQUIRED),
	{ 0 },
};

static const char *const policies[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
};
static const struct field_check policy = { .words = policies };

static const char *const scheduler_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};
static const struct field_check scheduler_flag = { .words = scheduler_flags };

static const struct field scheduler_fields[] = {
	ROW(spec_scheduler, policy, "policy", STRING, REQUIRED, CHECK(&policy)),
	ROW(spec_scheduler, nice, "nice", INT32),
	ROW(spec_scheduler, priority, "priority", INT32),
	ROW(spec_scheduler, flags, "flags", STRINGS, CHECK(&scheduler_flag)),
	ROW(spec_scheduler, runtime, "runtime", UINT64),
	ROW(spec_scheduler, deadline, "deadline", UINT64),
	ROW(spec_scheduler, period, "period", UINT64),
	{ 0 },
};

static const char *const io_classes[] = {
	"IOPRIO_CLASS_RT",
	"IOPRIO_CLASS_BE",
	"IOPRIO_CLASS_IDLE",
	NULL,
};
static const struct field_check io_class = { .words = io_classes };
/* The kernel packs it into three bits beside the class. */
static const struct field_range io_range = { 0, 7 };

static const struct field io_priority_fields[] = {
	ROW(spec_io_priority, class_name, "class", STRING, REQUIRED,
	    CHECK(&io_class)),
	ROW(spec_io_priority, priority, "priority", INT32, RANGE(&io_range)),
	{ 0 },
};

static const struct field affinity_fields[] = {
	ROW(spec_exec_cpu_affinity, initial, "initial", STRING,
	    CHECK(&spec_cpu_list)),
	ROW(spec_exec_cpu_affinity, final, "final", STRING,
	    CHECK(&spec_cpu_list)),
	{ 0 },
};

static const struct field_range oom_range = { -1000, 1000 };

const struct field spec_process_fields[] = {
	ROW(spec_process, terminal, "terminal", BOOL),
	ROW_POINTER(spec_process, console_size, "consoleSize",
		    spec_console_size, console_size_fields),
	ROW_OBJECT(spec_process, user, "user", spec_user, user_fields),
	ROW(spec_process, args, "args", STRINGS),
	ROW(spec_process, env, "env", STRINGS),
	ROW(spec_process, cwd, "cwd", STRING, REQUIRED,
	    CHECK(&spec_absolute_path)),
	ROW_POINTER(spec_process, capabilities, "capabilities",
		    spec_capabilities, capabilities_fields),
	ROW_ITEMS(spec_process, rlimits, "rlimits", spec_rlimit, rlimit_fields),
	ROW(spec_process, no_new_privileges, "noNewPrivileges", BOOL),
	ROW(spec_process, apparmor_profile, "apparmorProfile", STRING),
	ROW(spec_process, selinux_label, "selinuxLabel", STRING),
	ROW(spec_process, oom_score_adj, "oomScoreAdj", OPT_INT64,
	    RANGE(&oom_range)),
	ROW_POINTER(spec_process, scheduler, "scheduler", spec_scheduler,
		    scheduler_fields),
	ROW_POINTER(spec_process, io_priority, "ioPriority", spec_io_priority,
		    io_priority_fields),
	ROW_POINTER(spec_process, exec_cpu_affinity, "execCPUAffinity",
		    spec_exec_cpu_affinity, affinity_fields),
	{ 0 },
};
