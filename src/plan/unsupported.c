/* unsupported.c - what of config.json a later version of rootlet will do.
 *
 * Taking it and doing nothing would be a lie: each is an error that names the
 * key.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

static int refuse(const char *key, struct err *e)
{
	err_set(e, ENOTSUP, "%s: not supported by this version of rootlet",
		key);
	return err_hint(e, "remove %s from config.json", key);
}

int plan_refuse_unsupported(const struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;

	if (!l)
		return 0;
	if (l->net_devices && l->net_devices->n > 0)
		return refuse("linux.netDevices", e);
	if (l->intel_rdt)
		return refuse("linux.intelRdt", e);
	if (!str_empty(l->mount_label))
		return refuse("linux.mountLabel", e);
	return 0;
}
