/* test_plan_exec.c - the plan for a program in a container that is there. */
#include "plan/plan.h"
#include "test.h"

#include "base/err.h"

#define CONFIG                                                                 \
	"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"},"        \
	"\"process\": {\"cwd\": \"/\", \"args\": [\"init\"], \"terminal\":"    \
	" true, \"user\": {\"uid\": 7, \"gid\": 8, \"umask\": 23},"            \
	"\"env\": [\"A=1\"], \"capabilities\": {\"bounding\": [\"CAP_KILL\"]," \
	"\"permitted\": [\"CAP_KILL\"]}, \"rlimits\": [{\"type\":"             \
	"\"RLIMIT_CORE\", \"soft\": 0, \"hard\": 0}]}}"

static const char user_caller[] = "{\"uid\": 1000, \"gid\": 1000, \"user\": "
				  "\"dev\"}";
static const char root_caller[] = "{\"uid\": 0, \"gid\": 0, \"user\": "
				  "\"root\", \"caps\": [\"ALL\"]}";

/* What a test asks for, and gets. */
struct trial {
	struct spec spec;
	struct json_doc doc;
	struct spec_process *process;
	struct caller caller;
	struct plan_options options;
	struct plan plan;
	struct err e;
	int r;
};

#define DIFFERS(kind) (1U << (kind))
#define CONTAINER \
	(DIFFERS(NS_USER) | DIFFERS(NS_MNT) | DIFFERS(NS_PID) | DIFFERS(NS_NET))

static void begin(struct trial *t, const char *caller, const char *process)
{
	*t = (struct trial){ .options = { .id = "c", .bundle = "/b" } };
	if (spec_parse(CONFIG, strlen(CONFIG), &t->spec, &t->e) < 0 ||
	    caller_parse(caller, strlen(caller), &t->caller, &t->e) < 0 ||
	    spec_parse_process(process, strlen(process), &t->doc, &t->process,
			       &t->e) < 0) {
		printf("Bail out! %s\n", t->e.text);
		exit(1);
	}
	plan_exec_fill_in(t->process, t->spec.process);
}

/* 0 is the caller, and from 1 on `more` ids. */
static void map(struct trial *t, uint32_t inside, uint32_t more)
{
	static struct id_range ids[2];
	struct caller_target *target = &t->caller.target;

	ids[0] = (struct id_range){ inside, 1000, 1 };
	ids[1] = (struct id_range){ 1, 100000, more };
	target->differs = CONTAINER;
	target->uids = target->gids = ids;
	target->n_uids = target->n_gids = more > 0 ? 2 : 1;
	target->setgroups_denied = more == 0;
}

static void make(struct trial *t)
{
	t->r = plan_exec(&t->spec, t->process, &t->caller, &t->options,
			 &t->plan, &t->e);
}

static void end(struct trial *t)
{
	if (t->r == 0)
		plan_done(&t->plan);
	caller_done(&t->caller);
	spec_done(&t->spec);
	json_done(&t->doc);
}

#define PROCESS(user) "{\"cwd\": \"/x\", \"args\": [\"p\"], \"user\": " user "}"

static void joins(void)
{
	struct trial t;

	begin(&t, user_caller, PROCESS("{\"uid\": 5, \"gid\": 0}"));
	map(&t, 0, 65536);
	make(&t);
	is_int(t.r, 0, "a user's container");
	is_int(t.plan.ns[NS_USER].action, NS_JOIN, "joins its user namespace");
	is_int(t.plan.ns[NS_NET].action, NS_JOIN, "and its network");
	is_int(t.plan.ns[NS_IPC].action, NS_INHERIT, "but not what is ours");
	ok(t.plan.intermediate && !t.plan.dumpable, "by a process between");
	is_int(t.plan.userns.setup_uid, 0, "as its root");
	is_int(t.plan.process.uid, 5, "then as the user");
	ok(!t.plan.userns.nested, "who is mapped");
	end(&t);
	begin(&t, user_caller, PROCESS("{\"uid\": 70000, \"gid\": 0}"));
	map(&t, 0, 65536);
	make(&t);
	ok(t.r < 0 && strstr(t.e.text, "process.user.uid: 70000"),
	   "an id that does not map is refused");
	end(&t);
}

static void keeps(void)
{
	struct trial t;

	begin(&t, user_caller, PROCESS("{\"uid\": 0, \"gid\": 0}"));
	map(&t, 0, 65536);
	make(&t);
	is_int(t.plan.process.caps.permitted, 1 << 5, "capabilities are kept");
	is_int(t.plan.process.n_rlimits, 1, "limits too");
	is_int(t.plan.process.umask, 23, "and the umask");
	ok(!t.plan.process.terminal, "but not the terminal");
	ok(!t.plan.process.env[0], "nor the environment");
	is_str(t.plan.process.keyring, "_ses.c", "the keyring is the same");
	end(&t);
	begin(&t, user_caller,
	      "{\"cwd\": \"/\", \"args\": [\"p\"], \"rlimits\": [], "
	      "\"capabilities\": {}, \"user\": {\"uid\": 0, \"gid\": 0}}");
	map(&t, 0, 65536);
	make(&t);
	is_int(t.plan.process.caps.permitted + t.plan.process.caps.bounding, 0,
	       "what it gives itself counts, be it none");
	is_int(t.plan.process.n_rlimits, 0, "of limits too");
	end(&t);
}

static void nests(void)
{
	struct trial t;

	begin(&t, user_caller, PROCESS("{\"uid\": 7, \"gid\": 7}"));
	map(&t, 0, 0);
	make(&t);
	ok(t.r == 0 && t.plan.userns.nested && t.plan.userns.nest_first,
	   "a single id, and another one: its own user namespace");
	ok(!t.plan.userns.join_parent, "in that of init");
	ok(!t.plan.process.set_groups, "without groups");
	end(&t);
	begin(&t, user_caller, PROCESS("{\"uid\": 7, \"gid\": 7}"));
	map(&t, 7, 0);
	t.caller.target.nested = true;
	make(&t);
	ok(t.r == 0 && !t.plan.userns.nested && !t.plan.userns.join_parent,
	   "init is nested: its own id joins it");
	is_int(t.plan.userns.setup_uid, 7, "as that id");
	end(&t);
	begin(&t, user_caller, PROCESS("{\"uid\": 0, \"gid\": 0}"));
	map(&t, 7, 0);
	t.caller.target.nested = true;
	make(&t);
	ok(t.r == 0 && !t.plan.userns.nested && t.plan.userns.join_parent,
	   "root joins the one around it");
	end(&t);
	begin(&t, user_caller, PROCESS("{\"uid\": 9, \"gid\": 9}"));
	map(&t, 7, 0);
	t.caller.target.nested = true;
	t.options.strict = true;
	make(&t);
	ok(t.r < 0, "--strict: a nested one is an error");
	t.options.strict = false;
	make(&t);
	ok(t.r == 0 && t.plan.userns.nested && t.plan.userns.join_parent,
	   "a third id nests in the one around it");
	is_int(t.plan.userns.setup_uid, 0, "by its name there");
	end(&t);
}

static void sealed(void)
{
	struct trial t;

	begin(&t, root_caller, PROCESS("{\"uid\": 0, \"gid\": 0}"));
	t.caller.exe.known = true;
	ok(plan_exec_is_sealed(&t.caller), "in root's own user namespace");
	make(&t);
	is_int(t.plan.ns[NS_USER].action, NS_INHERIT, "which is inherited");
	ok(t.plan.sealed_exe, "the plan says so too");
	end(&t);
	begin(&t, user_caller, PROCESS("{\"uid\": 0, \"gid\": 0}"));
	map(&t, 0, 65536);
	t.caller.exe.known = true;
	ok(!plan_exec_is_sealed(&t.caller), "not where its owner is unmapped");
	t.caller.exe.uid = 100005;
	ok(plan_exec_is_sealed(&t.caller), "but where he is mapped");
	make(&t);
	end(&t);
}

int main(void)
{
	joins();
	keeps();
	nests();
	sealed();
	return done();
}
