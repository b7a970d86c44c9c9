/* device.h - the host's own device, as the source of a bind. */
#pragma once

struct plan_device;

/* A detached mount of the host's node at d->path, or -errno; -ENODEV: what
 * lies there is another device, or none. */
int device_clone(const struct plan_device *d);
