/* plan.c - rootlet plan: what would be done, as JSON; changes nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/bundle.h"
#include "plan/degrade.h"
#include "stages/stage.h"
#include "state/store.h"

static const struct option_def plan_options[] = {
	BUNDLE_OPTIONS,
	{ "stages", 0, NULL, offsetof(struct create_opts, stages), OPT_FLAG,
	  "list the rows of the stage tables instead" },
	{ "degradations", 0, NULL, offsetof(struct create_opts, degradations),
	  OPT_FLAG, "list what there may be instead of what a bundle names" },
	{ "caller", 0, "FILE", offsetof(struct create_opts, caller), OPT_STRING,
	  "plan for the caller that this JSON file describes" },
	{ 0 },
};

static int print_text(const char *text, struct err *e)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return err_sys(e, "write to standard output");
	return 0;
}

static int print_degradations(struct err *e)
{
	struct strbuf b = { 0 };
	int r;

	for (int i = 0; i < DEGRADE_ROWS; i++) {
		const struct degradation *d = degrade_row((enum degrade_row)i);

		strbuf_printf(&b, "%s\t%s\t%s\t%s\t%s\n",
			      degrade_row_name((enum degrade_row)i), d->item,
			      d->wanted, d->got, d->why);
	}
	r = print_text(b.text, e);
	strbuf_done(&b);
	return r;
}

static int print_plan(const struct plan *plan, struct err *e)
{
	struct json_out *out = json_out_new(true);
	int r;

	json_object(out, NULL);
	plan_print(plan, out);
	json_end(out);
	r = print_text(json_out_text(out, NULL), e);
	if (r == 0)
		r = print_text("\n", e);
	json_out_free(out);
	return r;
}

static int plan_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	const struct create_opts *o = opts;
	struct bundle b = { 0 };
	int r;

	if (o->stages) {
		autofree char *text = stages_text();

		return print_text(text, e);
	}
	if (o->degradations)
		return print_degradations(e);
	r = bundle_plan(g, o, argc > 0 ? argv[0] : "plan", false, &b, e);
	if (r == 0 && argc > 0)
		r = store_check_id(argv[0], e);
	if (r == 0)
		r = print_plan(&b.plan, e);
	bundle_done(&b);
	return r;
}

const struct command cmd_plan = {
	.name = "plan",
	.args = "[CONTAINER]",
	.help = "show as JSON what run would do; changes nothing",
	.options = plan_options,
	.run = plan_run,
	.opts_size = sizeof(struct create_opts),
	.min_args = 0,
	.max_args = 1,
};
