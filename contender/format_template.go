package contender

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// template is a text of a message. One that is nothing but a field has the field's type.
func (k compiler) template(n notation, s string) (program, error) {
	parts, err := spans(s)
	if err != nil {
		return nil, err
	}
	var a assembler
	if len(parts) == 1 && parts[0].name != "" {
		o, err := k.alone(n, parts[0])
		if err != nil {
			return nil, err
		}
		a.add(o)
		return a.program(), nil
	}
	var text assembler
	for _, p := range parts {
		if p.name == "" {
			text.fixed = append(text.fixed, p.text...)
			continue
		}
		o, err := k.alone(rawNotation{}, p)
		if err != nil {
			return nil, err
		}
		text.add(o)
	}
	whole := text.program()
	if _, raw := n.(rawNotation); raw {
		return whole, nil
	}
	if len(parts) < 2 && (len(parts) == 0 || parts[0].name == "") {
		a.fixed = n.text(a.fixed, []byte(s))
		return a.program(), nil
	}
	a.add(transformed(whole, func(dst, src []byte) ([]byte, error) { return n.text(dst, src), nil }))
	return a.program(), nil
}

// alone writes the value of a name.
func (k compiler) alone(n notation, p span) (op, error) {
	name := joined(p)
	if name == "body" && k.body != nil {
		return k.body.run, nil
	}
	if f, ok := fields()[name]; ok {
		return f.in(n), nil
	}
	v, err := k.values.of(p)
	if err != nil {
		if _, ok := k.values[p.name]; ok {
			return nil, err
		}
		return nil, fmt.Errorf("there is no $(%s) here: choose from %s", name,
			strings.Join(slices.Sorted(maps.Keys(fields())), ", ")+", "+k.values.names())
	}
	if i, ok := v.(int); ok {
		v = int64(i)
	}
	fixed, err := n.scalar(nil, v)
	if err != nil {
		return nil, fmt.Errorf("$(%s): %w", name, err)
	}
	return func(dst []byte, _ *Task) ([]byte, error) { return append(dst, fixed...), nil }, nil
}

// in writes the field in a notation.
func (f field) in(n notation) op {
	switch {
	case f.number != nil:
		return func(dst []byte, t *Task) ([]byte, error) { return n.number(dst, f.number(t)), nil }
	case f.text != nil:
		if _, raw := n.(rawNotation); raw {
			return f.text
		}
		return transformed(program{f.text}, func(dst, src []byte) ([]byte, error) { return n.text(dst, src), nil })
	case f.kwargs:
		none := slices.Concat(n.dict(0).open, n.dict(0).end)
		return func(dst []byte, t *Task) ([]byte, error) {
			if t.Own != nil {
				return n.json(dst, t.Own.Kwargs)
			}
			return append(dst, none...), nil
		}
	}
	var s shape
	length := -1
	return func(dst []byte, t *Task) ([]byte, error) {
		if t.Own != nil {
			return n.json(dst, t.Own.Args)
		}
		if length != 1+len(t.Args) {
			length = 1 + len(t.Args)
			s = n.list(length)
		}
		dst = n.number(append(dst, s.open...), t.Seq)
		var err error
		for _, a := range t.Args {
			if err != nil {
				break
			}
			if i, ok := a.(int); ok {
				a = int64(i)
			}
			dst, err = n.scalar(append(dst, s.between...), a)
		}
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", t.Name, err)
		}
		return append(dst, s.end...), nil
	}
}
