package redact

import (
	"strings"
	"testing"
)

func TestSecretsAreReplaced(t *testing.T) {
	r := New(append(Password("mysql://user:hunter2%21x@host:3306/db"), "")...)
	for text, want := range map[string]string{
		"nothing here":                              "nothing here",
		"mysql://user:hunter2%21x@host":             "mysql://user:***@host",
		"password='hunter2!x'":                      "password='***'",
		"│ dsn='mysql://user:hunt │\n│ er2!x@host'": "│ dsn='mysql://user:***@host'",
		"dsn='mysql://user:hunter…":                 "dsn='mysql://user:***…",
		"hun":                                       "hun",
		"hunt":                                      "***",
	} {
		if got := r.String(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestASecretThatBeginsAnotherLeavesNoRest(t *testing.T) {
	if got := New("opens", "opensesame").String("say opensesame, or opens"); got != "say ***, or ***" {
		t.Errorf("%q", got)
	}
}

func TestNoSecretsLeaveTextAlone(t *testing.T) {
	if got := New().String("a: b"); got != "a: b" {
		t.Errorf("%q", got)
	}
}

func TestPasswordsOfURLs(t *testing.T) {
	for url, want := range map[string]string{
		"redis://h:1/0":            "",
		"redis://:pw@h:1/0":        "pw",
		"amqp://u:p%40w@h":         "p%40w p@w",
		"postgresql://u@h/db":      "",
		"sqs://k:s/ecret@h:1/x":    "", // no URL: a slash must be escaped
		"mysql://u:a@b@h/db":       "a@b",
		"mysql://u:a%zzb@h/db":     "a%zzb",
		"not a url":                "",
		"sqs://key:s%2Fec@h:1/x-1": "s%2Fec s/ec",
	} {
		if got := strings.Join(Password(url), " "); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}
