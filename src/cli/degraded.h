/* degraded.h - tells what there is instead of what was asked for. */
#pragma once

struct degrade_notes;
struct plan;

/* One record of level "info" for each, those that a stage found included. */
void degraded_log(struct plan *plan, const struct degrade_notes *notes);
