/* seccomp.c - the tables of config.json's `linux.seccomp`.
 *
 * Source: OCI runtime specification 1.3.0, config-linux.md, "Seccomp".
 */
#include "spec/fields.h"

const struct field_name seccomp_action_names[] = {
	{ "SCMP_ACT_KILL", SECCOMP_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SECCOMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SECCOMP_ACT_ERRNO },
	{ "SCMP_ACT_TRACE", SECCOMP_ACT_TRACE },
	{ "SCMP_ACT_ALLOW", SECCOMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_ACT_NOTIFY },
	{ NULL, 0 },
};

const struct field_name seccomp_op_names[] = {
	{ "SCMP_CMP_NE", SECCOMP_OP_NE },
	{ "SCMP_CMP_LT", SECCOMP_OP_LT },
	{ "SCMP_CMP_LE", SECCOMP_OP_LE },
	{ "SCMP_CMP_EQ", SECCOMP_OP_EQ },
	{ "SCMP_CMP_GE", SECCOMP_OP_GE },
	{ "SCMP_CMP_GT", SECCOMP_OP_GT },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
	{ NULL, 0 },
};

const char *const seccomp_flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};
static const struct field_check filter_flag = { .words = seccomp_flag_names };

const char *const seccomp_arch_names[] = {
	"SCMP_ARCH_X86_64",	 "SCMP_ARCH_X86",     "SCMP_ARCH_X32",
	"SCMP_ARCH_AARCH64",	 "SCMP_ARCH_ARM",     "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",	 "SCMP_ARCH_MIPS",    "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",	 "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",     "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE",	 "SCMP_ARCH_S390",    "SCMP_ARCH_S390X",
	"SCMP_ARCH_SH",		 "SCMP_ARCH_SHEB",    "SCMP_ARCH_PARISC",
	"SCMP_ARCH_PARISC64",	 "SCMP_ARCH_RISCV64", NULL,
};
static const struct field_check arch = { .words = seccomp_arch_names };

/* A system call has six arguments. */
static const struct field_range arg_range = { 0, 5 };

static const struct field arg_fields[] = {
	ROW(spec_seccomp_arg, index, "index", UINT32, REQUIRED,
	    RANGE(&arg_range)),
	ROW(spec_seccomp_arg, value, "value", UINT64, REQUIRED),
	ROW(spec_seccomp_arg, value_two, "valueTwo", UINT64),
	ROW(spec_seccomp_arg, op, "op", ENUM, REQUIRED,
	    NAMES(seccomp_op_names)),
	{ 0 },
};

static const struct field syscall_fields[] = {
	ROW(spec_syscall, names, "names", STRINGS, NEEDS_CONTENT),
	ROW(spec_syscall, action, "action", ENUM, REQUIRED,
	    NAMES(seccomp_action_names)),
	ROW(spec_syscall, errno_ret, "errnoRet", OPT_UINT32),
	ROW_ITEMS(spec_syscall, args, "args", spec_seccomp_arg, arg_fields),
	{ 0 },
};

const struct field spec_seccomp_fields[] = {
	ROW(spec_seccomp, default_action, "defaultAction", ENUM, REQUIRED,
	    NAMES(seccomp_action_names)),
	ROW(spec_seccomp, default_errno_ret, "defaultErrnoRet", OPT_UINT32),
	ROW(spec_seccomp, flags, "flags", STRINGS, CHECK(&filter_flag)),
	ROW(spec_seccomp, listener_path, "listenerPath", STRING),
	ROW(spec_seccomp, listener_metadata, "listenerMetadata", STRING),
	ROW(spec_seccomp, architectures, "architectures", STRINGS,
	    CHECK(&arch)),
	ROW_ITEMS(spec_seccomp, syscalls, "syscalls", spec_syscall,
		  syscall_fields),
	{ 0 },
};
