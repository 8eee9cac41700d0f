package broker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// AWS refuses the name of a queue that was deleted within the last minute: it is asked for again.
func TestANameThatAWSStillKeepsIsAskedForAgain(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		switch r.Header.Get("X-Amz-Target") {
		case "AmazonSQS.CreateQueue":
			if asked.Add(1) < 3 {
				w.Header().Set("X-Amzn-Query-Error", "AWS.SimpleQueueService.QueueDeletedRecently;Sender")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type": "com.amazonaws.sqs#QueueDeletedRecently", "message": "wait 60 seconds"}`)
				return
			}
			_, _ = io.WriteString(w, `{"QueueUrl": "http://127.0.0.1/1/q"}`)
		case "AmazonSQS.GetQueueUrl":
			w.Header().Set("X-Amzn-Query-Error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "none"}`)
		default:
			_, _ = io.WriteString(w, `{}`)
		}
	}))
	defer server.Close()
	u, _ := url.Parse(server.URL)
	b, err := attachSQS(t.Context(), "sqs://K:S@"+u.Host+"/eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := b.(*sqsBroker)
	s.again = time.Millisecond
	if err := s.Declare(t.Context(), []Place{{Key: "q"}}); err != nil || asked.Load() != 3 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	asked.Store(-1 << 20)
	if err := s.Declare(ctx, []Place{{Key: "other"}}); err == nil {
		t.Error("it didn't end with its context")
	}
}

// Neither tqbench nor a worker goes to another endpoint than the URL's, whatever the variables of the AWS tools say.
func TestVariablesOfAWSLeadToNoOtherEndpoint(t *testing.T) {
	for _, of := range []map[string]string{
		{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:1"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
	} {
		for name, value := range of {
			t.Setenv(name, value)
		}
		for from, want := range map[string]string{"sqs://eu-west-1": "", "sqs://K:S@127.0.0.1:9324/eu-west-1": "http://127.0.0.1:9324"} {
			target, err := ParseSQS(from)
			if err != nil {
				t.Fatal(err)
			}
			s, err := newSQS(t.Context(), &private{}, from, target)
			if err != nil {
				t.Fatal(err)
			}
			if got := aws.ToString(s.client.Options().BaseEndpoint); got != want {
				t.Errorf("%v, %s: %q, want %q", of, from, got, want)
			}
		}
		for name := range of {
			t.Setenv(name, "")
		}
	}
}
