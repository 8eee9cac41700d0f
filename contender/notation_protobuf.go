package contender

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protowire"
)

// protobufNotation writes the value of a field of a protobuf message: text with its length, whole numbers and booleans as varints. As in
// proto3, what is zero or empty is left out.
type protobufNotation struct{ field protowire.Number }

// message adds a message, a dictionary whose keys are the fields' numbers.
func (k compiler) message(a *assembler, node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a protobuf message is a dictionary of field numbers, such as {1: $(task)}", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		number, err := strconv.ParseInt(key.Value, 10, 32)
		if err != nil || !protowire.Number(number).IsValid() {
			return fmt.Errorf("line %d: %q is not the number of a protobuf field", key.Line, key.Value)
		}
		if _, _, ok := nested(value); !ok && value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: field %d: write a text or a number, or {encode: [...], value: ...}", value.Line, number)
		}
		if err := k.value(a, protobufNotation{protowire.Number(number)}, value); err != nil {
			return err
		}
	}
	return nil
}

func (p protobufNotation) scalar(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return p.number(dst, int64(protowire.EncodeBool(v))), nil
	case int64:
		return p.number(dst, v), nil
	case float64:
		if v == 0 {
			return dst, nil
		}
		return protowire.AppendFixed64(protowire.AppendTag(dst, p.field, protowire.Fixed64Type), math.Float64bits(v)), nil
	case string:
		return p.text(dst, []byte(v)), nil
	}
	return nil, fmt.Errorf("there is no protobuf field for %T", v)
}

func (p protobufNotation) number(dst []byte, n int64) []byte {
	if n == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, p.field, protowire.VarintType), uint64(n))
}

func (p protobufNotation) text(dst, s []byte) []byte {
	if len(s) == 0 {
		return dst
	}
	return protowire.AppendBytes(protowire.AppendTag(dst, p.field, protowire.BytesType), s)
}

func (p protobufNotation) inline(text op, _ bool) op {
	return transformed(text, func(dst, src []byte) ([]byte, error) { return p.text(dst, src), nil })
}

func (protobufNotation) list(int) shape         { return shape{} }
func (protobufNotation) dict(int) shape         { return shape{} }
func (protobufNotation) whole(value program) op { return value.run }
func (protobufNotation) json(_, _ []byte) ([]byte, error) {
	return nil, errors.New("a protobuf field has no list and no dictionary")
}
