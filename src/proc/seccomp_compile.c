/* seccomp_compile.c - a profile made into a program by libseccomp.
 *
 * Source: config-linux.md, "Seccomp", and where it is silent what profiles in
 * use rely on:
 * - names of system calls that the library does not know are left out, since
 *   profiles list those of all architectures and of newer kernels;
 * - several conditions of one rule must all hold, but when two of them are
 *   about the same argument each one is a rule of its own (any holds), because
 *   libseccomp takes one per argument;
 * - a rule that says what the default says is left out (libseccomp refuses
 *   it);
 * - the native architecture is always in;
 * - calls newer than the profile get ENOSYS (seccomp_newer.c).
 */
#include "proc/seccomp_compile.h"

#include <ctype.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "proc/seccomp.h"
#include "proc/seccomp_newer.h"
#include "sys/memfd.h"

#define ARGS_MAX   6
#define ERRNO_MAX  4095 /* MAX_ERRNO of the kernel, which cuts what is above */
#define TRACE_MAX  0xffff

#define STEP	   sizeof(struct sock_filter)
#define FILTER_MAX (BPF_MAXINSNS * STEP)

static void context_done(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* One of the actions, with the number that ERRNO and TRACE carry; `what` names
 * the key in an error. */
static int action_value(int action, const struct opt_uint32 *number,
			const char *what, uint32_t *ret, struct err *e)
{
	const uint32_t n = number->set ? number->value : EPERM;
	const bool takes_number = action == SECCOMP_ACT_ERRNO ||
				  action == SECCOMP_ACT_TRACE;
	const uint32_t max = action == SECCOMP_ACT_ERRNO ? ERRNO_MAX
							 : TRACE_MAX;

	if (number->set && !takes_number)
		return err_set(e, EINVAL,
			       "%s: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE "
			       "take an errno",
			       what);
	if (takes_number && n > max)
		return err_set(e, EINVAL, "%s: %u is above %u", what, n, max);
	switch ((enum seccomp_action)action) {
	case SECCOMP_ACT_KILL:
	case SECCOMP_ACT_KILL_THREAD:
		*ret = SCMP_ACT_KILL_THREAD;
		return 0;
	case SECCOMP_ACT_KILL_PROCESS:
		*ret = SCMP_ACT_KILL_PROCESS;
		return 0;
	case SECCOMP_ACT_TRAP:
		*ret = SCMP_ACT_TRAP;
		return 0;
	case SECCOMP_ACT_ERRNO:
		*ret = SCMP_ACT_ERRNO(n);
		return 0;
	case SECCOMP_ACT_TRACE:
		*ret = SCMP_ACT_TRACE(n);
		return 0;
	case SECCOMP_ACT_ALLOW:
		*ret = SCMP_ACT_ALLOW;
		return 0;
	case SECCOMP_ACT_LOG:
		*ret = SCMP_ACT_LOG;
		return 0;
	case SECCOMP_ACT_NOTIFY:
		*ret = SCMP_ACT_NOTIFY;
		return 0;
	case SECCOMP_ACT_NONE:
		break;
	}
	return err_set(e, EINVAL, "%s: an action is missing", what);
}

/* `what` names the condition in an error. */
static int condition(const struct spec_seccomp_arg *arg, const char *what,
		     struct scmp_arg_cmp *ret, struct err *e)
{
	static const enum scmp_compare ops[] = {
		[SECCOMP_OP_NE] = SCMP_CMP_NE,
		[SECCOMP_OP_LT] = SCMP_CMP_LT,
		[SECCOMP_OP_LE] = SCMP_CMP_LE,
		[SECCOMP_OP_EQ] = SCMP_CMP_EQ,
		[SECCOMP_OP_GE] = SCMP_CMP_GE,
		[SECCOMP_OP_GT] = SCMP_CMP_GT,
		[SECCOMP_OP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	if (arg->index >= ARGS_MAX)
		return err_set(e, EINVAL, "%s.index: %u is above %d", what,
			       arg->index, ARGS_MAX - 1);
	if (arg->op <= SECCOMP_OP_NONE || arg->op > SECCOMP_OP_MASKED_EQ)
		return err_set(e, EINVAL, "%s.op: no operator", what);
	/* Of MASKED_EQ, value is the mask and valueTwo what must be left. */
	*ret = (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = ops[arg->op],
		.datum_a = arg->value,
		.datum_b = arg->op == SECCOMP_OP_MASKED_EQ ? arg->value_two : 0,
	};
	return 0;
}

/* The conditions of one rule, in the form of libseccomp. */
struct conditions {
	struct scmp_arg_cmp *v; /* owned */
	unsigned n;
	bool apart; /* each is a rule of its own */
};

static void conditions_done(struct conditions *c)
{
	free(c->v);
}

static int conditions_make(const struct spec_syscall *rule, const char *what,
			   struct conditions *ret, struct err *e)
{
	const struct spec_seccomp_arg *args = rule->args.v;
	bool seen[ARGS_MAX] = { false };
	char name[128];
	int r;

	ret->v = mem_zero_n(rule->args.n, sizeof(*ret->v));
	for (size_t i = 0; i < rule->args.n; i++) {
		(void)snprintf(name, sizeof(name), "%s.args[%zu]", what, i);
		r = condition(&args[i], name, &ret->v[ret->n], e);
		if (r < 0)
			return r;
		ret->n++;
		ret->apart = ret->apart || seen[args[i].index];
		seen[args[i].index] = true;
	}
	return 0;
}

static int add_name(scmp_filter_ctx ctx, uint32_t action, const char *name,
		    const struct conditions *c, struct err *e)
{
	const int number = seccomp_syscall_resolve_name(name);
	const unsigned step = c->apart ? 1 : c->n;
	unsigned i = 0;
	int r;

	if (number == __NR_SCMP_ERROR)
		return 0;
	do {
		r = seccomp_rule_add_array(ctx, action, number, step, c->v + i);
		if (r < 0)
			return err_errno(e, r, "add the rule for %s", name);
		i += step;
	} while (i < c->n);
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, const struct spec_syscall *rule,
		    size_t index, uint32_t default_action, struct err *e)
{
	auto(conditions) struct conditions c = { 0 };
	char what[96];
	uint32_t action;
	int r;

	(void)snprintf(what, sizeof(what), "linux.seccomp.syscalls[%zu]",
		       index);
	r = action_value(rule->action, &rule->errno_ret, what, &action, e);
	if (r < 0)
		return r;
	r = conditions_make(rule, what, &c, e);
	if (r < 0)
		return r;
	if (action == default_action)
		return 0;
	for (size_t i = 0; i < rule->names.n; i++) {
		r = add_name(ctx, action, rule->names.v[i], &c, e);
		if (r < 0)
			return err_wrap(e, "%s", what);
	}
	return 0;
}

/* "SCMP_ARCH_X86_64" is libseccomp's "x86_64".  0: it does not know it. */
static uint32_t arch_token(const char *name)
{
	const char *rest = str_after(name, "SCMP_ARCH_");
	char lower[32];
	size_t i = 0;

	for (; rest && rest[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)rest[i]);
	lower[i] = '\0';
	return rest && !rest[i] ? seccomp_arch_resolve_name(lower) : 0;
}

/* A call of an architecture that is not in the filter ends the program, so
 * leaving one out is never a weaker filter: those that the library does not
 * know (the machines that rootlet runs on have no such calls anyway), and those
 * of the other byte order (EDOM). */
static int add_arch(scmp_filter_ctx ctx, const char *name,
		    struct seccomp_archs *archs, struct err *e)
{
	const uint32_t token = arch_token(name);
	int r;

	if (token == 0)
		return 0;
	r = seccomp_arch_add(ctx, token);
	if (r == -EEXIST || r == -EDOM) /* given twice, or the native one */
		return 0;
	if (r < 0)
		return err_errno(e, r, "linux.seccomp.architectures: add %s",
				 name);
	if (archs->n < SECCOMP_ARCHS_MAX)
		archs->v[archs->n++] = token;
	return 0;
}

static int add_archs(scmp_filter_ctx ctx, const struct spec_seccomp *profile,
		     struct seccomp_archs *archs, struct err *e)
{
	int r = 0;

	/* libseccomp has put it in. */
	archs->v[0] = seccomp_arch_native();
	archs->n = 1;
	for (size_t i = 0; r == 0 && i < profile->architectures.n; i++)
		r = add_arch(ctx, profile->architectures.v[i], archs, e);
	return r;
}

static int too_long(struct err *e)
{
	(void)err_set(e, E2BIG, "the filter has more than %d instructions",
		      BPF_MAXINSNS);
	return err_hint(e, "the kernel takes no more: shorten linux.seccomp or "
			   "leave out architectures");
}

/* 2.5.4 exports to an fd only. */
static int export_program(scmp_filter_ctx ctx, char **ret, size_t *ret_len,
			  struct err *e)
{
	autoclose int fd = sys_memfd_data("seccomp");
	int r;

	if (fd < 0)
		return err_errno(e, fd, "make a file in memory for the filter");
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return err_errno(e, r, "compile the filter");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "read the compiled filter");
	r = file_read_fd(fd, FILTER_MAX, ret, ret_len);
	if (r == -EFBIG)
		return too_long(e);
	if (r < 0 || *ret_len == 0 || *ret_len % STEP != 0)
		return err_errno(e, r < 0 ? r : -EIO,
				 "read the compiled filter");
	return 0;
}

/* What goes in front, and the program. */
static int join(const struct sock_filter *front, size_t n_front,
		const char *program, size_t len, struct seccomp_filter *f,
		struct err *e)
{
	const size_t front_len = n_front * STEP;
	char *all;

	if (front_len + len > FILTER_MAX)
		return too_long(e);
	all = mem_zero(front_len + len);
	memcpy(all, front, front_len);
	memcpy(all + front_len, program, len);
	f->program = all;
	f->n = (front_len + len) / STEP;
	return 0;
}

static int add_rules(scmp_filter_ctx ctx, const struct spec_seccomp *profile,
		     uint32_t default_action, struct err *e)
{
	const struct spec_syscall *rules = profile->syscalls.v;
	int r = 0;

	for (size_t i = 0; r == 0 && i < profile->syscalls.n; i++)
		r = add_rule(ctx, &rules[i], i, default_action, e);
	return r;
}

int seccomp_compile(const struct spec_seccomp *profile,
		    struct seccomp_filter *f, struct err *e)
{
	struct sock_filter front[SECCOMP_NEWER_MAX];
	auto(context) scmp_filter_ctx ctx = NULL;
	autofree char *program = NULL;
	struct seccomp_archs archs;
	uint32_t action;
	size_t len = 0;
	int r;

	r = action_value(profile->default_action, &profile->default_errno_ret,
			 "linux.seccomp.defaultAction", &action, e);
	if (r < 0)
		return r;
	ctx = seccomp_init(action);
	if (!ctx)
		return err_set(e, EINVAL,
			       "linux.seccomp.defaultAction: libseccomp or the "
			       "kernel does not know it");
	/* A binary tree of the numbers: half the time of a chain of
	 * comparisons at each call.  Older libraries do without. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = add_archs(ctx, profile, &archs, e);
	if (r == 0)
		r = add_rules(ctx, profile, action, e);
	if (r == 0)
		r = export_program(ctx, &program, &len, e);
	if (r < 0)
		return r;
	return join(front, seccomp_newer(profile, &archs, front), program, len,
		    f, e);
}
