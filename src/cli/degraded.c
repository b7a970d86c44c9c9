/* degraded.c - tells what there is instead of what was asked for.
 *
 * `plan` and `state` list it; of an exec, which leaves no record, this is the
 * only place.
 */
#include "cli/degraded.h"

#include "base/log.h"
#include "plan/degrade.h"

void degraded_log(struct plan *plan, const struct degrade_notes *notes)
{
	degrade_take_notes(plan, notes);
	for (size_t i = 0; i < plan->n_degraded; i++) {
		const struct degradation *d = &plan->degraded[i];

		log_write(LOG_INFO, "%s: wanted %s, got %s: %s", d->item,
			  d->wanted, d->got, d->why);
	}
}
