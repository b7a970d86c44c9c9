/* stage.h - a row of a stage table, and the walker of tables.
 *
 * Both processes walk the same table.  My row: I run it, and say DONE at the
 * end of my run of consecutive rows, or FAIL with the sentence at once.  The
 * other's row: I wait for that.  A row that this plan does not want costs
 * nothing: both sides ask the same pure question of the same plan.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct launch;

enum side { HOST, INSIDE };

/* What a row hands over to the other side, as an fd. */
enum stage_hands { HANDS_NOTHING, HANDS_TERMINAL, HANDS_LISTENER };

struct stage {
	const char *name; /* plain words: what is done, as the user reads it */
	enum side side;
	int (*run)(struct launch *l, struct err *e);
	bool (*wanted)(const struct launch *l); /* NULL: always */
	bool ends_in_exec; /* then the end of file is success */
	/* The clone.  Where it ends its group, that INSIDE is there says that
	 * all went well, and neither waits. */
	bool starts_inside;
	/* HOST's only: it needs nothing of what INSIDE does just before, so HOST
	 * does it meanwhile. */
	bool ahead;
	/* It is in launch.send_fd when the row is done, and lands in the other
	 * side's master_fd or listener_fd.  Such a row ends its group. */
	enum stage_hands hands;
};

struct stage_table {
	const char *name;
	const struct stage *rows;
	size_t n;
	unsigned first; /* number of the first row over all tables */
};

extern const struct stage_table create_table;
extern const struct stage_table start_table;
extern const struct stage_table exec_table;

/* Walks a table on the launch's side.  0, or -errno with the row's name in
 * front of the sentence. */
int stages_walk(struct launch *l, const struct stage_table *table,
		struct err *e);

/* `rootlet plan --stages`: one line per row, "number<TAB>table<TAB>side<TAB>
 * name".  free(). */
char *stages_text(void);
