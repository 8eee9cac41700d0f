package kube

import (
	"context"
	"io"
	"sync/atomic"
	"time"
)

// lastLog is how long the log of a collector that ended may take to arrive.
const lastLog = 10 * time.Second

// follower copies a collector's log.
type follower struct {
	cluster Cluster
	to      io.Writer
	tell    func(format string, args ...any)
	// life ends the copying.
	life context.Context
	stop context.CancelFunc
	// over is closed at the log's end, nil before it is followed.
	over chan struct{}
	// some says that a part of the log has arrived.
	some atomic.Bool
}

func (r Run) follower(ctx context.Context, c Cluster) *follower {
	f := &follower{cluster: c, to: r.Log, tell: r.Tell}
	f.life, f.stop = context.WithCancel(ctx)
	return f
}

// Write implements io.Writer.
func (f *follower) Write(p []byte) (int, error) {
	f.some.Store(true)
	return f.to.Write(p)
}

// follow begins to copy a pod's log, once.
func (f *follower) follow(pod string) {
	if f.over != nil {
		return
	}
	f.over = make(chan struct{})
	go func() {
		defer close(f.over)
		if err := f.cluster.Follow(f.life, pod, f); err != nil && f.life.Err() == nil {
			f.tell("the collector's log is lost: %v", err)
		}
	}()
}

// rest waits for the rest of the log of a pod that ended, and says where the reason of its end is. A container may end before anyone saw it run.
func (f *follower) rest(pod string) string {
	f.follow(pod)
	late := time.NewTimer(lastLog)
	defer late.Stop()
	select {
	case <-f.over:
	case <-late.C:
	case <-f.life.Done():
	}
	if !f.some.Load() {
		return ""
	}
	return "; its log above has the reason"
}

// close ends the copying.
func (f *follower) close() {
	f.stop()
	if f.over != nil {
		<-f.over
	}
}
