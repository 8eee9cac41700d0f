package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tqbench/tqbench/broker"
)

// A misplaced URL is quoted without its password, and advice about a URL stays readable, whatever the password is.
func TestErrorsHaveNoPasswordsAndKeepTheirWords(t *testing.T) {
	for _, tt := range []struct {
		err  error
		args []string
		want string
	}{
		{errors.New("unknown command \"redis://:hunter2@h/0\""), []string{"redis://:hunter2@h/0"}, "unknown command \"redis://:***@h/0\""},
		{errors.New("open postgres:/u:p@ss/word@h: no such file"), []string{"postgres://u:p@ss/word@h"}, "open postgres:/u:***@h: no such file"},
		{errors.New("the plan is bad"), []string{"redis://:p@ss/w@h"}, "the plan is bad"},
		{fmt.Errorf("%w: percent-encode @ in the password", broker.ErrURL), []string{"--broker-url", "redis=redis://:password@x@h"},
			"broker not available: percent-encode @ in the password"},
	} {
		if got := withoutSecrets(tt.err, tt.args).Error(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.args, got, tt.want)
		}
	}
}
