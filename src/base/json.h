/* json.h - JSON, read into a tree and written from one's own calls.
 *
 * json.c is the only file that knows yajl; the writer is json_out.c.  Input
 * has limits: 4 MiB, 64 levels, 500,000 values; duplicate keys keep the last,
 * as Go's reader does; text after the document, invalid UTF-8, comments and
 * keys with a '\0' are refused.  An error is one sentence that begins with
 * "line 12: ".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

struct err;

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER, /* kept as text, so that 64 bits stay exact */
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	unsigned line; /* of the document, from 1 */
	bool boolean;
	const char *key; /* as a member of an object, else NULL */
	const char *text; /* of a string or number, '\0'-terminated */
	size_t len; /* of text; a string may hold '\0' bytes */
	struct json *child; /* first element or member */
	struct json *next; /* sibling */
	size_t n; /* elements or members */
};

struct json_doc {
	struct arena arena; /* owns every node and string of the tree */
	struct json *root;
};

/* 0, or -errno with the line named. */
int json_parse(const char *text, size_t len, struct json_doc *ret,
	       struct err *e);
void json_done(struct json_doc *doc);

/* A member by its key, or NULL; `object` may be NULL or of another type. */
const struct json *json_get(const struct json *object, const char *key);
const char *json_type_name(enum json_type type); /* "an object", … */

/* For a message of one line: a text of the document, cut, and '?' for control
 * characters; and a key behind what leads to it, as `.uid` or `["a b"]`. */
void json_put_text(struct strbuf *b, const char *text);
void json_put_key(struct strbuf *b, const char *key);

#define json_for_each(item, parent)                                        \
	/* NOLINTNEXTLINE(bugprone-macro-parentheses): item is declared */ \
	for (const struct json *item = (parent) ? (parent)->child : NULL;  \
	     (item); (item) = (item)->next)

/* The writer: calls nest; a `key` of NULL is an element of an array.  It can't
 * fail but for memory, which aborts.  Bytes of strings that are no UTF-8 (a
 * path may have them) come out as U+FFFD; a NULL string as null. */
struct json_out;
struct json_out *json_out_new(bool indented); /* by two blanks, or one line */
/* Indents by tabs instead, as config.json is usually written. */
void json_out_tabs(struct json_out *o);
void json_out_free(struct json_out *o);
void json_object(struct json_out *o, const char *key);
void json_array(struct json_out *o, const char *key);
void json_end(struct json_out *o); /* of the innermost object or array */
void json_string(struct json_out *o, const char *key, const char *value);
void json_bool(struct json_out *o, const char *key, bool value);
void json_int(struct json_out *o, const char *key, int64_t value);
void json_uint(struct json_out *o, const char *key, uint64_t value);
void json_null(struct json_out *o, const char *key);
/* A whole tree as it was read. */
void json_tree(struct json_out *o, const char *key, const struct json *tree);
/* The text so far, '\0'-terminated, without a newline; borrowed from o. */
const char *json_out_text(struct json_out *o, size_t *ret_len);
