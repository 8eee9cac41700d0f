package broker

import (
	"errors"
	"strings"
	"testing"
)

// A queue of the user's is named in a line, and no secret of its URL.
func TestQueuesInURLsOfSQSAreRefused(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", "sqs://K:hidden@h:1/eu-west-1/jobs.fifo", "sqs://eu-west-1/123456789012/jobs",
		"sqs://K:hidden@h:1/eu-west-1?queue=jobs", "sqs://eu-west-1?predefined_queues=jobs", "sqs://eu-west-1/jobs.fifo"} {
		_, err := ParseSQS(u)
		if !errors.Is(err, ErrURL) || !strings.Contains(err.Error(), "it can't use an existing or a FIFO queue") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", u, err)
		}
	}
	for _, u := range []string{"sqs://eu-west-1", "sqs://K:S@h:1/eu-west-1", "sqs+https://K:S@h:1/eu-west-1/"} {
		if _, err := ParseSQS(u); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}
