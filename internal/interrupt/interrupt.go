// Package interrupt lets work end soon after its context: it abandons work without effects, and gives necessary work a little time.
package interrupt

import (
	"context"
	"net"
	"time"
)

// Call calls f and doesn't wait for it once ctx ends. f then continues, and its result is dropped: it must only read and compute.
func Call[T any](ctx context.Context, f func() (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := f()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// Reads ends current reads from and writes to a connection when ctx ends. Later ones have their own time.
func Reads(ctx context.Context, c net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) }) // one that is closed has no need of it
}

// Patience is a context for work that is necessary even after ctx has ended. It ends after whole, or that long after the end of ctx,
// whichever comes first.
func Patience(ctx context.Context, whole, after time.Duration) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), min(whole, after))
	}
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), whole)
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-patient.Done():
		}
	})
	return patient, func() {
		stop()
		cancel()
	}
}
