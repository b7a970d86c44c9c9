/* unit_property.h - properties of a systemd unit out of annotations.
 *
 * Source: org.freedesktop.systemd1(5); the values are in the text format of
 * GVariant, as runc and crun take them.
 */
#pragma once

#include "plan/plan.h"

struct err;

/* "TimeoutStopUSec" with "uint64 5000000", "CollectMode" with "'inactive'":
 * booleans, numbers and strings, and arrays of one of them.  A NAME that ends
 * in "Sec" is a time in seconds, and becomes NAME with "USec". */
int unit_property_parse(const char *name, const char *text, struct arena *arena,
			struct plan_unit_property *ret, struct err *e);

/* One of a basic type; the strings are borrowed. */
void unit_property_add(struct plan_unit_property *ret, const char *name,
		       const char *signature, const char *value,
		       struct arena *arena);
