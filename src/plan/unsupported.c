/* unsupported.c - what of config.json a later version of rootlet will do.
 *
 * Taking it and doing nothing would be a lie: it is an error that names the key.
 */
#include <errno.h>

#include "base/err.h"
#include "plan/make.h"

int plan_refuse_unsupported(const struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;

	if (!l || !l->intel_rdt)
		return 0;
	if (!plan->caller->has_resctrl)
		(void)err_set(
			e, ENOTSUP,
			"linux.intelRdt: this host has no resctrl "
			"filesystem at /sys/fs/resctrl: its processor has "
			"no RDT, or nobody mounted it");
	else
		(void)err_set(
			e, ENOTSUP,
			"linux.intelRdt: not supported by this version of "
			"rootlet");
	return err_hint(e, "remove linux.intelRdt from config.json");
}
