package broker

import (
	"context"
	"net/http/httptrace"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// A client that disappears in a long poll takes no message with it: the next one gets it, without waiting for the visibility timeout.
func TestAnAbandonedLongPollTakesNoMessage(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := Open(t.Context(), "sqs", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s := b.(*sqsBroker)
	places := []Place{{Key: "polled"}}
	if err := s.Declare(t.Context(), places); err != nil {
		t.Fatal(err)
	}
	at, err := s.queue(t.Context(), "polled")
	if err != nil {
		t.Fatal(err)
	}
	poll := &sqs.ReceiveMessageInput{QueueUrl: aws.String(at), WaitTimeSeconds: 20}
	for range 20 {
		gone, leave := context.WithCancel(t.Context())
		asked := httptrace.WithClientTrace(gone, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { leave() }})
		if out, err := s.client.ReceiveMessage(asked, poll); err == nil {
			t.Fatalf("%d messages came to the one that left", len(out.Messages))
		}
		m := []Message{{Body: []byte("task"), Destination: Destination{Queue: "polled"}}}
		if n, err := s.Publish(t.Context(), m); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		out, err := s.client.ReceiveMessage(t.Context(), poll)
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("%d messages, %v", len(out.Messages), err)
		}
		// It is in flight now: no other client gets it.
		if again, err := s.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(at)}); err != nil || len(again.Messages) > 0 {
			t.Fatalf("%d messages came twice, %v", len(again.Messages), err)
		}
		if _, err := s.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: aws.String(at), ReceiptHandle: out.Messages[0].ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
}

// Workers on AWS find the credentials where tqbench finds them, and nowhere else.
func TestWorkersGetTheVariablesOfARole(t *testing.T) {
	role := map[string]string{"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/load", "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token", "AWS_ROLE_SESSION_NAME": "load",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/role", "AWS_CA_BUNDLE": "/run/ca.pem", "AWS_PROFILE": "load", "AWS_ACCESS_KEY_ID": ""}
	for name, value := range role {
		t.Setenv(name, value)
	}
	at, err := ParseSQS("sqs://eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	env := at.Environ()
	for name, value := range role {
		if env[name] != value {
			t.Errorf("%s is %q, want %q", name, env[name], value)
		}
	}
	if at, err = ParseSQS("sqs://K:S@127.0.0.1:9324/eu-west-1"); err != nil || at.Environ()["AWS_ROLE_ARN"] != "" {
		t.Errorf("%v, %v", at.Environ(), err)
	}
}
