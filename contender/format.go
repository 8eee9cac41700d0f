package contender

import (
	"cmp"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/broker"
)

// Format describes a framework's message, as contender.yaml has it.
type Format struct {
	// Body is the message's body in the notations of Encode: the first writes it, and the others, zlib and base64, transform the result.
	Encode []string  `yaml:"encode"`
	Body   yaml.Node `yaml:"body"`
	// Commands are the Redis commands that queue a message, in order, with $(body) among their arguments; without any, it is one LPUSH.
	Commands [][]string `yaml:"commands"`
	// Queue is a Redis list, an AMQP routing key or an SQS queue, Exchange an AMQP exchange. Insert and Row are SQL, as in
	// broker.Destination.
	Queue    string `yaml:"queue"`
	Exchange string `yaml:"exchange"`
	Insert   string `yaml:"insert"`
	Row      string `yaml:"row"`
	// The rest are AMQP's properties. SQS also has headers, as attributes.
	Persistent      bool                 `yaml:"persistent"`
	Priority        uint8                `yaml:"priority"`
	ContentType     string               `yaml:"content_type"`
	ContentEncoding string               `yaml:"content_encoding"`
	MessageID       string               `yaml:"message_id"`
	CorrelationID   string               `yaml:"correlation_id"`
	ReplyTo         string               `yaml:"reply_to"`
	Headers         map[string]yaml.Node `yaml:"headers"`
}

// under is the format with another one over it.
func (f *Format) under(over Format) *Format {
	if f == nil {
		return &over
	}
	out := *f
	if len(over.Encode) > 0 {
		out.Encode = over.Encode
	}
	if over.Body.Kind != 0 {
		out.Body = over.Body
	}
	if len(over.Commands) > 0 {
		out.Commands = over.Commands
	}
	for _, word := range []struct {
		to   *string
		over string
	}{
		{&out.Queue, over.Queue}, {&out.Exchange, over.Exchange}, {&out.Insert, over.Insert}, {&out.Row, over.Row},
		{&out.ContentType, over.ContentType}, {&out.ContentEncoding, over.ContentEncoding}, {&out.MessageID, over.MessageID},
		{&out.CorrelationID, over.CorrelationID}, {&out.ReplyTo, over.ReplyTo},
	} {
		*word.to = cmp.Or(word.over, *word.to)
	}
	out.Persistent, out.Priority = out.Persistent || over.Persistent, cmp.Or(over.Priority, out.Priority)
	out.Headers = maps.Clone(out.Headers)
	for name, node := range over.Headers {
		if out.Headers == nil {
			out.Headers = map[string]yaml.Node{}
		}
		out.Headers[name] = node
	}
	return &out
}

// Lines writes each task for a client that is a program: see contenders/README.md.
func Lines() (Encoder, error) {
	var body yaml.Node
	if err := yaml.Unmarshal([]byte(`{seq: $(seq), task: $(task), args: $(args)}`), &body); err != nil {
		return nil, err
	}
	return Format{Encode: []string{"json-compact"}, Body: *body.Content[0]}.compile(values{})
}

// codec writes messages of a format.
type codec struct {
	destination broker.Destination
	body        program
	commands    [][]program
	properties  broker.Properties
	// vary are the texts that differ from task to task, headers those of them that are headers.
	vary    []*varying
	headers map[string]*varying
	// words set the varying properties, wordOf are their values.
	words   []func(p *broker.Properties, s string)
	wordOf  []*varying
	strings stringsOf
	scratch []byte
	// task is the task being written: a copy here avoids an allocation for each.
	task Task
}

// compile makes a codec of a format, whose templates may use the given values and a task's fields.
func (f Format) compile(v values) (*codec, error) {
	c := &codec{headers: map[string]*varying{}, properties: broker.Properties{
		Persistent: f.Persistent, Priority: f.Priority, ContentType: f.ContentType, ContentEncoding: f.ContentEncoding}}
	var err error
	for _, word := range []struct {
		to             *string
		name, template string
	}{
		{&c.destination.Queue, "queue", f.Queue}, {&c.destination.Exchange, "exchange", f.Exchange}, {&c.destination.Insert, "insert", f.Insert},
		{&c.destination.Row, "row", f.Row}, {&c.properties.ReplyTo, "reply_to", f.ReplyTo},
	} {
		if *word.to, err = v.text(word.template); err != nil {
			return nil, fmt.Errorf("%s: %w", word.name, err)
		}
	}
	k := compiler{values: v}
	if c.body, err = k.encoded(f.Encode, &f.Body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	k.body = c.body
	for _, arguments := range f.Commands {
		var command []program
		for _, a := range arguments {
			var word assembler
			if err := k.template(&word, rawNotation{}, a); err != nil {
				return nil, fmt.Errorf("command %s: %w", strings.Join(arguments, " "), err)
			}
			command = append(command, word.program())
		}
		c.commands = append(c.commands, command)
	}
	for _, word := range []struct {
		template, name string
		set            func(p *broker.Properties, s string)
	}{
		{f.MessageID, "message_id", func(p *broker.Properties, s string) { p.MessageID = s }},
		{f.CorrelationID, "correlation_id", func(p *broker.Properties, s string) { p.CorrelationID = s }},
	} {
		if word.template == "" {
			continue
		}
		v, err := c.varying(k, word.template)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", word.name, err)
		}
		c.words = append(c.words, word.set)
		c.wordOf = append(c.wordOf, v)
	}
	if err := c.setHeaders(k, f.Headers); err != nil {
		return nil, err
	}
	_, err = c.Append(nil, &broker.Properties{}, *someTask())
	return c, err
}

func (c *codec) Destination() broker.Destination { return c.destination }

func (c *codec) Append(dst []byte, p *broker.Properties, t Task) ([]byte, error) {
	commands := p.Commands
	if p.Headers == nil {
		*p = c.properties
		p.Headers = maps.Clone(c.properties.Headers)
	}
	c.task = t
	if err := c.setVarying(p, &c.task); err != nil {
		return nil, err
	}
	var err error
	if len(c.commands) == 0 {
		return c.body.run(dst, &c.task)
	}
	for len(commands) < len(c.commands) {
		commands = append(commands, nil)
	}
	start := len(dst)
	for i, arguments := range c.commands {
		commands[i] = commands[i][:0]
		for _, a := range arguments {
			if dst, err = a.run(dst, &c.task); err != nil {
				return nil, err
			}
			commands[i] = append(commands[i], len(dst)-start)
		}
	}
	p.Commands = commands
	return dst, nil
}

// compiler makes programs of values.
type compiler struct {
	values values
	// body is the message's body, for its commands.
	body program
}

// encoded is a value in the first notation, transformed by the others.
func (k compiler) encoded(encode []string, value *yaml.Node) (program, error) {
	if len(encode) == 0 {
		return nil, fmt.Errorf("line %d: encode needs a notation: choose from %s", value.Line, strings.Join(slices.Sorted(maps.Keys(notations())), ", "))
	}
	n, ok := notations()[encode[0]]
	if !ok {
		return nil, fmt.Errorf("line %d: unknown notation %q: choose from %s", value.Line, encode[0], strings.Join(slices.Sorted(maps.Keys(notations())), ", "))
	}
	var a assembler
	var err error
	if _, ok := n.(protobufNotation); ok {
		err = k.message(&a, value)
	} else {
		err = k.value(&a, n, value)
	}
	if err != nil {
		return nil, err
	}
	out := program{n.whole(a.program())}
	for _, name := range encode[1:] {
		switch name {
		case "base64":
			out = program{transformed(out.run, func(dst, src []byte) ([]byte, error) { return base64.StdEncoding.AppendEncode(dst, src), nil })}
		case "zlib":
			out = program{transformed(out.run, deflate())}
		default:
			return nil, fmt.Errorf("line %d: unknown transformation %q: choose from base64, zlib", value.Line, name)
		}
	}
	return out, nil
}

// transformed appends a function's result of a program's output.
func transformed(of op, by func(dst, src []byte) ([]byte, error)) op {
	var src []byte
	return func(dst []byte, t *Task) ([]byte, error) {
		var err error
		if src, err = of(src[:0], t); err != nil {
			return nil, err
		}
		return by(dst, src)
	}
}

// appender is a writer to a slice.
type appender struct{ b []byte }

func (a *appender) Write(b []byte) (int, error) {
	a.b = append(a.b, b...)
	return len(b), nil
}

func deflate() func(dst, src []byte) ([]byte, error) {
	var out appender
	w := zlib.NewWriter(&out)
	return func(dst, src []byte) ([]byte, error) {
		out.b = dst
		w.Reset(&out)
		if _, err := w.Write(src); err != nil {
			return nil, err
		}
		err := w.Close()
		return out.b, err
	}
}

// value adds a value.
func (k compiler) value(a *assembler, n notation, node *yaml.Node) error {
	switch node.Kind {
	case yaml.SequenceNode:
		s := n.list(len(node.Content))
		a.fixed = append(a.fixed, s.open...)
		for i, member := range node.Content {
			if i > 0 {
				a.fixed = append(a.fixed, s.between...)
			}
			if err := k.value(a, n, member); err != nil {
				return err
			}
		}
		a.fixed = append(a.fixed, s.end...)
		return nil
	case yaml.MappingNode:
		if encode, inner, ok := nested(node); ok {
			p, err := k.encoded(encode, inner)
			if err != nil {
				return err
			}
			a.add(n.inline(p.run, encode[len(encode)-1] == "base64"))
			return nil
		}
		if class, members, ok := object(node); ok {
			return k.object(a, n, class, members)
		}
		s := n.dict(len(node.Content) / 2)
		a.fixed = append(a.fixed, s.open...)
		for i := 0; i < len(node.Content); i += 2 {
			if i > 0 {
				a.fixed = append(a.fixed, s.between...)
			}
			a.fixed = append(n.text(a.fixed, []byte(node.Content[i].Value)), s.pair...)
			if err := k.value(a, n, node.Content[i+1]); err != nil {
				return err
			}
		}
		a.fixed = append(a.fixed, s.end...)
		return nil
	case yaml.ScalarNode:
		return k.scalar(a, n, node)
	}
	return fmt.Errorf("line %d: not a value", node.Line)
}

// nested reports whether a value is in another notation: {encode: [...], value: ...}.
func nested(node *yaml.Node) (encode []string, value *yaml.Node, ok bool) {
	if len(node.Content) != 4 || node.Content[0].Value != "encode" || node.Content[2].Value != "value" {
		return nil, nil, false
	}
	if err := node.Content[1].Decode(&encode); err != nil {
		return nil, nil, false
	}
	return encode, node.Content[3], true
}

// object reports whether a value is an object of a class: {object: CLASS, of: [...]}.
func object(node *yaml.Node) (class string, members *yaml.Node, ok bool) {
	if len(node.Content) != 4 || node.Content[0].Value != "object" || node.Content[2].Value != "of" || node.Content[3].Kind != yaml.SequenceNode {
		return "", nil, false
	}
	return node.Content[1].Value, node.Content[3], true
}

// object adds an object.
func (k compiler) object(a *assembler, n notation, class string, members *yaml.Node) error {
	o, ok := n.(objects)
	if !ok {
		return fmt.Errorf("line %d: only a pickle has objects", members.Line)
	}
	s, err := o.object(class)
	if err != nil {
		return fmt.Errorf("line %d: %w", members.Line, err)
	}
	a.fixed = append(a.fixed, s.open...)
	if err := k.value(a, n, members); err != nil {
		return err
	}
	a.fixed = append(a.fixed, s.end...)
	return nil
}

func scalarOf(node *yaml.Node) (any, error) {
	var x any
	if err := node.Decode(&x); err != nil {
		return nil, fmt.Errorf("line %d: %w", node.Line, err)
	}
	switch v := x.(type) {
	case int:
		return int64(v), nil
	case uint64:
		if v > math.MaxInt64 {
			return nil, fmt.Errorf("line %d: %d doesn't fit 64 bits", node.Line, v)
		}
		return int64(v), nil
	case nil, bool, int64, float64, string:
		return x, nil
	}
	return nil, fmt.Errorf("line %d: %q can't be a value of a message: put it in quotation marks", node.Line, node.Value)
}

func (k compiler) scalar(a *assembler, n notation, node *yaml.Node) error {
	x, err := scalarOf(node)
	if err != nil {
		return err
	}
	if s, ok := x.(string); ok {
		if err := k.template(a, n, s); err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
		return nil
	}
	if a.fixed, err = n.scalar(a.fixed, x); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	return nil
}
