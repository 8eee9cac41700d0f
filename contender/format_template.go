package contender

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// template adds a text of a message. One that is only a name has the type of its value.
func (k compiler) template(a *assembler, n notation, s string) error {
	parts, err := spans(s)
	if err != nil {
		return err
	}
	if len(parts) == 1 && parts[0].name != "" {
		return k.alone(a, n, parts[0])
	}
	var text assembler
	for _, p := range parts {
		if p.name == "" {
			text.fixed = append(text.fixed, p.text...)
		} else if err := k.alone(&text, rawNotation{}, p); err != nil {
			return err
		}
	}
	if len(text.out) == 0 {
		a.fixed = n.text(a.fixed, text.fixed)
		return nil
	}
	a.add(n.inline(text.program().run, false))
	return nil
}

// alone adds the value of a name.
func (k compiler) alone(a *assembler, n notation, p span) error {
	name := joined(p)
	if name == "body" && k.body != nil {
		a.add(k.body.run)
		return nil
	}
	if f, ok := k.values.fields()[name]; ok {
		if f.number == nil && f.text == nil && single(n) {
			return fmt.Errorf("$(%s) is no text: write {encode: [json], value: $(%s)} as a value of the body", name, name)
		}
		a.add(f.in(n))
		return nil
	}
	v, err := k.values.of(p)
	if err != nil {
		if _, ok := k.values[p.name]; ok {
			return err
		}
		return fmt.Errorf("unknown name $(%s): choose from %s", name,
			strings.Join(slices.Sorted(maps.Keys(k.values.fields())), ", ")+", "+k.values.names())
	}
	if i, ok := v.(int); ok {
		v = int64(i)
	}
	if a.fixed, err = n.scalar(a.fixed, v); err != nil {
		return fmt.Errorf("$(%s): %w", name, err)
	}
	return nil
}

// in writes the field in a notation.
func (f field) in(n notation) op {
	switch {
	case f.number != nil:
		return func(dst []byte, t *Task) ([]byte, error) { return n.number(dst, f.number(t)), nil }
	case f.text != nil:
		text := n.inline(f.text, f.safe)
		if !f.foreign {
			return text
		}
		return func(dst []byte, t *Task) ([]byte, error) {
			if t.Own != nil {
				return n.scalar(dst, nil)
			}
			return text(dst, t)
		}
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
		have := len(t.Args)
		if !f.rest {
			have++
		}
		if length != have {
			length = have
			s = n.list(length)
		}
		dst = append(dst, s.open...)
		if !f.rest {
			dst = n.number(dst, t.Seq)
		}
		for i, a := range t.Args {
			if i > 0 || !f.rest {
				dst = append(dst, s.between...)
			}
			if i, ok := a.(int); ok {
				a = int64(i)
			}
			var err error
			if dst, err = n.scalar(dst, a); err != nil {
				return nil, fmt.Errorf("task %s: %w", t.Name, err)
			}
		}
		return append(dst, s.end...), nil
	}
}
