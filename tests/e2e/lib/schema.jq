# schema.jq - what the JSON schemas of the specification say.
#
#	jq -n -L DIR --argjson schemas "$(schemas)" 'include "schema"; …'
#
# $schemas is an object of all schema files by their names.  Of JSON Schema it
# knows what those files use.

# {file, node}: the node that a reference in `file` points at.
def _follow($schemas; $file; $ref):
	($ref | split("#")) as [$name, $path]
	| (if $name == "" then $file else $name end) as $target
	| { file: $target, node: ($schemas[$target] | getpath($path | split("/")[1:])) };
def _resolve($schemas):
	if .node["$ref"] then _follow($schemas; .file; .node["$ref"]) | _resolve($schemas) else . end;
# A node and the parts that allOf and anyOf add to it.
def _parts($schemas):
	_resolve($schemas) | ., (.file as $f | (.node.allOf, .node.anyOf | values | .[])
		| { file: $f, node: . } | _parts($schemas));

# {path, values}: every property that has no properties of its own; an array adds "[]" and a map
# of names that the user chooses ".*"; `values` are those of an enumeration.
def _fields($schemas; $path):
	. as $at
	| [_parts($schemas)] as $parts
	| ([$parts[] | .file as $f | (.node.properties // {}) | to_entries[]
		| { key: (if $path == "" then .key else "\($path).\(.key)" end), at: { file: $f, node: .value } }]
	 + [$parts[] | select(.node.items) | { key: "\($path)[]", at: { file, node: .node.items } }]
	 + [$parts[] | select(.node.additionalProperties | type == "object")
		| { key: "\($path).*", at: { file, node: .node.additionalProperties } }]) as $inner
	| if $inner == [] then { path: ($path | rtrimstr("[]")), values: ([$parts[].node.enum // [] | .[]]) }
	  else $inner[] | .key as $key | .at | _fields($schemas; $key) end;
def fields($schemas; $file):
	{ file: $file, node: $schemas[$file] } | _fields($schemas; "");

# The complaints about a value; none: it is valid.
def _kind: type as $t | if $t == "number" and . == floor then "integer" else $t end;
def _check($schemas; $value; $path):
	_resolve($schemas)
	| . as $at | .node as $n | .file as $f
	| ($value | _kind) as $kind
	| if $n.type and $n.type != $kind and ($n.type != "number" or $kind != "integer")
	  then "\($path): is of type \($kind), not \($n.type)"
	  else
		($n.enum | values | select(index($value) == null) | "\($path): \($value) is not one of its words"),
		($n.pattern | values | select(. as $p | $value | test($p) | not) | "\($path): \($value) is not like \($n.pattern)"),
		($n.minimum | values | select($value < .) | "\($path): \($value) is too small"),
		($n.maximum | values | select($value > .) | "\($path): \($value) is too large"),
		($n.minItems | values | select($value | length < $n.minItems) | "\($path): too few"),
		($n.required // [] | .[] | select(. as $k | $value | has($k) | not) | "\($path): lacks \(.)"),
		($n.allOf // [] | .[] | { file: $f, node: . } | _check($schemas; $value; $path)),
		($n.anyOf | values | select(all(.[]; [{ file: $f, node: . } | _check($schemas; $value; $path)] != []))
			| "\($path): is none of what it may be"),
		(if $kind == "object" then $value | to_entries[] | .key as $k | .value as $v
			| (($n.properties // {})[$k] // ($n.additionalProperties | objects) // empty
				| { file: $f, node: . } | _check($schemas; $v; "\($path).\($k)")),
			  ($n.patternProperties // {} | to_entries[] | select(.key as $p | $k | test($p))
				| { file: $f, node: .value } | _check($schemas; $v; "\($path).\($k)"))
		 else empty end),
		(if $kind == "array" and $n.items then $value | to_entries[] | .key as $k | .value as $v
			| { file: $f, node: $n.items } | _check($schemas; $v; "\($path)[\($k)]")
		 else empty end)
	  end;
def complaints($schemas; $file):
	. as $value | { file: $file, node: $schemas[$file] } | _check($schemas; $value; "");
