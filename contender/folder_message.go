package contender

import (
	"errors"
	"fmt"
)

// Encoder lays the messages of all parts over each other.
func (f folder) Encoder(t Target) (Encoder, error) {
	if err := Supports(f, t.Broker); err != nil {
		return nil, err
	}
	parts := f.parts(t)
	var format *Format
	var last metPart
	for _, p := range parts {
		if p.Message != nil {
			format, last = format.under(*p.Message), p
		}
	}
	if format == nil {
		if len(f.Client) > 0 {
			return Lines()
		}
		return nil, errors.New("it describes no message, and has no client that sends")
	}
	v, err := f.values(parts, t)
	if err != nil {
		return nil, err
	}
	c, err := format.compile(v)
	if err == nil {
		err = format.goesSomewhere(t.Broker)
	}
	if err != nil {
		return nil, last.at(fmt.Errorf("message: %w", err))
	}
	return c, nil
}

// goesSomewhere tells what a message lacks to get to a broker.
func (f Format) goesSomewhere(brokerName string) error {
	switch brokerName {
	case "redis":
		if f.Queue == "" && len(f.Commands) == 0 {
			return errors.New("it says neither queue, a list that gets an LPUSH, nor commands")
		}
	case "postgres", "mysql":
		if f.Insert == "" {
			return errors.New("it says no insert, the SQL that queues it")
		}
		if brokerName == "mysql" && f.Row == "" {
			return errors.New("it says no row, the values of one message in insert, such as (?, NOW())")
		}
	case "rabbitmq":
		if f.Queue == "" && f.Exchange == "" {
			return errors.New("it says neither queue nor exchange")
		}
	case "sqs":
		if f.Queue == "" {
			return errors.New("it says no queue")
		}
	}
	if f.Insert != "" && brokerName != "postgres" && brokerName != "mysql" {
		return fmt.Errorf("insert is SQL, and %s takes none", brokerName)
	}
	return nil
}
