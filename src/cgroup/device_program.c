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
 * The program is made so that the verifier, which is most of the cost, reads
 * it in a time that grows with its length only: rules of one type in a row
 * share the test for that, a whole number is compared at once, and where the
 * walk may go on after a test, that is made on a copy: else a path would go on
 * with something known that the others do not know, to be read again for its
 * sake.  It stays shorter than a jump can reach.  Operations are of 32 bits:
 * the same on all machines.
 */
#include "cgroup/device_program.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
	ANSWER = BPF_REG_0, /* if it ended here */
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	MAJOR = BPF_REG_3,
	MINOR = BPF_REG_4,
	UNDECIDED = BPF_REG_5,
	DEVICE = BPF_REG_6, /* major and minor, as in a dev_t of the kernel */
	COPY = BPF_REG_7,
};
#define MINOR_BITS 20

#define HEAD_LEN   14 /* instructions around the rules */
#define RULE_LEN   10 /* of one rule, at most */

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

/* Over so many instructions, if reg `op` value. */
static void jump(struct device_program *p, int op, int reg, unsigned value,
		 size_t over)
{
	add(p, (struct bpf_insn){ .code = (uint8_t)(BPF_JMP32 | op | BPF_K),
				  .dst_reg = reg & 0xf,
				  .off = (int16_t)over,
				  .imm = (int32_t)value });
}

static void leave(struct device_program *p)
{
	add(p, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
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
	compute(p, BPF_MOV, ANSWER, 1);
	jump(p, BPF_JNE, UNDECIDED, 0, 1);
	leave(p);
	compute(p, BPF_MOV, ANSWER, 0);
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

/* What is undecided is at least one bit. */
static void make_verdict(struct device_program *p,
			 const struct plan_device_rule *rule)
{
	unsigned access = access_of(rule);
	bool whole = rule->access == DEVICE_ALL;

	if (!rule->allow) {
		if (!whole) {
			jump(p, BPF_JSET, UNDECIDED, access, 1);
			add(p, (struct bpf_insn){ .code = BPF_JMP | BPF_JA,
						  .off = 1 });
		}
		leave(p);
		return;
	}
	if (!whole) {
		compute(p, BPF_AND, UNDECIDED, ~access);
		jump(p, BPF_JNE, UNDECIDED, 0, 2);
	}
	compute(p, BPF_MOV, ANSWER, 1);
	leave(p);
}

/* A jump, to where land() says, if reg is something else. */
static size_t jump_unless(struct device_program *p, int reg, unsigned value,
			  bool goes_on)
{
	if (goes_on) {
		combine(p, BPF_MOV, COPY, reg);
		compute(p, BPF_XOR, COPY, value);
		jump(p, BPF_JNE, COPY, 0, 0);
	} else {
		jump(p, BPF_JNE, reg, value, 0);
	}
	return p->n - 1;
}

static void land(struct device_program *p, size_t jump)
{
	p->code[jump].off = (int16_t)(p->n - jump - 1);
}

/* Its type has been tested.  Who does not fit goes on with the rule before. */
static void make_rule(struct device_program *p,
		      const struct plan_device_rule *rule)
{
	unsigned major = (unsigned)rule->major, minor = (unsigned)rule->minor;
	bool goes_on = rule->access != DEVICE_ALL;
	size_t skip = 0;

	if (rule->major >= 0 && rule->minor >= 0)
		skip = jump_unless(p, DEVICE, major << MINOR_BITS | minor,
				   goes_on);
	else if (rule->major >= 0)
		skip = jump_unless(p, MAJOR, major, goes_on);
	else if (rule->minor >= 0)
		skip = jump_unless(p, MINOR, minor, goes_on);
	make_verdict(p, rule);
	if (skip > 0)
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
					       : BPF_DEVCG_DEV_CHAR,
				   true);
	while (n > 0 && rules[n - 1].type == type)
		make_rule(p, &rules[--n]);
	if (skip > 0)
		land(p, skip);
	return n;
}

void device_program_make(const struct plan_device_rule *rules, size_t n,
			 struct device_program *ret)
{
	struct device_program p = { 0 };
	size_t first = n;
	bool ends = false;

	/* What stands before a rule about everything is never asked, and the
	 * kernel takes no program with such a part. */
	while (first > 0 && !is_about_all(&rules[first - 1]))
		first--;
	if (first > 0) {
		ends = true;
		rules += first - 1;
		n -= first - 1;
	}
	p.code = mem_zero_n(HEAD_LEN + n * RULE_LEN, sizeof(*p.code));
	make_head(&p);
	while (n > 0)
		n = make_rules_of_type(&p, rules, n);
	if (!ends)
		leave(&p);
	*ret = p;
}

void device_program_done(struct device_program *p)
{
	free(p->code);
	*p = (struct device_program){ 0 };
}
