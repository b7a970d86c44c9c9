/* test_json.c - unit tests of base/json.c and base/json_out.c. */
#include "test.h"

#include <errno.h>

#include "base/err.h"
#include "base/json.h"

static struct err error;

static int parse(const char *text, struct json_doc *doc)
{
	error = (struct err){ 0 };
	return json_parse(text, strlen(text), doc, &error);
}

static void refused(const char *text, const char *want, const char *name)
{
	struct json_doc doc = { 0 };
	int r = parse(text, &doc);

	ok(r < 0 && r == -error.code, name);
	ok(strstr(error.text, want) && !strchr(error.text, '\n'), error.text);
	if (r == 0)
		json_done(&doc);
}

static void a_tree(void)
{
	struct json_doc doc = { 0 };
	const struct json *v;

	ok(parse("{\n \"a\": [1, -2.5e3,\n true, null],\n \"b\\n\": \"x\\ty\","
		 "\"c\": {}\n}\n",
		 &doc) == 0,
	   "a document");
	is_int(doc.root->type, JSON_OBJECT, "its root");
	is_int(doc.root->n, 3, "members are counted");
	is_int(doc.root->line, 1, "the root's line");
	v = json_get(doc.root, "a");
	is_int(v->n, 4, "elements are counted");
	is_int(v->line, 2, "an array's line is where it begins");
	is_str(v->child->text, "1", "a number is text");
	is_str(v->child->next->text, "-2.5e3", "with all its characters");
	is_int(v->child->next->next->line, 3, "the line of an element");
	ok(v->child->next->next->boolean, "true");
	is_str(json_get(doc.root, "b\n")->text, "x\ty", "escapes are undone");
	ok(json_get(doc.root, "c")->child == NULL, "an empty object");
	ok(json_get(v, "a") == NULL, "no member of an array");
	ok(json_get(NULL, "a") == NULL, "nor of nothing");
	json_done(&doc);
	json_done(&doc);
}

static void strings_with_zeros(void)
{
	struct json_doc doc = { 0 };

	ok(parse("[\"a\\u0000b\", \"\", \"\\ud83d\\ude00\"]", &doc) == 0,
	   "a zero byte in a string is taken");
	is_int(doc.root->child->len, 3, "and counted");
	ok(memcmp(doc.root->child->text, "a\0b", 4) == 0, "and kept");
	is_str(doc.root->child->next->text, "", "an empty string");
	is_str(doc.root->child->next->next->text, "\xf0\x9f\x98\x80",
	       "a pair of surrogates");
	json_done(&doc);
	refused("{\"a\\u0000b\": 1}", "line 1: a key with a \\u0000",
		"but not in a key");
}

static void the_last_of_twins_stays(void)
{
	struct json_doc doc = { 0 };
	struct strbuf b = { 0 };

	ok(parse("{\"a\": 1, \"b\": 2, \"a\": 3, \"a\": 4}", &doc) == 0,
	   "the same key three times");
	is_int(doc.root->n, 2, "counts once");
	is_str(json_get(doc.root, "a")->text, "4", "the last one stays");
	is_str(doc.root->child->key, "b", "the others are gone");
	json_done(&doc);

	strbuf_putc(&b, '{');
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i % 300, i);
	strbuf_putc(&b, '}');
	ok(parse(b.text, &doc) == 0, "a thousand members");
	is_int(doc.root->n, 300, "of three hundred keys");
	is_str(json_get(doc.root, "k99")->text, "999", "the last again");
	is_str(json_get(doc.root, "k100")->text, "700", "for all of them");
	json_done(&doc);
	strbuf_done(&b);
}

static void bad_text(void)
{
	refused("", "line 1: ", "nothing");
	refused("  \n ", "line 2: ", "blanks only");
	refused("{]", "line 1: ", "the wrong bracket");
	refused("{\n\"a\": 1\n\"b\": 2}", "line 3: after key and value",
		"a missing comma");
	refused("{\"a\":\n", "line 2: the text ends in the middle",
		"half a document");
	refused("{\"a\": [1, {\"b\":\n{\"c\": 1,}}]}",
		"line 2: invalid object key (must be a string), in a[1].b",
		"the key as well");
	refused("{\"a\": {\"b\"",
		"line 1: the text ends in the middle of a "
		"value, in a.b",
		"the last key");
	refused("{\"a\\nb\": {\"\": }}",
		"line 1: unallowed token at this point in JSON text, in "
		"[\"a?b\"][\"\"]",
		"keys that are no words");
	refused("[1,]", "line 1: ", "a comma too many");
	refused("{} {}", "line 1: trailing garbage", "two documents");
	refused("{}\n\nx", "line 3: ", "text behind the document");
	refused("/* no */ {}", "line 1: ", "a comment");
	refused("[01]", "line 1: ", "a leading zero");
	refused("[-]", "line 1: ", "a sign alone");
	refused("[1.]", "line 1: ", "a point alone");
	refused("[NaN]", "line 1: ", "not a number");
	refused("[\"a\nb\"]", "line ", "a raw newline in a string");
	refused("[\"\\x\"]", "line 1: ", "an unknown escape");
	refused("[\"\\u12\"]", "line 1: ", "half an escape");
	refused("\n[\"\xff\"]", "line 2: not UTF-8", "a bad byte");
	refused("[\"\xc0\xaf\"]", "line 1: not UTF-8", "an overlong slash");
	refused("[\"\xed\xa0\x80\"]", "line 1: not UTF-8", "a surrogate");
	refused("[\"\xf4\x90\x80\x80\"]", "line 1: not UTF-8",
		"beyond the last character");
	refused("[\"12345678\xe2\x82", "line 1: not UTF-8", "half a character");
	ok(error.hint[0] == '\0', "no word of commas then");
	refused("{\"a\" 1}", "line 1: ", "no colon");
	ok(error.hint[0] != '\0', "a syntax error has a hint");
}

static void a_text_without_end_is_not_read_past(void)
{
	struct json_doc doc = { 0 };
	struct err e;
	char *text = malloc(3);

	memcpy(text, "12 ", 3);
	ok(json_parse(text, 2, &doc, &e) == 0, "a number ends the text");
	is_str(doc.root->text, "12", "and is whole");
	json_done(&doc);
	memcpy(text, "\"\\u", 3);
	ok(json_parse(text, 3, &doc, &e) < 0, "half an escape ends the text");
	free(text);
}

static void limits(void)
{
	struct json_doc doc = { 0 };
	struct strbuf b = { 0 };

	for (int i = 0; i < 64; i++)
		strbuf_putc(&b, '[');
	for (int i = 0; i < 64; i++)
		strbuf_putc(&b, ']');
	ok(parse(b.text, &doc) == 0, "64 levels");
	json_done(&doc);
	strbuf_done(&b);
	for (int i = 0; i < 100000; i++)
		strbuf_putc(&b, '[');
	refused(b.text, "nested deeper than 64", "100,000 levels");
	strbuf_done(&b);
	strbuf_putc(&b, '[');
	for (int i = 0; i < 499998; i++)
		strbuf_puts(&b, "1,");
	strbuf_puts(&b, "1]");
	ok(parse(b.text, &doc) == 0, "500,000 values");
	json_done(&doc);
	b.text[b.len - 1] = ',';
	strbuf_puts(&b, "1]");
	refused(b.text, "more than 500000 values", "one more");
	strbuf_done(&b);
	for (size_t i = 0; i < (4U << 20) + 1; i++)
		strbuf_putc(&b, ' ');
	refused(b.text, "more than 4 MiB", "a text too long");
	strbuf_done(&b);
}

static void writing(void)
{
	struct json_out *o = json_out_new(false);
	size_t len;

	is_str(json_out_text(o, NULL), "", "nothing written");
	json_object(o, NULL);
	json_string(o, "s", "a\"\\\n\x01\x7f/\xc3\xa4");
	json_string(o, "bad\xff", "x\xc0\xaf\xed\xa0\x80\xe2\x82");
	json_string(o, "none", NULL);
	json_int(o, "i", INT64_MIN);
	json_uint(o, "u", UINT64_MAX);
	json_array(o, "l");
	json_bool(o, NULL, true);
	json_object(o, NULL);
	json_end(o);
	json_end(o);
	json_end(o);
	is_str(json_out_text(o, &len),
	       "{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f/\xc3\xa4\","
	       "\"bad\xef\xbf\xbd\":\"x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","
	       "\"none\":null,\"i\":-9223372036854775808,"
	       "\"u\":18446744073709551615,\"l\":[true,{}]}",
	       "on one line, always UTF-8");
	is_int(len, strlen(json_out_text(o, NULL)), "its length");
	json_out_free(o);
	json_out_free(NULL);

	o = json_out_new(true);
	json_object(o, NULL);
	json_array(o, "a");
	json_int(o, NULL, 1);
	json_int(o, NULL, 2);
	json_end(o);
	json_array(o, "b");
	json_end(o);
	json_end(o);
	is_str(json_out_text(o, NULL),
	       "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}",
	       "indented");
	json_out_free(o);
}

static void a_tree_written_again(void)
{
	static const char text[] =
		"{\"a\":[1.50,-0,1e400,\"\\u0000\\u001f\"],\"b\":"
		"{\"c\":null,\"d\":false,\"\":[[],{}]}}";
	struct json_out *o = json_out_new(false);
	struct json_doc doc = { 0 };

	ok(parse(text, &doc) == 0, "a document of everything");
	json_tree(o, NULL, doc.root);
	is_str(json_out_text(o, NULL), text, "comes out as it was");
	json_out_free(o);
	json_done(&doc);
}

int main(void)
{
	a_tree();
	strings_with_zeros();
	the_last_of_twins_stays();
	bad_text();
	a_text_without_end_is_not_read_past();
	limits();
	writing();
	a_tree_written_again();
	return done();
}
