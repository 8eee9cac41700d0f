package main

import (
	"context"
	"sync/atomic"
)

// atOnce says what a command leaves that is ended at once, in any state. The command itself has no time to say it then.
type atOnce struct{ words atomic.Pointer[string] }

type atOnceKey struct{}

// withAtOnce is a context whose command may say what it leaves.
func withAtOnce(ctx context.Context) (context.Context, *atOnce) {
	a := &atOnce{}
	return context.WithValue(ctx, atOnceKey{}, a), a
}

// leaves says what the command of a context leaves from now on. "" is the usual.
func leaves(ctx context.Context, words string) {
	if a, ok := ctx.Value(atOnceKey{}).(*atOnce); ok {
		a.words.Store(&words)
	}
}

func (a *atOnce) String() string {
	if words := a.words.Load(); words != nil && *words != "" {
		return *words
	}
	return "finished trials are kept"
}
