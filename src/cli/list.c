/* list.c - rootlet list: the containers of this caller. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/container.h"

struct list_opts {
	const char *format;
	bool quiet;
};

static const struct option_def list_options[] = {
	{ "format", 'f', "table|json", offsetof(struct list_opts, format),
	  OPT_WORD, "how to write them (default: table)" },
	{ "quiet", 'q', NULL, offsetof(struct list_opts, quiet), OPT_FLAG,
	  "write the ids only" },
	{ 0 },
};

#define COLUMNS 6
/* As wide as the columns of runc, which clients have learnt by heart. */
#define COLUMN_MIN 12
#define COLUMN_GAP 3

struct row {
	const char *cell[COLUMNS];
};
struct table {
	struct arena arena; /* owns the cells */
	struct row *rows; /* owned; the first is the heading */
	size_t n, room;
};

static void table_done(struct table *t)
{
	arena_done(&t->arena);
	free(t->rows);
}

static void add_row(struct table *t, const char *const cells[COLUMNS])
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 32;
		t->rows = mem_resize(t->rows, t->room, sizeof(*t->rows));
	}
	for (size_t k = 0; k < COLUMNS; k++)
		t->rows[t->n].cell[k] = arena_str(&t->arena, cells[k]);
	t->n++;
}

static void add_container(struct table *t, const struct container *c)
{
	char pid[16];
	const char *const cells[COLUMNS] = {
		c->state.id,
		pid,
		field_name(status_names, (int)c->status),
		c->state.bundle,
		c->state.created,
		container_owner(c->state.owner),
	};

	(void)snprintf(pid, sizeof(pid), "%u",
		       c->status == STATUS_STOPPED ? 0 : c->state.pid);
	add_row(t, cells);
}

/* Characters, not bytes, of UTF-8. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void put_table(struct strbuf *b, const struct table *t)
{
	size_t width[COLUMNS];

	for (size_t k = 0; k < COLUMNS; k++) {
		width[k] = COLUMN_MIN;
		for (size_t i = 0; i < t->n; i++) {
			size_t w = width_of(t->rows[i].cell[k]) + COLUMN_GAP;

			if (w > width[k])
				width[k] = w;
		}
	}
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < COLUMNS; k++) {
			const char *cell = t->rows[i].cell[k];
			size_t pad = width[k] - width_of(cell);

			strbuf_puts(b, cell);
			while (k + 1 < COLUMNS && pad-- > 0)
				strbuf_putc(b, ' ');
		}
		strbuf_putc(b, '\n');
	}
}

/* Calls add() for each container that can be read.  A root may be shared with
 * other programs and other users: what can't be read is not ours to list. */
static int each_container(struct store *store, char **ids,
			  void (*add)(const struct container *c, void *data),
			  void *data)
{
	struct err why;

	store_enter(store);
	for (size_t i = 0; ids[i]; i++) {
		struct container c = CONTAINER_INIT;

		if (container_peek(store, ids[i], &c, &why) == 0)
			add(&c, data);
		else if (why.code != ENOENT)
			log_write(LOG_DEBUG, "list: %s, ignoring", why.text);
		container_done(&c);
	}
	return 0;
}

static void list_as_id(const struct container *c, void *data)
{
	struct strbuf *b = data;

	strbuf_puts(b, c->state.id);
	strbuf_putc(b, '\n');
}

static void list_as_row(const struct container *c, void *data)
{
	add_container(data, c);
}

static void list_as_object(const struct container *c, void *data)
{
	struct json_out *out = data;

	json_object(out, NULL);
	container_print(c, out);
	json_end(out);
}

static int list_json(struct store *store, char **ids, struct err *e)
{
	struct json_out *out = json_out_new(false);

	json_array(out, NULL);
	each_container(store, ids, list_as_object, out);
	json_end(out);
	return output_json(out, e);
}

static int list_text(struct store *store, char **ids, bool quiet, struct err *e)
{
	static const char *const heading[COLUMNS] = {
		"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER",
	};
	struct strbuf b = { 0 };
	struct table t = { 0 };
	int r;

	if (quiet) {
		each_container(store, ids, list_as_id, &b);
	} else {
		add_row(&t, heading);
		each_container(store, ids, list_as_row, &t);
		put_table(&b, &t);
	}
	r = output_write(b.text, b.len, e);
	table_done(&t);
	strbuf_done(&b);
	return r;
}

static int list_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	const struct list_opts *o = opts;
	struct store store = STORE_INIT;
	char **ids = NULL;
	int r;

	(void)argc;
	(void)argv;
	r = container_store(g, &store, e);
	if (r == 0)
		r = store_list(&store, &ids, e);
	if (r == 0 && !o->quiet && o->format && str_eq(o->format, "json"))
		r = list_json(&store, ids, e);
	else if (r == 0)
		r = list_text(&store, ids, o->quiet, e);
	store_free_ids(ids);
	store_done(&store);
	return r;
}

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.help = "list the containers of this user",
	.options = list_options,
	.run = list_run,
	.opts_size = sizeof(struct list_opts),
};
