/* limits.c - resource limits and the OOM score of another process.
 *
 * HOST does this, not INSIDE: it still has the caller's ids, which are those
 * that count for the hard limits and for the OOM score of the caller.
 */
#include "proc/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/file.h"

static const char *const names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_STACK] = "RLIMIT_STACK",
	[RLIMIT_CORE] = "RLIMIT_CORE",
	[RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
};

static const char *limit_name(int resource)
{
	if (resource < 0 || resource >= (int)RLIM_NLIMITS || !names[resource])
		return "an unknown limit";
	return names[resource];
}

static const char *limit_text(uint64_t value, char text[24])
{
	if (value == UINT64_MAX)
		return "unlimited";
	(void)snprintf(text, 24, "%" PRIu64, value);
	return text;
}

static int limit_failed(const struct plan_rlimit *l, int code, struct err *e)
{
	char soft[24];
	char hard[24];

	(void)err_errno(e, code, "set %s to %s, hard limit %s",
			limit_name(l->resource), limit_text(l->soft, soft),
			limit_text(l->hard, hard));
	if (code == EPERM)
		return err_hint(e,
				"raising a hard limit takes CAP_SYS_RESOURCE: "
				"ask for less in process.rlimits, or have the "
				"caller's raised (limits.conf(5); LimitNOFILE= "
				"and the like of systemd)");
	if (code == EINVAL && l->soft > l->hard)
		return err_hint(e, "soft may not be above hard");
	return -code;
}

int limits_apply(pid_t pid, const struct plan_process *p, struct err *e)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct plan_rlimit *l = &p->rlimits[i];
		const struct rlimit limit = { .rlim_cur = l->soft,
					      .rlim_max = l->hard };

		if (prlimit(pid, l->resource, &limit, NULL) < 0)
			return limit_failed(l, errno, e);
	}
	return 0;
}

int limits_set_oom_score(pid_t pid, const struct plan_process *p, struct err *e)
{
	char path[64];
	char text[16];
	int len;
	int r;

	if (!p->set_oom_score_adj)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	len = snprintf(text, sizeof(text), "%d", p->oom_score_adj);
	r = file_write_at(AT_FDCWD, path, text, (size_t)len);
	if (r >= 0)
		return 0;
	if (r == -EACCES && p->oom_score_adj < p->callers_oom_score_adj)
		return 1;
	return err_errno(e, r, "set the OOM score of the container to %d",
			 p->oom_score_adj);
}
