package contender

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Templates are texts with $(NAME) in contender.yaml. A name is a value of the set-up, such as $(queue), or, in a message, a field of the
// task, such as $(id).

// span is a part of a template: text, or a name and a filter.
type span struct {
	text, name, filter string
}

// spans splits a template.
func spans(s string) ([]span, error) {
	var out []span
	for s != "" {
		before, rest, found := strings.Cut(s, "$(")
		if before != "" {
			out = append(out, span{text: before})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, ")")
		if !closed {
			return nil, fmt.Errorf("$(%s has no closing parenthesis", rest)
		}
		name, filter, _ := strings.Cut(inside, "|")
		out = append(out, span{name: strings.TrimSpace(name), filter: strings.TrimSpace(filter)})
		s = after
	}
	return out, nil
}

// values are the names for a set-up's templates.
type values map[string]any

// text fills in a template.
func (v values) text(s string) (string, error) {
	parts, err := spans(s)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, p := range parts {
		out.WriteString(p.text)
		if p.name == "" {
			continue
		}
		x, err := v.of(p)
		if err != nil {
			return "", err
		}
		fmt.Fprint(&out, x)
	}
	return out.String(), nil
}

// of is the value of a name: a value of the set-up, or a sum or product with a number, through the filter.
func (v values) of(p span) (any, error) {
	name, operator, operand := p.name, "", 0
	if i := strings.IndexAny(name, "+*"); i > 0 {
		second := strings.TrimSpace(name[i+1:])
		n, ok := v[second].(int)
		if !ok {
			var err error
			if n, err = strconv.Atoi(second); err != nil {
				return nil, fmt.Errorf("$(%s): %q is not a number", joined(p), second)
			}
		}
		name, operator, operand = strings.TrimSpace(name[:i]), name[i:i+1], n
	}
	x, ok := v[name]
	if !ok {
		return nil, fmt.Errorf("unknown name $(%s): choose from %s", joined(p), v.names())
	}
	if list, ok := x.([]string); ok {
		x = strings.Join(list, ",")
	}
	if operator != "" {
		n, ok := x.(int)
		switch {
		case !ok:
			return nil, fmt.Errorf("$(%s): %s is not a number", joined(p), name)
		case operator == "+":
			x = n + operand
		default:
			x = n * operand
		}
	}
	if p.filter == "" {
		return x, nil
	}
	return v.filtered(x, p)
}

// filtered applies a filter to a value: "least N", "scheme NAME", "query", "sql" or "table".
func (v values) filtered(x any, p span) (any, error) {
	filter, argument, _ := strings.Cut(p.filter, " ")
	text, isText := x.(string)
	n, isNumber := x.(int)
	switch {
	case filter == "least" && isNumber:
		least, err := strconv.Atoi(argument)
		if err != nil {
			return nil, fmt.Errorf("$(%s): %q is not a number", joined(p), argument)
		}
		return max(n, least), nil
	case filter == "scheme" && isText && argument != "":
		return withScheme(argument, text), nil
	case filter == "query" && isText && argument == "":
		return url.QueryEscape(text), nil
	case filter == "sql" && isText && argument == "":
		return literal(text), nil
	case filter == "table" && isText && argument == "":
		return v.table(text), nil
	}
	return nil, fmt.Errorf("$(%s): unknown filter: choose from least N (of a number), scheme NAME (of a URL), query (a text in a URL's query), sql (a text in SQL), table (a name in SQL)", joined(p))
}

// json is a YAML value whose texts are templates. One that is only a name has the type of its value.
func (v values) json(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			x, err := v.json(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			if x == "" && named(node.Content[i+1]) {
				continue // as an empty variable isn't set
			}
			out[node.Content[i].Value] = x
		}
		return out, nil
	case yaml.SequenceNode:
		out := []any{}
		for _, member := range node.Content {
			x, err := v.json(member)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, nil
	}
	x, err := scalarOf(node)
	s, ok := x.(string)
	if err != nil || !ok {
		return x, err
	}
	parts, err := spans(s)
	if err == nil && len(parts) == 1 && parts[0].name != "" {
		return v.of(parts[0])
	}
	return v.text(s)
}

// named reports whether a value is only a name.
func named(node *yaml.Node) bool {
	parts, err := spans(node.Value)
	return err == nil && node.Kind == yaml.ScalarNode && len(parts) == 1 && parts[0].name != ""
}

// merged is b over a: objects merge, other values of b replace those of a.
func merged(a, b any) any {
	x, both := a.(map[string]any)
	y, ok := b.(map[string]any)
	if !both || !ok {
		return b
	}
	out := maps.Clone(x)
	for k, v := range y {
		out[k] = merged(out[k], v)
	}
	return out
}

// texts fills in templates. One that is only a list's name becomes one text for each of the list's.
func (v values) texts(templates []string) ([]string, error) {
	var out []string
	for _, s := range templates {
		if name, ok := strings.CutPrefix(s, "$("); ok {
			if name, ok = strings.CutSuffix(name, "...)"); ok {
				list, isList := v[name].([]string)
				if !isList {
					return nil, fmt.Errorf("$(%s...) is not a list", name)
				}
				out = append(out, list...)
				continue
			}
		}
		text, err := v.text(s)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

func (v values) names() string { return strings.Join(slices.Sorted(maps.Keys(v)), ", ") }

func joined(p span) string {
	if p.filter == "" {
		return p.name
	}
	return p.name + "|" + p.filter
}

// literal quotes a string for SQL in a form that all our databases read: queue names have no control characters or backslashes.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// table quotes a name for SQL in the broker's form. A quoted name stays unchanged.
func (v values) table(name string) string {
	quote := `"`
	if v["broker"] == "mysql" {
		quote = "`"
	}
	if strings.HasPrefix(name, quote) {
		return name
	}
	return quote + strings.ReplaceAll(name, quote, quote+quote) + quote
}

// withScheme replaces the scheme of a URL.
func withScheme(scheme, rawURL string) string {
	_, rest, _ := strings.Cut(rawURL, "://")
	return scheme + "://" + rest
}
