package contender

import "slices"

// op appends a part of a task's message.
type op func(dst []byte, t *Task) ([]byte, error)

// program is the parts of a message. Bytes that are the same in every message are one part.
type program []op

func (p program) run(dst []byte, t *Task) ([]byte, error) {
	var err error
	for _, o := range p {
		if dst, err = o(dst, t); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// assembler builds a program.
type assembler struct {
	out   program
	fixed []byte
}

func (a *assembler) add(o op) {
	a.flush()
	a.out = append(a.out, o)
}

func (a *assembler) flush() {
	if len(a.fixed) == 0 {
		return
	}
	fixed := slices.Clone(a.fixed)
	a.fixed = a.fixed[:0]
	a.out = append(a.out, func(dst []byte, _ *Task) ([]byte, error) { return append(dst, fixed...), nil })
}

func (a *assembler) program() program {
	a.flush()
	return a.out
}
