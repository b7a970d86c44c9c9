/* device_program.c - rules about devices as a program for the kernel.
 *
 * Theory of operation: the kernel asks the program about each open(2) and
 * mknod(2) of a device by a process of the cgroup, and 1 lets it.  It asks for
 * several accesses at once ("rw"), and different rules may decide about each.
 * So the program walks the rules from the last to the first with the accesses
 * that nobody has decided about yet: a rule that fits and allows takes its own
 * away, and when none is left the answer is yes; one that denies any of them
 * makes it no.  A rule about everything ends the walk.
 *
 * The program is made so that the verifier, which is nearly all of the cost,
 * reads it in a time that grows with its length only, and that it is short: both
 * answers are at the end, for all to jump to; rules of one type in a row share
 * the test for that; a whole number is compared at once.  Where the walk may go
 * on after a test, that is made on a copy: else a path would go on with
 * something known that the others do not know, to be read again for its sake.
 * Operations are of 32 bits: the same on all machines.
 */
#include "cgroup/device_program.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
	ANSWER = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	MAJOR = BPF_REG_3,
	MINOR = BPF_REG_4,
	UNDECIDED = BPF_REG_5,
	DEVICE = BPF_REG_6, /* major and minor, as in a dev_t of the kernel */
	COPY = BPF_REG_7,
};
#define MINOR_BITS 20

#define AROUND_LEN 14 /* instructions around the rules */
#define RULE_LEN   8 /* of one rule, at most */

/* Instead of how far: all jumps go forward. */
enum { TO_YES = -1, TO_NO = -2, TO_BE_SAID = -3 };

static void add(struct device_program *p, struct bpf_insn insn)
{
	p->code[p->n++] = insn;
}

/* reg = *(u32 *)(CONTEXT + offset) */
static void load(struct device_program *p, int reg, size_t offset)
{
	add(p, (struct bpf_insn){ .code = BPF_LDX | BPF_W | BPF_MEM,
				  .dst_reg = reg & 0xf,
				  .src_reg = CONTEXT,
				  .off = (int16_t)offset });
}

/* reg = reg `op` value, op: BPF_AND, … */
static void compute(struct device_program *p, int op, int reg, unsigned value)
{
	add(p, (struct bpf_insn){ .code = (uint8_t)(BPF_ALU | op | BPF_K),
				  .dst_reg = reg & 0xf,
				  .imm = (int32_t)value });
}

/* reg = reg `op` other */
static void combine(struct device_program *p, int op, int reg, int other)
{
	add(p, (struct bpf_insn){ .code = (uint8_t)(BPF_ALU | op | BPF_X),
				  .dst_reg = reg & 0xf,
				  .src_reg = other & 0xf });
}

/* If reg `op` value; which one it is, for land(). */
static size_t jump(struct device_program *p, int op, int reg, unsigned value,
		   int to)
{
	add(p, (struct bpf_insn){ .code = (uint8_t)(BPF_JMP32 | op | BPF_K),
				  .dst_reg = reg & 0xf,
				  .off = (int16_t)to,
				  .imm = (int32_t)value });
	return p->n - 1;
}

/* Here is where that jump goes. */
static void land(struct device_program *p, size_t jump)
{
	p->code[jump].off = (int16_t)(p->n - jump - 1);
}

static void make_head(struct device_program *p)
{
	load(p, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	load(p, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	combine(p, BPF_MOV, DEVICE, MAJOR);
	compute(p, BPF_LSH, DEVICE, MINOR_BITS);
	combine(p, BPF_OR, DEVICE, MINOR);
	combine(p, BPF_MOV, UNDECIDED, TYPE);
	compute(p, BPF_AND, TYPE, 0xffff);
	compute(p, BPF_RSH, UNDECIDED, 16);
	/* Nothing is asked for: is it there?  access(2), F_OK. */
	(void)jump(p, BPF_JEQ, UNDECIDED, 0, TO_YES);
}

static unsigned access_of(const struct plan_device_rule *rule)
{
	unsigned bits = 0;

	if (rule->access & DEVICE_MKNOD)
		bits |= BPF_DEVCG_ACC_MKNOD;
	if (rule->access & DEVICE_READ)
		bits |= BPF_DEVCG_ACC_READ;
	if (rule->access & DEVICE_WRITE)
		bits |= BPF_DEVCG_ACC_WRITE;
	return bits;
}

static bool is_about_all(const struct plan_device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 &&
	       rule->access == DEVICE_ALL;
}

/* Which register has to have which value; false: any. */
static bool number_of(const struct plan_device_rule *rule, int *ret_reg,
		      unsigned *ret)
{
	if (rule->major >= 0 && rule->minor >= 0) {
		*ret_reg = DEVICE;
		*ret = (unsigned)rule->major << MINOR_BITS |
		       (unsigned)rule->minor;
		return true;
	}
	*ret_reg = rule->major >= 0 ? MAJOR : MINOR;
	*ret = (unsigned)(rule->major >= 0 ? rule->major : rule->minor);
	return rule->major >= 0 || rule->minor >= 0;
}

static size_t jump_unless(struct device_program *p, int reg, unsigned value)
{
	combine(p, BPF_MOV, COPY, reg);
	compute(p, BPF_XOR, COPY, value);
	return jump(p, BPF_JNE, COPY, 0, TO_BE_SAID);
}

/* Its type has been tested.  Who does not fit goes on with the rule before;
 * what is undecided is never nothing. */
static void make_rule(struct device_program *p,
		      const struct plan_device_rule *rule)
{
	int answer = rule->allow ? TO_YES : TO_NO, reg;
	unsigned value, access = access_of(rule);
	bool is_named = number_of(rule, &reg, &value);
	size_t skip = 0;

	if (rule->access == DEVICE_ALL) {
		if (is_named)
			(void)jump(p, BPF_JEQ, reg, value, answer);
		else
			(void)jump(p, BPF_JNE, UNDECIDED, 0, answer);
		return;
	}
	if (is_named)
		skip = jump_unless(p, reg, value);
	if (rule->allow) {
		compute(p, BPF_AND, UNDECIDED, ~access);
		(void)jump(p, BPF_JEQ, UNDECIDED, 0, answer);
	} else {
		(void)jump(p, BPF_JSET, UNDECIDED, access, answer);
	}
	if (is_named)
		land(p, skip);
}

/* The last rules of the n, all of one type; how many are left. */
static size_t make_rules_of_type(struct device_program *p,
				 const struct plan_device_rule *rules, size_t n)
{
	char type = rules[n - 1].type;
	size_t skip = 0;

	if (type != 'a')
		skip = jump_unless(p, TYPE,
				   type == 'b' ? BPF_DEVCG_DEV_BLOCK
					       : BPF_DEVCG_DEV_CHAR);
	while (n > 0 && rules[n - 1].type == type)
		make_rule(p, &rules[--n]);
	if (type != 'a')
		land(p, skip);
	return n;
}

/* An answer, and where all go that want it.  The kernel takes no program with
 * instructions that nobody gets to. */
static void make_answer(struct device_program *p, int to, bool is_reached)
{
	for (size_t i = 0; i < p->n; i++) {
		uint8_t class = BPF_CLASS(p->code[i].code);

		if (class != BPF_JMP32 || p->code[i].off != to)
			continue;
		land(p, i);
		is_reached = true;
	}
	if (!is_reached)
		return;
	compute(p, BPF_MOV, ANSWER, to == TO_YES);
	add(p, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

void device_program_make(const struct plan_device_rule *rules, size_t n,
			 struct device_program *ret)
{
	struct device_program p = { 0 };
	size_t first = n;
	int last_word = TO_NO;

	/* What stands before a rule about everything is never asked. */
	while (first > 0 && !is_about_all(&rules[first - 1]))
		first--;
	if (first > 0 && rules[first - 1].allow)
		last_word = TO_YES;
	p.code = mem_zero_n(AROUND_LEN + (n - first) * RULE_LEN,
			    sizeof(*p.code));
	make_head(&p);
	while (n > first)
		n = first + make_rules_of_type(&p, rules + first, n - first);
	make_answer(&p, last_word, true);
	make_answer(&p, last_word == TO_NO ? TO_YES : TO_NO, false);
	*ret = p;
}

void device_program_done(struct device_program *p)
{
	free(p->code);
	*p = (struct device_program){ 0 };
}
