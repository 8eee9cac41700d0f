package contender

import (
	"errors"
	"fmt"
)

// Encoder merges the messages of all parts, later ones over earlier ones.
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
		return nil, errors.New("message is missing, and there is no client to send")
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

// goesSomewhere returns what a message lacks to reach a broker.
func (f Format) goesSomewhere(brokerName string) error {
	switch brokerName {
	case "redis":
		if f.Queue == "" && len(f.Commands) == 0 {
			return errors.New("set queue, a list that gets an LPUSH, or commands")
		}
	case "postgres", "mysql":
		if f.Insert == "" {
			return errors.New("insert is missing, the SQL that queues it")
		}
		if brokerName == "mysql" && f.Row == "" {
			return errors.New("row is missing, the values of one message in insert, such as (?, NOW())")
		}
	case "rabbitmq":
		if f.Queue == "" && f.Exchange == "" {
			return errors.New("set queue or exchange")
		}
	case "sqs":
		if f.Queue == "" {
			return errors.New("queue is missing")
		}
	}
	if f.Insert != "" && brokerName != "postgres" && brokerName != "mysql" {
		return fmt.Errorf("insert is SQL, which %s does not take", brokerName)
	}
	return nil
}
