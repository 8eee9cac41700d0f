package broker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Client libraries read files that a URL, a variable or the home folder names, and would wait for a pipe there.
func TestFilesOfAConnectionAreNotWaitedFor(t *testing.T) {
	const postgresURL, awsURL = "postgresql://u@127.0.0.1:1/db", "sqs://K:S@127.0.0.1:1/eu-west-1"
	for name, tt := range map[string]struct {
		broker, url string
		// variable or file leads to the pipe; in a URL, PIPE does.
		variable, file string
	}{
		"postgres, a URL":               {"postgres", postgresURL + "?passfile=PIPE", "", ""},
		"postgres, a URL's certificate": {"postgres", postgresURL + "?sslmode=verify-full&sslrootcert=PIPE", "", ""},
		"postgres, a variable":          {"postgres", postgresURL, "PGPASSFILE", ""},
		"postgres, a service's file":    {"postgres", postgresURL + "?service=x", "PGSERVICEFILE", ""},
		"postgres, the home folder":     {"postgres", postgresURL, "", ".pgpass"},
		"rabbitmq, a URL":               {"rabbitmq", "amqps://127.0.0.1:1/?certfile=PIPE&keyfile=PIPE", "", ""},
		"sqs, a variable":               {"sqs", awsURL, "AWS_CONFIG_FILE", ""},
		"sqs, the home folder":          {"sqs", awsURL, "", ".aws/credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			pipe := filepath.Join(home, "pipe")
			if tt.file != "" {
				pipe = filepath.Join(home, tt.file)
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(pipe), 0o700), syscall.Mkfifo(pipe, 0o600)); err != nil {
				t.Fatal(err)
			}
			if tt.variable != "" {
				t.Setenv(tt.variable, pipe)
			}
			_, err := Open(t.Context(), tt.broker, Options{URL: strings.ReplaceAll(tt.url, "PIPE", pipe)})
			if !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), "read "+pipe+": it is a pipe") || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v", err)
			}
		})
	}
}
