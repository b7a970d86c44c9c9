/* scope.h - what of a scope's limits systemd has properties for; private to
 * cgroup/.
 *
 * systemd writes the files of a unit's cgroup anew whenever it likes (on
 * daemon-reload, or when a property changes) and then knows only its own
 * properties; so each limit that it has a word for is said to it as well.
 *
 * Source: systemd.resource-control(5), org.freedesktop.systemd1(5).
 */
#pragma once

#include <stddef.h>

#include "base/mem.h"
#include "plan/plan.h"

/* The arguments of rootlet-scope, as they grow; { 0 } is empty. */
struct scope_words {
	struct arena arena; /* of those that are made here */
	const char **v; /* owned; n of them, then NULL */
	size_t n, room;
};

void scope_words_add(struct scope_words *w, const char *word);
void scope_words_done(struct scope_words *w);

/* NAME SIGNATURE VALUE… of each that there is a property for. */
void scope_add_settings(struct scope_words *w,
			const struct plan_cgroup_setting *settings, size_t n);
