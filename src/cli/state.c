/* state.c - rootlet state: what is known of a container, as JSON. */
#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/container.h"

static int print_state(struct store *store, const struct container *c,
		       struct err *e)
{
	struct json_out *out = json_out_new(true);

	(void)store;
	json_object(out, NULL);
	container_print(c, out);
	if (c->status == STATUS_STOPPED && c->state.exit_code.set)
		json_uint(out, "exitCode", c->state.exit_code.value);
	if (c->status == STATUS_STOPPED && c->state.exit_signal)
		json_string(out, "exitSignal", c->state.exit_signal);
	if (c->state.degraded_json && c->state.degraded_json->n > 0)
		json_tree(out, "degraded", c->state.degraded_json);
	json_end(out);
	return output_json(out, e);
}

static int state_run(const struct globals *g, void *opts, int argc, char **argv,
		     struct err *e)
{
	(void)opts;
	(void)argc;
	return container_one(g, argv[0], print_state, e);
}

const struct command cmd_state = {
	.name = "state",
	.args = "CONTAINER",
	.help = "show what is known of a container, as JSON",
	.run = state_run,
	.min_args = 1,
	.max_args = 1,
	.notes = "What the bundle asked for and this caller can't have stands "
		 "under \"degraded\".",
};
