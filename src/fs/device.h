/* device.h - the host's own device, as the source of a bind. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

struct plan_device;

mode_t device_type(const struct plan_device *d); /* S_IFCHR, S_IFBLK, S_IFIFO */
/* Is it the device of the plan, by type and number? */
bool device_is(const struct stat *st, const struct plan_device *d);

/* A detached mount of the host's node of this type and number: the one at
 * d->path, else the one that sysfs names.  -ENODEV: there is none that the
 * caller can reach; another -errno: it can't be cloned. */
int device_clone(const struct plan_device *d);
