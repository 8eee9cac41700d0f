package broker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// A role that asks for a code is refused before anything is asked of AWS.
func TestARoleWithACodeIsRefused(t *testing.T) {
	brokertest.AssumeWithCode(t)
	_, err := broker.Open(t.Context(), "sqs", broker.Options{URL: "sqs://us-east-1"})
	if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), "a role that asks for a code (mfa_serial)") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}
