/* plan_golden.c - golden plans: what would be done, without doing it.
 *
 * Each directory tests/plan/CASE holds config.json, caller.json (see
 * plan/caller_json.c), maybe options.json, and what must come out: plan.json,
 * or error.txt with the sentence and the hint.  No privileges are needed, nor
 * the host that the case is about.
 *
 *	plan_golden [--update] [CASE…]
 *
 * --update writes what comes out now; look at it with git diff.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "spec/fields.h"

#define FILE_MAX (4U << 20)

struct doc_options {
	const char *id, *bundle;
	int userns;
	bool strict, no_pivot, no_new_keyring, detached, notify;
	bool systemd_cgroup;
	const char *console_socket, *pidfd_socket, *listen_names,
		*cgroup_manager;
	uint32_t preserve_fds, listen_fds;
};

static const struct field_name userns_names[] = {
	{ "auto", USERNS_AUTO },
	{ "single", USERNS_SINGLE },
	{ "keep-id", USERNS_KEEP_ID },
	{ "host", USERNS_HOST },
	{ NULL, 0 },
};

static const struct field options_fields[] = {
	ROW(doc_options, id, "id", STRING),
	ROW(doc_options, bundle, "bundle", STRING),
	ROW(doc_options, userns, "userns", ENUM, NAMES(userns_names)),
	ROW(doc_options, strict, "strict", BOOL),
	ROW(doc_options, no_pivot, "noPivot", BOOL),
	ROW(doc_options, no_new_keyring, "noNewKeyring", BOOL),
	ROW(doc_options, detached, "detached", BOOL),
	ROW(doc_options, notify, "notify", BOOL),
	ROW(doc_options, console_socket, "consoleSocket", STRING),
	ROW(doc_options, pidfd_socket, "pidfdSocket", STRING),
	ROW(doc_options, preserve_fds, "preserveFds", UINT32),
	ROW(doc_options, listen_fds, "listenFds", UINT32),
	ROW(doc_options, listen_names, "listenNames", STRING),
	ROW(doc_options, systemd_cgroup, "systemdCgroup", BOOL),
	ROW(doc_options, cgroup_manager, "cgroupManager", STRING),
	{ 0 },
};

struct inputs {
	struct json_doc options_doc;
	struct plan_options options;
	struct spec spec;
	struct caller caller;
};

static int read_options(int dir_fd, struct inputs *in, struct err *e)
{
	struct doc_options d = { .id = "c1", .bundle = "/bundle" };
	autofree char *text = NULL;
	size_t len;
	int r;

	if (file_read_at(dir_fd, "options.json", FILE_MAX, &text, &len) == 0) {
		r = json_parse(text, len, &in->options_doc, e);
		if (r == 0)
			r = fields_read(options_fields, in->options_doc.root,
					"", &in->options_doc.arena, &d, e);
		if (r < 0)
			return err_wrap(e, "options.json");
	}
	in->options = (struct plan_options){
		.id = d.id,
		.bundle = d.bundle,
		.userns = (enum userns_choice)d.userns,
		.strict = d.strict,
		.no_pivot = d.no_pivot,
		.no_new_keyring = d.no_new_keyring,
		.detached = d.detached,
		.notify = d.notify,
		.console_socket = d.console_socket,
		.pidfd_socket = d.pidfd_socket,
		.preserve_fds = d.preserve_fds,
		.listen_fds = d.listen_fds,
		.listen_names = d.listen_names,
		.systemd_cgroup = d.systemd_cgroup,
		.cgroup_manager = d.cgroup_manager,
	};
	return 0;
}

static int read_inputs(int dir_fd, struct inputs *in, struct err *e)
{
	autofree char *config = NULL;
	autofree char *caller = NULL;
	size_t config_len = 0, caller_len = 0;
	int r = file_read_at(dir_fd, "config.json", FILE_MAX, &config,
			     &config_len);

	if (r == 0)
		r = file_read_at(dir_fd, "caller.json", FILE_MAX, &caller,
				 &caller_len);
	if (r < 0)
		return err_errno(e, r, "read config.json and caller.json");
	r = caller_parse(caller, caller_len, &in->caller, e);
	if (r < 0)
		return err_wrap(e, "caller.json");
	r = spec_parse(config, config_len, &in->spec, e);
	if (r < 0)
		return err_wrap(e, "config.json");
	return read_options(dir_fd, in, e);
}

/* What comes out: *ret_name is the file that it belongs into. */
static char *make_text(int dir_fd, const char **ret_name)
{
	struct inputs in = { 0 };
	struct plan plan = { 0 };
	struct err e = { 0 };
	char *text;
	int r = read_inputs(dir_fd, &in, &e);

	if (r == 0)
		r = plan_make(&in.spec, &in.caller, &in.options, &plan, &e);
	if (r == 0) {
		struct json_out *out = json_out_new(false);

		json_out_tabs(out);
		json_object(out, NULL);
		plan_print(&plan, out);
		json_end(out);
		text = str_format("%s\n", json_out_text(out, NULL));
		json_out_free(out);
		*ret_name = "plan.json";
	} else {
		text = str_format("%s: %s\nhint: %s\n", err_name(e.code),
				  e.text, e.hint);
		*ret_name = "error.txt";
	}
	plan_done(&plan);
	spec_done(&in.spec);
	caller_done(&in.caller);
	json_done(&in.options_doc);
	return text;
}

static void update(int dir_fd, const char *name, const char *text)
{
	struct err e;

	(void)unlinkat(dir_fd, "plan.json", 0);
	(void)unlinkat(dir_fd, "error.txt", 0);
	if (file_replace_at(dir_fd, name, text, strlen(text), 0644, &e) < 0)
		printf("# %s\n", e.text);
}

/* A comment with the first line that differs. */
static void show_difference(const char *got, const char *want)
{
	while (*got && *want) {
		size_t n = strcspn(got, "\n"), m = strcspn(want, "\n");

		if (n != m || strncmp(got, want, n) != 0)
			break;
		got += n + (got[n] == '\n');
		want += m + (want[m] == '\n');
	}
	printf("#  got: %.*s\n# want: %.*s\n", (int)strcspn(got, "\n"), got,
	       (int)strcspn(want, "\n"), want);
}

static void run_case(int tests_fd, const char *name, bool updating)
{
	autoclose int dir_fd = openat(tests_fd, name,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autofree char *got = NULL;
	autofree char *want = NULL;
	const char *file;
	bool same;

	if (dir_fd < 0) {
		ok(false, name);
		return;
	}
	got = make_text(dir_fd, &file);
	if (updating)
		update(dir_fd, file, got);
	if (file_read_at(dir_fd, file, FILE_MAX, &want, NULL) < 0)
		want = str_dup("(there is no such file)\n");
	same = str_eq(got, want);
	ok(same, name);
	if (!same)
		show_difference(got, want);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type != DT_REG;
}

int main(int argc, char **argv)
{
	bool updating = argc > 1 && str_eq(argv[1], "--update");
	const char *top = getenv("top_srcdir");
	autofree char *path = str_format("%s/tests/plan", top ? top : ".");
	autoclose int tests_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int first = updating ? 2 : 1;
	struct dirent **cases;
	int n;

	for (int i = first; i < argc; i++)
		run_case(tests_fd, argv[i], updating);
	if (argc > first)
		return done();
	n = scandir(path, &cases, is_case, alphasort);
	ok(n > 0, "there are golden plans");
	for (int i = 0; i < n; i++) {
		run_case(tests_fd, cases[i]->d_name, updating);
		free(cases[i]);
	}
	if (n >= 0)
		free(cases);
	return done();
}
