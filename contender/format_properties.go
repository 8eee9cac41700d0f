package contender

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/broker"
)

// varying is a text in a message's properties that differs from task to task.
type varying struct {
	template string
	of       program
	// last is its value in the last message, a string.
	last any
}

// varying is a template's text; equal templates share one.
func (c *codec) varying(k compiler, template string) (*varying, error) {
	for _, v := range c.vary {
		if v.template == template {
			return v, nil
		}
	}
	var text assembler
	if err := k.template(&text, rawNotation{}, template); err != nil {
		return nil, err
	}
	v := &varying{template: template, of: text.program(), last: ""}
	c.vary = append(c.vary, v)
	return v, nil
}

// setHeaders takes the headers: texts are templates, and other values are the same in each message.
func (c *codec) setHeaders(k compiler, headers map[string]yaml.Node) error {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		node := headers[name]
		if node.Tag == "!!str" && !k.values.typed(node.Value) {
			v, err := c.varying(k, node.Value)
			if err != nil {
				return fmt.Errorf("header %s: %w", name, err)
			}
			c.headers[name] = v
			continue
		}
		x, err := k.values.json(&node)
		if err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
		if c.properties.Headers == nil {
			c.properties.Headers = map[string]any{}
		}
		c.properties.Headers[name] = amqpValue(x)
	}
	return nil
}

// typed reports whether a template is only the name of a value that isn't text.
func (v values) typed(template string) bool {
	parts, err := spans(template)
	if err != nil || len(parts) != 1 || parts[0].name == "" {
		return false
	}
	x, err := v.of(parts[0])
	_, text := x.(string)
	return err == nil && !text
}

// amqpValue is a header's value as Python clients send it: a number in 32 bits if it fits.
func amqpValue(x any) any {
	switch v := x.(type) {
	case int:
		return amqpValue(int64(v))
	case int64:
		if v == int64(int32(v)) {
			return int32(v)
		}
	case []any:
		for i := range v {
			v[i] = amqpValue(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = amqpValue(v[k])
		}
	}
	return x
}

// setVarying sets what differs from task to task. It reuses a value that equals the previous message's: a string becomes a map's value by
// copying its header.
func (c *codec) setVarying(p *broker.Properties, t *Task) error {
	for _, v := range c.vary {
		var err error
		if c.scratch, err = v.of.run(c.scratch[:0], t); err != nil {
			return err
		}
		if string(c.scratch) != v.last.(string) {
			v.last = c.strings.of(c.scratch)
		}
	}
	for name, v := range c.headers {
		if p.Headers == nil {
			p.Headers = map[string]any{}
		}
		p.Headers[name] = v.last
	}
	for i, set := range c.words {
		set(p, c.wordOf[i].last.(string))
	}
	return nil
}

// stringsOf makes strings that share blocks of memory, so that a message needs no allocation.
type stringsOf struct{ block strings.Builder }

// stringBlock is the size of a block in bytes.
const stringBlock = 4096

// of returns a string of these bytes.
func (w *stringsOf) of(b []byte) string {
	if w.block.Cap()-w.block.Len() < len(b) {
		w.block.Reset()
		w.block.Grow(max(stringBlock, len(b)))
	}
	from := w.block.Len()
	w.block.Write(b)
	return w.block.String()[from:]
}
