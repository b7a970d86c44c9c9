/* json.c - JSON, read into a tree.
 *
 * Theory of operation: yajl calls us for every token.  The document is copied
 * once, into the arena; a string without escapes then stays where it is and
 * its closing quote, which yajl has passed, becomes the '\0'.  Lines are
 * counted from one value to the next, so the text is gone over only once.
 * yajl keeps its stack on the heap and we keep ours in an array: nothing here
 * recurses over input.  UTF-8 is checked beforehand and not by yajl, which
 * takes overlong sequences.
 */
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#define JSON_MAX_TEXT	(4U << 20)
#define JSON_MAX_DEPTH	64U
#define JSON_MAX_VALUES 500000U

/* Up to here an object's keys are compared each with each. */
#define FEW_KEYS 32U

struct parser {
	struct json_doc *doc;
	char *text; /* owned by the arena */
	size_t len;
	yajl_handle yajl;
	struct err *e;
	const char *key; /* of the value to come */
	unsigned line; /* the one that `newline` ends */
	size_t newline; /* an offset in text; at the end of the last line: len */
	size_t values;
	unsigned depth;
	struct json *open[JSON_MAX_DEPTH];
	struct json **tail[JSON_MAX_DEPTH + 1]; /* where the next one goes */
};

static size_t next_newline(const struct parser *p, size_t from)
{
	const char *nl = memchr(p->text + from, '\n', p->len - from);

	return nl ? (size_t)(nl - p->text) : p->len;
}

/* Of what begins behind the first `offset` bytes: never less than the last time. */
static unsigned line_at(struct parser *p, size_t offset)
{
	for (; p->newline < offset && p->newline < p->len; p->line++)
		p->newline = next_newline(p, p->newline + 1);
	return p->line;
}

static unsigned line_now(struct parser *p)
{
	return line_at(p, yajl_get_bytes_consumed(p->yajl));
}

/* NULL, with the error made, when a limit is passed. */
static struct json *add_value(struct parser *p, enum json_type type)
{
	struct json *value;

	if (p->values++ == JSON_MAX_VALUES) {
		err_set(p->e, E2BIG, "line %u: more than %u values",
			line_now(p), JSON_MAX_VALUES);
		return NULL;
	}
	value = arena_zero(&p->doc->arena, sizeof(*value));
	value->type = type;
	value->line = line_now(p);
	value->key = p->key;
	p->key = NULL;
	*p->tail[p->depth] = value;
	p->tail[p->depth] = &value->next;
	if (p->depth > 0)
		p->open[p->depth - 1]->n++;
	return value;
}

/* A string of yajl's with a '\0' behind it: in place where it lies between
 * the quotes of our text, else (it had escapes) as a copy. */
static const char *keep_string(struct parser *p, const unsigned char *s,
			       size_t len)
{
	uintptr_t from = (uintptr_t)p->text;
	uintptr_t here = (uintptr_t)s;
	char *text;

	if (here < from || here >= from + p->len)
		return arena_dup(&p->doc->arena, (const char *)s, len);
	text = p->text + (here - from);
	text[len] = '\0';
	return text;
}

static int on_null(void *ctx)
{
	return add_value(ctx, JSON_NULL) ? 1 : 0;
}

static int on_boolean(void *ctx, int value)
{
	struct json *v = add_value(ctx, JSON_BOOL);

	if (!v)
		return 0;
	v->boolean = value != 0;
	return 1;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *v = add_value(p, JSON_NUMBER);

	if (!v)
		return 0;
	v->text = arena_dup(&p->doc->arena, s, len);
	v->len = len;
	return 1;
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *v = add_value(p, JSON_STRING);

	if (!v)
		return 0;
	v->text = keep_string(p, s, len);
	v->len = len;
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;

	if (len > 0 && memchr(s, '\0', len)) {
		err_set(p->e, EINVAL, "line %u: a key with a \\u0000 in it",
			line_now(p));
		return 0;
	}
	p->key = keep_string(p, s, len);
	return 1;
}

static int open_container(struct parser *p, enum json_type type)
{
	struct json *v;

	if (p->depth == JSON_MAX_DEPTH) {
		err_set(p->e, E2BIG, "line %u: nested deeper than %u levels",
			line_now(p), JSON_MAX_DEPTH);
		return 0;
	}
	v = add_value(p, type);
	if (!v)
		return 0;
	p->open[p->depth++] = v;
	p->tail[p->depth] = &v->child;
	return 1;
}

static int on_start_map(void *ctx)
{
	return open_container(ctx, JSON_OBJECT);
}

static int on_start_array(void *ctx)
{
	return open_container(ctx, JSON_ARRAY);
}

static int on_end_array(void *ctx)
{
	struct parser *p = ctx;

	p->depth--;
	return 1;
}

static bool has_later_twin(const struct json *member)
{
	for (const struct json *m = member->next; m; m = m->next)
		if (str_eq(m->key, member->key))
			return true;
	return false;
}

struct numbered {
	struct json *member;
	size_t number;
};

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *x = a;
	const struct numbered *y = b;
	int r = strcmp(x->member->key, y->member->key);

	if (r != 0)
		return r;
	return x->number < y->number ? -1 : 1;
}

/* Marks what a later twin replaces by taking its key away. */
static void mark_twins(struct json *object)
{
	struct numbered *all;
	size_t n = 0;

	if (object->n <= FEW_KEYS) {
		for (struct json *m = object->child; m; m = m->next)
			if (has_later_twin(m))
				m->key = NULL;
		return;
	}
	all = mem_zero_n(object->n, sizeof(*all));
	for (struct json *m = object->child; m; m = m->next, n++)
		all[n] = (struct numbered){ m, n };
	qsort(all, n, sizeof(*all), compare_numbered);
	for (size_t i = 0; i + 1 < n; i++)
		if (str_eq(all[i].member->key, all[i + 1].member->key))
			all[i].member->key = NULL;
	free(all);
}

static int on_end_map(void *ctx)
{
	struct parser *p = ctx;
	struct json *object = p->open[--p->depth];
	struct json **link = &object->child;

	mark_twins(object);
	while (*link) {
		if ((*link)->key) {
			link = &(*link)->next;
		} else {
			*link = (*link)->next;
			object->n--;
		}
	}
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* yajl takes and gives back a few small pieces for each text: from the arena of
 * the document, which costs nothing.  What grows there is its stack, to
 * JSON_MAX_DEPTH, and by doubling the buffer of strings with escapes. */
struct yajl_piece {
	size_t size;
	max_align_t data[];
};

static void *yajl_mem_new(void *ctx, size_t size)
{
	struct yajl_piece *piece = arena_zero(ctx, sizeof(*piece) + size);

	piece->size = size;
	return piece->data;
}

static void *yajl_mem_resize(void *ctx, void *p, size_t size)
{
	void *bigger = yajl_mem_new(ctx, size);
	const struct yajl_piece *piece;

	if (p) {
		piece = (const void *)((const char *)p -
				       offsetof(struct yajl_piece, data));
		memcpy(bigger, p, piece->size < size ? piece->size : size);
	}
	return bigger;
}

static void yajl_mem_free(void *ctx, void *p)
{
	(void)ctx;
	(void)p;
}

/* "process.args[2]", of the value that the parser is in or that its last key
 * announced; "" at the top. */
static void put_place(const struct parser *p, struct strbuf *b)
{
	for (unsigned i = 0; i <= p->depth; i++) {
		const char *key = i < p->depth ? p->open[i]->key : p->key;

		if (key)
			json_put_key(b, key);
		else if (i > 0 && i < p->depth)
			strbuf_printf(b, "[%zu]", p->open[i - 1]->n - 1);
	}
}

/* yajl's own words, without its prefix, full stop and newline. */
static int syntax_error(struct parser *p, unsigned line)
{
	unsigned char *raw = yajl_get_error(p->yajl, 0, NULL, 0);
	const char *text = raw ? (const char *)raw : "not JSON";
	const char *colon = strstr(text, "error: ");
	struct strbuf place = { 0 };
	int r;

	if (colon)
		text = colon + strlen("error: ");
	put_place(p, &place);
	if (str_after(text, "premature EOF"))
		text = "the text ends in the middle of a value";
	r = err_set(p->e, EINVAL, "line %u: %.*s%s%s", line,
		    (int)strcspn(text, ".\n"), text,
		    place.len > 0 ? ", in " : "",
		    place.len > 0 ? place.text : "");
	strbuf_done(&place);
	if (raw)
		yajl_free_error(p->yajl, raw);
	err_hint(p->e, "look at that line and the one before it: often a "
		       "comma, a quote or a bracket is missing or too many");
	return r;
}

static int run_yajl(struct parser *p)
{
	yajl_status status = yajl_parse(p->yajl, (const unsigned char *)p->text,
					p->len);

	if (status == yajl_status_error)
		return syntax_error(p, line_now(p));
	if (status == yajl_status_ok) {
		status = yajl_complete_parse(p->yajl);
		if (status == yajl_status_error)
			return syntax_error(p, line_at(p, p->len));
	}
	/* Cancelled: a callback has made the error. */
	return status == yajl_status_ok ? 0 : -p->e->code;
}

static int check_text(struct parser *p)
{
	size_t bad;

	bad = utf8_valid_until(p->text, p->len);
	if (bad < p->len)
		return err_set(p->e, EILSEQ, "line %u: not UTF-8",
			       line_at(p, bad));
	return 0;
}

int json_parse(const char *text, size_t len, struct json_doc *ret,
	       struct err *e)
{
	yajl_alloc_funcs memory = { yajl_mem_new, yajl_mem_resize,
				    yajl_mem_free, NULL };
	struct json_doc doc = { 0 };
	struct parser p = { .doc = &doc, .len = len, .line = 1, .e = e };
	int r;

	if (len > JSON_MAX_TEXT)
		return err_set(e, EFBIG,
			       "line 1: the text has more than %u MiB",
			       JSON_MAX_TEXT >> 20);
	memory.ctx = &doc.arena;
	p.text = arena_dup(&doc.arena, text, len);
	p.newline = next_newline(&p, 0);
	p.tail[0] = &doc.root;
	r = check_text(&p);
	if (r == 0) {
		p.yajl = yajl_alloc(&callbacks, &memory, &p);
		(void)yajl_config(p.yajl, yajl_dont_validate_strings, 1);
		r = run_yajl(&p);
		yajl_free(p.yajl);
	}
	if (r == 0 && !doc.root)
		r = err_set(e, EINVAL, "line %u: no value in the text",
			    line_at(&p, len));
	if (r < 0) {
		json_done(&doc);
		return r;
	}
	*ret = doc;
	return 0;
}

void json_done(struct json_doc *doc)
{
	arena_done(&doc->arena);
	doc->root = NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	json_for_each(member, object)
		if (str_eq(member->key, key))
			return member;
	return NULL;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	    [JSON_BOOL] = "true or false",
		[JSON_NUMBER] = "a number", [JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",  [JSON_OBJECT] = "an object",
	};

	return names[type];
}
