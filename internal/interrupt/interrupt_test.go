package interrupt

import (
	"context"
	"errors"
	"testing"
	"time"
)

// long is longer than any of these tests may take.
const long = time.Hour

func TestACallIsLeftWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	if n, err := Call(ctx, func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	failed := errors.New("failed")
	if _, err := Call(ctx, func() (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Errorf("err = %v", err)
	}
	began, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	go func() {
		<-began
		cancel(failed)
	}()
	n, err := Call(ctx, func() (int, error) {
		close(began)
		<-never
		return 1, nil
	})
	if n != 0 || !errors.Is(err, failed) {
		t.Errorf("%d, %v", n, err)
	}
	called := false
	if _, err := Call(ctx, func() (int, error) { called = true; return 1, nil }); !errors.Is(err, failed) || called {
		t.Errorf("after the end: %v, called: %v", err, called)
	}
}

func TestPatienceEndsAWhileAfterItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	patient, done := Patience(ctx, long, time.Millisecond)
	defer done()
	if err := patient.Err(); err != nil {
		t.Fatalf("it ended at once: %v", err)
	}
	cancel()
	<-patient.Done() // not an hour later

	// A context that has already ended still gets its time.
	patient, done = Patience(ctx, long, long)
	if err := patient.Err(); err != nil {
		t.Errorf("there was no patience: %v", err)
	}
	done()
	<-patient.Done()

	patient, done = Patience(t.Context(), time.Millisecond, long)
	defer done()
	<-patient.Done()
	if !errors.Is(patient.Err(), context.DeadlineExceeded) {
		t.Errorf("it ended by %v", patient.Err())
	}
}
