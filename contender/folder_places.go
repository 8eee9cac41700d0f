package contender

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker"
)

// places adds those of a queue, each once.
func places(to []broker.Place, templates []Place, v values) ([]broker.Place, error) {
	space := v["space"].(string)
	for _, template := range templates {
		p, err := template.filled(v)
		if err != nil {
			return nil, err
		}
		named := p.Key + p.Where
		if named == "" {
			named = p.Exchange
		}
		if space != "" && (!strings.Contains(named, space) || p.Exchange != "" && !strings.Contains(p.Exchange, space)) {
			return nil, fmt.Errorf("on a shared broker, %q may belong to others: write $(queue), $(first_queue) or $(namespace) into it", cmp.Or(p.Key, p.Exchange))
		}
		if !slices.Contains(to, p) {
			to = append(to, p)
		}
	}
	return to, nil
}

// filled is a place with its templates filled in.
func (p Place) filled(v values) (broker.Place, error) {
	out := broker.Place{Kind: p.Kind}
	switch on := v["broker"]; {
	case p.Kind == "" || on == "rabbitmq":
	case on != "redis":
		return out, fmt.Errorf("kind %q: places on %s have no kind", p.Kind, on)
	case !slices.Contains(broker.RedisKinds(), p.Kind):
		return out, fmt.Errorf("unknown kind %q: choose from %s", p.Kind, strings.Join(broker.RedisKinds(), ", "))
	}
	for _, word := range []struct {
		to   *string
		from string
	}{{&out.Key, p.Key}, {&out.Group, p.Group}, {&out.Exchange, p.Exchange}, {&out.Where, p.Where}} {
		text, err := v.text(word.from)
		if err != nil {
			return out, err
		}
		*word.to = text
	}
	if on := v["broker"]; (on == "postgres" || on == "mysql") && strings.Trim(out.Key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		out.Key = v.table(out.Key)
	}
	if len(p.Arguments) == 0 {
		return out, nil
	}
	arguments := map[string]any{}
	for name, x := range p.Arguments {
		if s, ok := x.(string); ok {
			text, err := v.text(s)
			if err != nil {
				return out, err
			}
			x = text
		}
		arguments[name] = x
	}
	data, err := json.Marshal(arguments)
	out.Arguments = string(data)
	return out, err
}
